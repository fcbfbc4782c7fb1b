"""Errors of the API: one format for all, application/problem+json as in RFC 9457."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.routing import compile_path

from app.api.caller import note_unconfirmed
from app.core.accounts import TooManyAttempts, WrongPassword
from app.core.app_settings import SettingsChanged
from app.core.apps import AlreadyThere, Changed, Deleted, NoEarlierVersion, NotReady, UrlTaken
from app.kernel.actor import Forbidden
from app.kernel.errors import (
    ConfirmationNeeded,
    CoreError,
    Invalid,
    NotFound,
    StorageFull,
    TooLarge,
    Unavailable,
)
from app.packages.trying.dry_run import DryRunFailed
from app.platform.app_settings import SettingsRefused
from app.platform.outcome import CannotLoadNow, DoesNotLoad, NotServed, StillLoading
from app.source.problems import AppError

MEDIA_TYPE = "application/problem+json"

_STATUS: Mapping[type[Exception], tuple[int, str]] = {
    NotFound: (404, "Not found"),
    ConfirmationNeeded: (403, "Confirmation needed"),
    WrongPassword: (403, "Wrong password"),
    TooManyAttempts: (429, "Too many attempts"),
    Forbidden: (403, "Not allowed"),
    AlreadyThere: (409, "Already exists"),
    Changed: (409, "Changed in the meantime"),
    SettingsChanged: (409, "Changed in the meantime"),
    NotReady: (409, "The version cannot be activated"),
    DoesNotLoad: (409, "The version does not load"),
    CannotLoadNow: (503, "The version cannot be loaded right now"),
    StillLoading: (503, "The version is still being loaded"),
    NoEarlierVersion: (409, "No earlier version"),
    Deleted: (409, "The app is deleted"),
    UrlTaken: (409, "The URL is taken"),
    SettingsRefused: (422, "Invalid settings"),
    Invalid: (422, "Not acceptable"),
    AppError: (422, "The package is refused"),
    TooLarge: (413, "Too large"),
    StorageFull: (507, "Out of disk space"),
    Unavailable: (503, "Not available"),
    DryRunFailed: (503, "The package could not be checked"),
}


_CONFIRM = (
    "A page of this browser may ask for changes that nobody wants. Send your password to"
    " POST /api/v1/confirmations, and what it answers in the header Graft-Confirmation; or use an"
    " API token in place of the browser's login."
)


class FieldError(BaseModel):
    """What is wrong with one setting; `path` is the place within it, such as "mail.host"."""

    field: str
    path: str
    message: str


class ProblemDetail(BaseModel):
    """An error.

    Attributes:
        title: the kind of error, in a few words.
        status: the HTTP status.
        detail: what happened, and what to do.
        problems: what is wrong with a package, or a version of one, each with its place and remedy.
        errors: what is wrong with settings, each with its field.
        current, since: the app (or its settings) as it is now, when it is not what was asked for,
            and what happened to it meanwhile.
    """

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    problems: list[dict[str, Any]] | None = None
    errors: list[FieldError] | None = None
    current: dict[str, Any] | None = None
    since: list[str] | None = None


RESPONSES: dict[int | str, dict[str, Any]] = {
    "4XX": {"description": "Refused"},
    "5XX": {"description": "Failed"},
}
"""What every route can answer, too; app/api/description.py adds the format."""


def answer_errors(api: FastAPI) -> None:
    """Make the API answer every error in the one format."""
    for kind in (CoreError, AppError, DryRunFailed):
        api.add_exception_handler(kind, _known)
    api.add_exception_handler(HTTPException, _http)
    api.add_exception_handler(RequestValidationError, _invalid_request)
    api.add_exception_handler(Exception, _unexpected)


async def _known(request: Request, error: Exception) -> JSONResponse:
    status, title = next(
        (found for kind, found in _STATUS.items() if isinstance(error, kind)), (400, "Refused")
    )
    detail = ProblemDetail(title=title, status=status, detail=str(error))
    if isinstance(error, AppError):
        detail.problems = [problem.as_dict() for problem in error.problems]
    if isinstance(error, NotServed):
        detail.problems = [problem.as_dict() for problem in error.problems]
        detail.current = {"revision": error.app.revision, "current": error.app.current}
    if isinstance(error, Changed):
        detail.current = {"revision": error.current.revision, "current": error.current.current}
        detail.since = [str(step) for step in error.since]
    if isinstance(error, SettingsChanged):
        detail.current = {"revision": error.current.revision}
        detail.since = [str(step) for step in error.since]
    if isinstance(error, SettingsRefused):
        detail.errors = [FieldError(**asdict(one)) for one in error.problems]
    if isinstance(error, ConfirmationNeeded):
        detail.detail = _CONFIRM
        await note_unconfirmed(request)
    wait = error.seconds if isinstance(error, TooManyAttempts) else None
    return problem(detail, {"retry-after": str(wait)} if wait else None)


async def _http(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    text, headers = str(error.detail), dict(error.headers or {})
    if error.status_code == 405:
        # Of several routes with one path, the router names the methods of the first only.
        methods = ", ".join(sorted(_methods(request)))
        text, headers = f"{request.method} is not allowed here; use {methods}", {"allow": methods}
    detail = ProblemDetail(title=str(error.detail), status=error.status_code, detail=text)
    return problem(detail, headers)


def _methods(request: Request) -> set[str]:
    """Return the methods of an address, as the OpenAPI document has them."""
    path = request.scope["path"].removeprefix(request.scope.get("root_path", ""))
    paths = request.app.openapi()["paths"]
    fitting = [path] if path in paths else [p for p in paths if compile_path(p)[0].match(path)]
    return {method.upper() for template in fitting for method in paths[template]} or {"GET"}


async def _invalid_request(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    places = [
        f"{'.'.join(str(part) for part in found['loc'])}: {found['msg']}"
        for found in error.errors()
    ]
    detail = ProblemDetail(title="Not acceptable", status=422, detail="; ".join(places))
    return problem(detail)


async def _unexpected(request: Request, error: Exception) -> JSONResponse:
    # The reason is in the log, where the server writes it after this answer.
    text = "Something went wrong on the server; see its log."
    return problem(ProblemDetail(title="Failed", status=500, detail=text))


def problem(detail: ProblemDetail, headers: Mapping[str, str] | None = None) -> JSONResponse:
    """Return the response for an error."""
    return JSONResponse(
        detail.model_dump(exclude_none=True),
        status_code=detail.status,
        media_type=MEDIA_TYPE,
        headers=dict(headers or {}),
    )
