"""The API as an ASGI application, to be mounted at /api/v1."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from fastapi import FastAPI

import app
from app.api.app_settings import settings_router
from app.api.apps import apps_router
from app.api.audit import audit_router
from app.api.caller import Identify
from app.api.confirmations import confirmations_router
from app.api.description import describe
from app.api.errors import answer_errors
from app.api.limits import BodyLimit
from app.api.people import people_router
from app.api.sessions import sessions_router
from app.api.tokens import tokens_router
from app.api.watching import watching_router
from app.core.accounts import Confirmations
from app.platform.platform import Platform

PREFIX = "/api/v1"
CONFIRMATION = "graft-confirmation"
"""The header with the secret of a confirmation, see `app.core.accounts.signing_in.confirming`."""

_DESCRIPTION = """\
Everything that the admin pages of a Graft server can do: packages, versions, previews, settings,
logs, users, tokens, the audit log. Errors are `application/problem+json`. Where a request takes
`base_revision`, send the `revision` that you saw: if somebody was faster, you get 409 and what they
did. What the login of a browser is to change needs a confirmation (`POST /confirmations`) in the
header `Graft-Confirmation`; a token needs none."""


def create_api(
    platform: Platform,
    identify: Identify,
    stopping: Callable[[], Awaitable[object]],
    confirmations: Confirmations,
) -> FastAPI:
    """Make the API.

    Args:
        platform: does the work.
        identify: says who sends a request, or None.
        stopping: returns when the server stops; answers that go on end then.
        confirmations: proofs that a person is at the browser that sends a request.
    """
    api = FastAPI(
        title="Graft",
        version=app.__version__,
        description=_DESCRIPTION,
        openapi_url="/openapi.json",
        # The pages would load their scripts from a foreign origin.
        docs_url=None,
        redoc_url=None,
        servers=[{"url": PREFIX}],
    )
    api.state.identify, api.state.confirmations = identify, confirmations
    api.add_middleware(BodyLimit, but=("/apps",))
    answer_errors(api)
    for router in (
        apps_router(platform),
        settings_router(platform),
        watching_router(platform, stopping),
        people_router(platform),
        tokens_router(platform),
        sessions_router(platform),
        confirmations_router(confirmations),
        audit_router(platform),
    ):
        # Including a router makes each route a second time, at the first request.
        api.router.routes.extend(router.routes)
    describe(api)
    return api
