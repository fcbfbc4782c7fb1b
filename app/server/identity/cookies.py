"""The cookie of a login, and reading cookies."""

from __future__ import annotations

from starlette.requests import cookie_parser
from starlette.responses import Response
from starlette.types import Scope

from app.core.accounts import LONGEST

SESSION_COOKIE = "graft_session"
APPS_COOKIE = "graft_apps"
"""On an origin of apps' own, in place of the session's."""

LEFT_COOKIE = "graft_left"
_MAX_VALUE = 200


def cookie_value(header: str, name: str) -> str:
    """Return the value of a cookie in a Cookie header, "" if it is not there or absurdly long.

    Cookies that others set badly do not matter; Python's own parser stops at the first of them.
    """
    try:
        value = cookie_parser(header).get(name, "")
    except ValueError:
        return ""
    return value if len(value) <= _MAX_VALUE else ""


def header_of(scope: Scope, name: bytes) -> str:
    """Return a request header, "" if it was not sent; several of one name are joined."""
    found = [value.decode("latin-1") for key, value in scope["headers"] if key == name]
    return ("; " if name == b"cookie" else ", ").join(found)


def set_session(response: Response, secret: str, *, secure: bool) -> None:
    """Give the browser a login's secret; `secure` keeps it on TLS connections."""
    response.set_cookie(
        SESSION_COOKIE,
        secret,
        max_age=int(LONGEST.total_seconds()),
        path="/",
        httponly=True,
        samesite="lax",
        secure=secure,
    )


def clear_session(response: Response) -> None:
    """Take the secret away."""
    response.delete_cookie(SESSION_COOKIE, path="/", httponly=True, samesite="lax")


def note_left(response: Response, mark: str, *, secure: bool) -> None:
    """Let other tabs of the browser know which login its user ended on purpose: what they typed
    there is not kept for them (app/browser/document/leaving.js).
    """
    response.set_cookie(LEFT_COOKIE, mark, path="/", samesite="lax", secure=secure)
