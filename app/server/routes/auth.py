"""Signing in and out, setting the server up, accepting an invitation. Plain forms, no script.

Sent back on failure: the same page, with what is wrong and what was filled in, but never a
password. docs/decisions/0009-accounts.md says what keeps other sites from posting these forms.
"""

from __future__ import annotations

import contextlib
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from app.core import accounts
from app.core.accounts import (
    Client,
    Kind,
    LinkOver,
    NewLogin,
    NotFound,
    Passwords,
    Person,
    TooManyAttempts,
    WrongPassword,
)
from app.core.context import Core
from app.kernel.actor import acting_as
from app.kernel.errors import (
    CoreError,
    Forbidden,
    Invalid,
    StorageFull,
    TooLarge,
    Unavailable,
    sentence,
)
from app.node.sessions.logins import login_mark
from app.server.identity.cookies import clear_session, note_left, set_session
from app.server.identity.production import Identify
from app.server.identity.redirects import safe_next
from app.server.identity.setup_link import remove_setup_link, waits_for_set_up
from app.server.routes.forms import Pages, field, read_form
from app.server.wire.connections import address_of_client

_STATUS: Mapping[type[CoreError], int] = {
    WrongPassword: 401,
    Forbidden: 403,
    NotFound: 404,
    TooLarge: 413,
    StorageFull: 507,
    Unavailable: 503,
}

# What the login page says to whoever was led to it by a page whose login is over.
_ENDED: Mapping[str, str] = {
    "ended": "You were signed out: here, from another browser or by an administrator, or the"
    " password was changed.",
    "over": "Your session is over: it expired, or an administrator ended it.",
}


def auth_routes(
    core: Core, passwords: Passwords, identify: Identify, pages: Pages, data: Path
) -> list[BaseRoute]:
    """Return the routes around signing in, for production mode.

    Args:
        core: where accounts are.
        passwords: hashes them.
        identify: says who sends a request.
        pages: draws.
        data: the data folder, in which the set-up link is written down.
    """
    routes = _Routes(core, passwords, identify, pages, data)
    both = ["GET", "POST"]
    return [
        Route("/login", routes.login_page),
        Route("/auth/style.css", pages.style),
        Route("/auth/login", routes.login, methods=["POST"]),
        Route("/auth/logout", routes.logout, methods=["POST"]),
        Route("/setup/{secret}", routes.set_up, methods=both),
        Route("/invite/{secret}", routes.invitation, methods=both),
        Route("/password/{secret}", routes.password, methods=both),
    ]


def client_of(request: Request) -> Client:
    """Return where a request comes from."""
    return Client(address_of_client(request.scope), request.headers.get("user-agent", ""))


def signed_in(request: Request, new: NewLogin, to: str) -> Response:
    """Return the answer that signs a browser in, and sends it on."""
    response = RedirectResponse(to, 303, headers={"cache-control": "no-store"})
    set_session(response, new.secret, secure=request.url.scheme == "https")
    return response


def told(error: CoreError) -> tuple[int, str, dict[str, str]]:
    """Return the status, the sentence and the headers that tell what was refused."""
    text = sentence(str(error))
    if isinstance(error, TooManyAttempts):
        return 429, text, {"retry-after": str(error.seconds)}
    status = next((status for kind, status in _STATUS.items() if isinstance(error, kind)), 400)
    return status, text, {}


def checked_twice(form: FormData) -> str:
    """Return the password of a form in which it was typed twice.

    Raises:
        Invalid: the two differ.
    """
    password = field(form, "password")
    if password != field(form, "password_again"):
        raise Invalid("the two passwords do not match")
    return password


class _Routes:
    def __init__(
        self, core: Core, passwords: Passwords, identify: Identify, pages: Pages, data: Path
    ) -> None:
        self._core = core
        self._passwords = passwords
        self._identify = identify
        self._pages = pages
        self._data = data

    async def login_page(self, request: Request) -> Response:
        following = safe_next(request.query_params.get("next"))
        if await self._identify.of_request(request) is not None:
            return RedirectResponse(following, 303, headers={"cache-control": "no-store"})
        ended = _ENDED.get(request.query_params.get("ended", ""), "")
        return self._login_page(following, ended=ended)

    async def login(self, request: Request) -> Response:
        form = await read_form(request)
        email, following = field(form, "email")[:254], safe_next(field(form, "next"))
        try:
            new = await accounts.sign_in(
                self._core, self._passwords, email, field(form, "password"), client_of(request)
            )
        except CoreError as error:
            status, text, headers = told(error)
            page = self._login_page(following, status, error=text, email=email)
            page.headers.update(headers)
            return page
        await self._end_former(request)
        return signed_in(request, new, following)

    def _login_page(self, following: str, status: int = 200, **values: str) -> Response:
        shown = {
            "email": "",
            "ended": "",
            "next": following,
            "to_set_up": waits_for_set_up(self._data),
        }
        return self._pages.tidying("login", "Sign in", status, **{**shown, **values})

    async def logout(self, request: Request) -> Response:
        former = await self._end_former(request, left=True)
        # What the browser kept of answers for this user; the login page does the rest.
        headers = {"cache-control": "no-store", "clear-site-data": '"cache"'}
        response = RedirectResponse("/login", 303, headers=headers)
        clear_session(response)
        secure = request.url.scheme == "https"
        note_left(response, login_mark(former), secure=secure)
        return response

    async def set_up(self, request: Request) -> Response:
        secret = request.path_params["secret"]

        async def submit(form: FormData) -> NewLogin:
            organisation, person = field(form, "organisation"), _person(form)
            new = await accounts.set_up(
                self._core, self._passwords, secret, organisation, person, client_of(request)
            )
            remove_setup_link(self._data)
            return new

        async def draw(form: FormData, error: str, status: int) -> Response:
            await accounts.find_link(self._core, Kind.SET_UP, secret)
            kept = {name: field(form, name) for name in ("organisation", "name", "email")}
            return self._pages.page("setup", "Set up", status, error=error, **kept)

        return await self._form(request, draw, submit)

    async def invitation(self, request: Request) -> Response:
        secret = request.path_params["secret"]

        async def submit(form: FormData) -> NewLogin:
            return await accounts.accept(
                self._core, self._passwords, secret, _person(form), client_of(request)
            )

        async def draw(form: FormData, error: str, status: int) -> Response:
            link = await accounts.find_link(self._core, Kind.INVITATION, secret)
            home = link.organisation.name if link.organisation else ""
            return self._pages.page(
                "invite",
                f"Join {home}",
                status,
                error=error,
                organisation=home,
                role=link.role,
                fixed_email=link.email,
                name=field(form, "name"),
                email=field(form, "email"),
            )

        return await self._form(request, draw, submit)

    async def password(self, request: Request) -> Response:
        secret = request.path_params["secret"]

        async def submit(form: FormData) -> NewLogin:
            return await accounts.reset_password(
                self._core, self._passwords, secret, checked_twice(form), client_of(request)
            )

        async def draw(form: FormData, error: str, status: int) -> Response:
            link = await accounts.find_link(self._core, Kind.PASSWORD, secret)
            title = "Choose a new password"
            return self._pages.page("password", title, status, error=error, email=link.email)

        return await self._form(request, draw, submit)

    async def _form(
        self,
        request: Request,
        draw: Callable[[FormData, str, int], Awaitable[Response]],
        submit: Callable[[FormData], Awaitable[NewLogin]],
    ) -> Response:
        """Show a form of a one-time link, or do what it says and sign its sender in."""
        try:
            if request.method != "POST":
                return await draw(FormData(), "", 200)
            form = await read_form(request)
            try:
                new = await submit(form)
            except LinkOver:
                raise
            except CoreError as error:
                status, text, headers = told(error)
                page = await draw(form, text, status)
                page.headers.update(headers)
                return page
        except LinkOver as error:
            return self._pages.message("This link no longer works", told(error)[1], 410)
        await self._end_former(request)
        return signed_in(request, new, "/")

    async def _end_former(self, request: Request, *, left: bool = False) -> str | None:
        """End the login that the browser had before, and return its id, if any."""
        former = await self._identify.of_request(request)
        if former is None or former.login is None:
            return None
        with contextlib.suppress(NotFound), acting_as(former.actor):
            await accounts.end_login(self._core, former.actor, former.login, left=left)
        return former.login


def _person(form: FormData) -> Person:
    return Person(field(form, "name"), field(form, "email"), checked_twice(form))
