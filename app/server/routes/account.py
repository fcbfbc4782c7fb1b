"""`/account`: one's password, the browsers one is signed in with, API tokens, organisation."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from datetime import UTC, tzinfo
from functools import partial

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from app.core import accounts
from app.core.accounts import Client, Confirmations, Identity, Passwords, Scope, scopes_of
from app.core.context import Core
from app.kernel.actor import acting_as
from app.kernel.errors import CoreError, Invalid
from app.server.identity.production import Identify
from app.server.identity.redirects import login_url
from app.server.routes.auth import checked_twice, client_of, told
from app.server.routes.forms import Pages, field, read_form
from app.server.routes.zones import zone_of

_PROOF = "confirm_password"  # the field with which a change is confirmed

_DONE = {
    "password": "Your password has been changed. Other browsers are signed out.",
    "session": "That browser is signed out.",
    "token": "The token is revoked.",
    "organisation": "You are now working in another organisation.",
}

# What a token with a scope may do, as in docs/production.md; "also" is more than the one above.
_MEANINGS = {
    Scope.APPS_READ: "apps, versions, logs, errors, use",
    Scope.APPS_DEPLOY: "also upload, preview, promote, roll back, switch, delete",
    Scope.APPS_ADMIN: "also capabilities, settings, who sees an app; nodes",
    Scope.USERS_ADMIN: "users, invitations, roles, tokens of others",
    Scope.AUDIT_READ: "the audit log",
    Scope.METRICS_READ: "/metrics",
}

# Returns what to say when the page is shown again, or a page of its own.
_Action = Callable[[Identity, FormData, Client], Awaitable[str | Response]]


def account_routes(
    core: Core,
    passwords: Passwords,
    confirmations: Confirmations,
    identify: Identify,
    pages: Pages,
) -> list[BaseRoute]:
    """Return the routes of `/account`, for production mode; see `auth_routes`.

    Every change comes with the password. It is asked for on a page of its own, which has all that
    was filled in; a page of an app, whose requests have the same cookie, cannot answer it.
    """
    routes = _Routes(core, passwords, confirmations, identify, pages)

    def post(path: str, action: _Action) -> Route:
        return Route(path, partial(routes.post, action), methods=["POST"])

    def confirmed(path: str, what: str, action: _Action) -> Route:
        return post(path, partial(routes.confirmed, what, action))

    return [
        Route("/account", routes.show),
        post("/account/password", routes.password),
        confirmed("/account/sessions/end", "Sign out", routes.end_session),
        confirmed("/account/tokens", "Make the token", routes.create_token),
        confirmed("/account/tokens/revoke", "Revoke the token", routes.revoke_token),
        confirmed("/account/organisation", "Change the organisation", routes.organisation),
    ]


def development_routes(identify: Identify, pages: Pages) -> list[BaseRoute]:
    """Return what stands for these pages in development mode, where nobody signs in."""

    async def login(request: Request) -> Response:
        return RedirectResponse("/", 303)

    async def account(request: Request) -> Response:
        actor = await identify.of_page(request)
        who = f"You are {actor.user.name} of {actor.organisation.name}. " if actor else ""
        text = who + "In development mode every browser gets its own user, and nobody signs in."
        return pages.message("Development mode", text, 200)

    return [
        Route("/login", login),
        Route("/account", account),
        Route("/auth/style.css", pages.style),
    ]


# Of the request: what is done with a form knows its fields only.
_zone: ContextVar[tzinfo] = ContextVar("zone", default=UTC)


class _Routes:
    def __init__(
        self,
        core: Core,
        passwords: Passwords,
        confirmations: Confirmations,
        identify: Identify,
        pages: Pages,
    ) -> None:
        self._core = core
        self._passwords = passwords
        self._confirmations = confirmations
        self._identify = identify
        self._pages = pages

    async def show(self, request: Request) -> Response:
        _zone.set(zone_of(request))
        identity = await self._by_cookie(request)
        if identity is None:
            return RedirectResponse(login_url("/account", ""), 303)
        return await self._page(identity, done=_DONE.get(request.query_params.get("done", ""), ""))

    async def post(self, action: _Action, request: Request) -> Response:
        _zone.set(zone_of(request))
        identity = await self._by_cookie(request)
        if identity is None:
            return RedirectResponse(login_url("/account", ""), 303)
        form = await read_form(request)
        try:
            with acting_as(identity.actor):
                answer = await action(identity, form, client_of(request))
        except CoreError as error:
            status, text, headers = told(error)
            page = await self._page(identity, status=status, error=text)
            page.headers.update(headers)
            return page
        if isinstance(answer, Response):
            return answer
        return RedirectResponse(f"/account?done={answer}", 303)

    async def confirmed(
        self, what: str, action: _Action, identity: Identity, form: FormData, client: Client
    ) -> str | Response:
        """Do something if the form has the password; if not, ask for it."""
        if _PROOF not in form:
            return self._ask(what, identity, form)
        try:
            await self._confirmations.check(identity.actor, field(form, _PROOF), client)
        except CoreError as error:
            status, text, headers = told(error)
            page = self._ask(what, identity, form, status, text)
            page.headers.update(headers)
            return page
        return await action(identity, form, client)

    def _ask(
        self, what: str, identity: Identity, form: FormData, status: int = 200, error: str = ""
    ) -> Response:
        kept = [
            (name, value) for name, value in form.multi_items() if name not in (_PROOF, "username")
        ]
        title = "Confirm that it is you"
        email = identity.actor.user.email
        return self._pages.page(
            "confirm",
            title,
            status,
            error=error,
            what=what,
            about=_about(form),
            email=email,
            kept=kept,
        )

    async def password(self, identity: Identity, form: FormData, client: Client) -> str:
        current, new = field(form, "current"), checked_twice(form)
        await accounts.change_password(
            self._core, self._passwords, identity.actor, current, new, client
        )
        return "password"

    async def end_session(self, identity: Identity, form: FormData, client: Client) -> str:
        wanted = field(form, "id")
        if wanted == "others":
            await accounts.end_logins(self._core, identity.actor.user.id, keep=identity.login)
        else:
            await accounts.end_login(self._core, identity.actor, wanted)
        return "session"

    async def create_token(self, identity: Identity, form: FormData, client: Client) -> Response:
        days = field(form, "days")
        if not days.isascii() or not days.isdecimal() or len(days) > 4:
            raise Invalid("choose how many days the token is valid")
        scopes = [value for value in form.getlist("scope") if isinstance(value, str)]
        new = await accounts.create_token(
            self._core, identity.actor, field(form, "name"), scopes, int(days)
        )
        # Not after a redirect: the secret would have to be kept somewhere until then.
        return await self._page(identity, new_token=new.secret)

    async def revoke_token(self, identity: Identity, form: FormData, client: Client) -> str:
        await accounts.revoke_token(self._core, identity.actor.user.id, field(form, "id"))
        return "token"

    async def organisation(self, identity: Identity, form: FormData, client: Client) -> str:
        user, login, wanted = identity.actor.user, identity.login or "", field(form, "organisation")
        await accounts.choose_organisation(self._core, user.id, login, wanted)
        return "organisation"

    async def _by_cookie(self, request: Request) -> Identity | None:
        """Return who asks, if they signed in: no API token manages an account."""
        found = await self._identify.of_request(request)
        return found if found is not None and found.login is not None else None

    async def _page(
        self,
        identity: Identity,
        *,
        status: int = 200,
        error: str = "",
        done: str = "",
        new_token: str = "",
    ) -> Response:
        user = identity.actor.user
        return self._pages.page(
            "account",
            "Account",
            status,
            wide=True,
            error=error,
            done=done,
            new_token=new_token,
            actor=identity.actor,
            zone=_zone.get(),
            now=self._core.clock(),
            organisations=await accounts.organisations_of(self._core, user.id),
            logins=await accounts.logins_of(self._core, user.id),
            tokens=await accounts.tokens_of(self._core, user.id),
            scopes=scopes_of(identity.actor.roles),
            meanings=_MEANINGS,
        )


def _about(form: FormData) -> str:
    """Return what a token may do, because somebody else may have filled the form in."""
    scopes = [value for value in form.getlist("scope") if isinstance(value, str)]
    if not scopes:
        return ""
    name, days = field(form, "name")[:200], field(form, "days")[:4]
    return f"The token “{name}” may {', '.join(scopes)[:200]}, for {days} days."
