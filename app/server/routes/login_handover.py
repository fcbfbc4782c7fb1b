"""Signing in on the origin of apps: handed over from that of the core.

Whoever opens an app and is not known on its origin is sent to the core's, where they sign in, and
back with a code. It works once, for a minute, in the browser that asked for it, and makes a cookie
of the origin of apps that names the login. So it ends with the login, and is good for apps only.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from app.core.accounts import LONGEST
from app.core.accounts.signing_in.secret_values import digest_of, new_secret
from app.core.context import Core
from app.server.identity.cookies import APPS_COOKIE, cookie_value, header_of
from app.server.identity.origins import ASKING, FRESH, HAND_OVER, LEFT, Origins, asker_of
from app.server.identity.production import Identities
from app.server.identity.redirects import login_url, safe_next
from app.server.routes.forms import Pages

WORKS = timedelta(minutes=1)
_WAITING = 5_000


@dataclass(frozen=True, slots=True)
class _Code:
    """A code that was not used yet: for which login, asked for by which browser, until when."""

    login: str
    asker: str
    until: datetime


class LoginHandover:
    """Both ends of it.

    Args:
        core: its clock, and what encrypts the cookie.
        identities: says who sends a request.
        origins: where the two ends are.
        pages: draws.
    """

    def __init__(self, core: Core, identities: Identities, origins: Origins, pages: Pages) -> None:
        self._core = core
        self._identities = identities
        self._origins = origins
        self._pages = pages
        self._codes: dict[str, _Code] = {}

    def routes(self) -> list[BaseRoute]:
        """Return the route that both origins have."""
        return [Route(HAND_OVER, self._answer)] if self._origins.apps else []

    async def _answer(self, request: Request) -> Response:
        if self._origins.is_apps(request.scope):
            return self._tidy(request) if LEFT in request.query_params else self._arrive(request)
        return await self._leave(request)

    async def _leave(self, request: Request) -> Response:
        """On the core's origin: send whoever is signed in to the apps, with a code."""
        to, asker = safe_next(request.query_params.get("to")), request.query_params.get("asker", "")
        identity = await self._identities.of_request(request)
        if identity is None or identity.login is None:
            url = login_url(HAND_OVER, urlencode({"to": to, "asker": asker}))
            return RedirectResponse(url, 303, headers=FRESH)
        now = self._core.clock()
        self._codes = {key: one for key, one in self._codes.items() if one.until > now}
        while len(self._codes) >= _WAITING:
            del self._codes[next(iter(self._codes))]
        code = new_secret()
        self._codes[digest_of(code)] = _Code(identity.login, asker, now + WORKS)
        query = urlencode({"code": code, "to": to})
        address = f"{self._origins.apps}{HAND_OVER}?{query}"
        return RedirectResponse(address, 303, headers=FRESH)

    def _tidy(self, request: Request) -> Response:
        """On the origin of apps: clear away what apps kept for somebody who signed out."""
        to = safe_next(request.query_params[LEFT])
        page = self._pages.tidying("left", "You were signed out", 200, to=to)
        page.headers.update(FRESH)
        secure = request.url.scheme == "https"
        page.delete_cookie(APPS_COOKIE, path="/", httponly=True, samesite="lax", secure=secure)
        return page

    def _arrive(self, request: Request) -> Response:
        """On the origin of apps: take the code, and give the browser its cookie."""
        to = safe_next(request.query_params.get("to"))
        asking = cookie_value(header_of(request.scope, b"cookie"), ASKING)
        code = self._codes.pop(digest_of(request.query_params.get("code", "")), None)
        fits = code is not None and asking and asker_of(asking) == code.asker
        # Further off than any is made: the clock was set back.
        if code is None or not fits or not timedelta() < code.until - self._core.clock() <= WORKS:
            title = "This link no longer works"
            text = "Open the app again. If that does not help, this browser blocks cookies here."
            return self._pages.message(title, text, 410)
        response = RedirectResponse(to, 303, headers=FRESH)
        secure = request.url.scheme == "https"
        value = self._identities.handed_over(code.login)
        response.set_cookie(
            APPS_COOKIE,
            value,
            max_age=int(LONGEST.total_seconds()),
            path="/",
            httponly=True,
            samesite="lax",
            secure=secure,
        )
        response.delete_cookie(ASKING, path="/", httponly=True, samesite="lax", secure=secure)
        return response
