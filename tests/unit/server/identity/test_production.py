"""Who gets where in production mode."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import AsyncIterator
from typing import Any

import pytest
from starlette.requests import Request

from app.bridge.types import RegistrationContext
from app.core import accounts, audit
from app.core.accounts import Identity
from app.core.beside import EVERYTHING
from app.core.bus import InMemoryBus
from app.core.context import Core
from app.kernel.actor import Actor, Forbidden, Organisation
from app.node.sessions.logins import Logins, own_token
from app.node.sessions.sessions import Arrival, Session, Sessions
from app.server.identity.cookies import SESSION_COOKIE
from tests.unit.server.site import EMAIL, PASSWORD, Site


async def identity(site: Site, **headers: str) -> Identity | None:
    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": "http", "method": "GET", "path": "/", "query_string": b"", "headers": raw}
    return await site.identities.of_request(Request(scope))


@pytest.mark.parametrize(
    "path", ["/", "/dev", "/apps/acme-counter", "/admin/apps", "/nowhere", "/apps/a/b?x=1"]
)
async def test_every_page_sends_strangers_to_the_login_page_and_back(site: Site, path: str) -> None:
    async with site.browser() as stranger:
        answer = await stranger.get(path)
        assert answer.status_code == 303
        assert answer.headers["cache-control"] == "no-store"
        target = answer.headers["location"]
        assert target.startswith("/login")
        assert (path == "/") == ("next" not in target)
        assert "page of" not in (await stranger.get(target)).text


async def test_parts_of_pages_are_refused_without_a_redirect(site: Site) -> None:
    async with site.browser() as stranger:
        assert (await stranger.get("/apps/viewer/main.js")).status_code == 401
        assert (await stranger.get("/files/1/plan.pdf")).status_code == 401
        as_document = {"accept": "text/html,*/*"}
        assert (await stranger.get("/apps/viewer/a.html", headers=as_document)).status_code == 303


@pytest.mark.parametrize("path", ["/healthz", "/favicon.svg", "/assets/x.js", "/api/v1/apps"])
async def test_what_answers_for_itself_is_not_kept_back(site: Site, path: str) -> None:
    async with site.browser() as stranger:
        assert (await stranger.get(path)).text == "page of nobody"


@pytest.mark.parametrize("path", ["/healthzz", "/loginx", "/apix", "/../login", "/assetsx/a"])
async def test_names_that_begin_like_open_ones_are_not_open(site: Site, path: str) -> None:
    async with site.browser() as stranger:
        assert "page of" not in (await stranger.get(path)).text


@pytest.mark.parametrize(
    "cookie",
    [
        "graft_visitor=anything",
        "graft_session=",
        "graft_session=" + "a" * 43,
        "graft_session=demo; graft_visitor=demo",
    ],
)
async def test_no_made_up_cookie_is_anybody(site: Site, cookie: str) -> None:
    await site.set_up()
    assert await identity(site, cookie=cookie) is None
    with pytest.raises(Forbidden):
        await site.identities.of_socket({"HTTP_COOKIE": cookie}, "token")


async def test_a_login_cookie_is_its_user_on_requests_and_sockets(site: Site) -> None:
    ada = await site.set_up()
    cookie = f"{SESSION_COOKIE}={ada.cookies[SESSION_COOKIE]}"
    found = await identity(site, cookie=cookie)
    assert found is not None
    assert found.actor.user.email == EMAIL
    assert await site.identities.of_socket({"HTTP_COOKIE": cookie}, "token") == found.actor
    assert (await ada.get("/")).text == "page of Ada Lovelace"


async def test_an_api_token_is_its_owner_on_requests_only(site: Site) -> None:
    ada = await site.set_up()
    found = await identity(site, cookie=f"{SESSION_COOKIE}={ada.cookies[SESSION_COOKIE]}")
    assert found is not None
    new = await accounts.create_token(site.core, found.actor, "CI", ["apps:deploy"], 1)
    by_token = await identity(site, authorization=f"bearer {new.secret}")
    assert by_token is not None
    assert by_token.scopes == {"apps:deploy"}
    environ = {"HTTP_AUTHORIZATION": f"Bearer {new.secret}", "HTTP_COOKIE": ""}
    with pytest.raises(Forbidden):
        await site.identities.of_socket(environ, "token")


async def test_a_token_without_the_scope_sees_no_page(site: Site) -> None:
    ada = await site.set_up()
    found = await identity(site, cookie=f"{SESSION_COOKIE}={ada.cookies[SESSION_COOKIE]}")
    assert found is not None
    for scope, text in (("audit:read", "page of nobody"), ("apps:read", "page of Ada Lovelace")):
        new = await accounts.create_token(site.core, found.actor, "CI", [scope], 1)
        async with site.browser() as program:
            answer = await program.get("/", headers={"authorization": f"Bearer {new.secret}"})
            assert answer.text == text


@pytest.mark.parametrize("authorization", ["Bearer wrong", "Bearer ", "Basic YTpi", "nonsense"])
async def test_a_wrong_token_counts_even_beside_a_right_cookie(
    site: Site, authorization: str
) -> None:
    ada = await site.set_up()
    cookie = f"{SESSION_COOKIE}={ada.cookies[SESSION_COOKIE]}"
    assert await identity(site, cookie=cookie, authorization=authorization) is None


async def test_a_refused_socket_is_in_the_audit_log(site: Site) -> None:
    with pytest.raises(Forbidden):
        await site.identities.of_socket({"HTTP_COOKIE": ""}, "token")
    entries = (await audit.query(site.core, audit.Filter(action="socket.connect"))).entries
    assert [entry.outcome for entry in entries] == ["refused"]


def cookie_of(browser: Any) -> str:
    return f"{SESSION_COOKIE}={browser.cookies[SESSION_COOKIE]}"


class Dismissed:
    """Stands for the way to browsers: notes who is sent away."""

    def __init__(self) -> None:
        self.tokens: list[str] = []
        self.reasons: list[str] = []

    async def dismiss(self, token: str, why: str) -> None:
        self.tokens.append(token)
        self.reasons.append(why)


async def opened(site: Site, sessions: Sessions, *tokens: str) -> list[str]:
    """Sign Ada in once for each token, open a page each; return the ids of the logins."""
    ids = []
    for token in tokens:
        new = await accounts.sign_in(
            site.core, accounts.Passwords(), EMAIL, PASSWORD, accounts.Client()
        )
        found = await accounts.identity_of_login(site.core, new.secret)
        assert found is not None
        session = Session(token=token, actor=found.actor, core=RegistrationContext())
        session.sid = f"socket of {token}"
        sessions.add(session)
        ids.append(new.login.id)
    return ids


async def idle(site: Site) -> None:
    bus: Any = site.core.bus
    await bus.idle()


async def test_pages_of_who_signs_out_on_purpose_keep_nothing(site: Site) -> None:
    ada = await site.set_up()
    sessions, outbox = Sessions(), Dismissed()
    logins = Logins(sessions, outbox, {})  # type: ignore[arg-type]
    actor = await site.identities.of_socket({"HTTP_COOKIE": cookie_of(ada)}, "one")
    session = Session(token="one", actor=actor, core=RegistrationContext())
    session.sid = "socket"
    sessions.add(session)
    async with site.identities.running(logins):
        await ada.post("/auth/logout")
        await idle(site)
        assert (outbox.tokens, outbox.reasons) == (["one"], ["left"])


async def test_ending_a_login_ends_its_open_pages_at_once_and_no_others(site: Site) -> None:
    await site.set_up()
    sessions, outbox = Sessions(), Dismissed()
    arrivals: dict[str, Any] = {}
    logins = Logins(sessions, outbox, arrivals)  # type: ignore[arg-type]
    first, second = await opened(site, sessions, "one", "two")
    running = asyncio.create_task(asyncio.Event().wait())
    one = sessions.get("one")
    assert one is not None
    one.tasks.add(running)  # type: ignore[arg-type]
    arrivals["arriving"] = Arrival(one.actor)
    async with site.identities.running(logins):
        await accounts.end_login(site.core, one.actor, first)
        await idle(site)
        assert (outbox.tokens, outbox.reasons) == (["one"], ["ended"])
        assert one.ended
        assert arrivals == {}
        with pytest.raises(asyncio.CancelledError):
            await running
        assert logins.open() == {first, second}


async def another_operator(site: Site, home: str) -> None:
    link = await accounts.invite(site.core, None, home, "operator")
    person = accounts.Person("Grace", "grace@example.com", "compilers are fine")
    await accounts.accept(site.core, accounts.Passwords(), link.secret, person, accounts.Client())


async def test_a_changed_role_reaches_open_pages_at_once(site: Site) -> None:
    await site.set_up()
    sessions, outbox = Sessions(), Dismissed()
    logins = Logins(sessions, outbox, {})  # type: ignore[arg-type]
    await opened(site, sessions, "one")
    one = sessions.get("one")
    assert one is not None
    home, user = one.actor.organisation.id, one.actor.user.id
    async with site.identities.running(logins):
        await accounts.grant(site.core, home, user, "developer")
        await idle(site)
        assert one.actor.roles == {"admin", "operator", "developer"}
        assert outbox.tokens == []
        await another_operator(site, home)
        for role in one.actor.roles:
            await accounts.revoke(site.core, home, user, role)
        await idle(site)
        assert outbox.tokens == ["one"]


async def test_what_nobody_told_is_seen_when_everything_is_to_be_looked_at(site: Site) -> None:
    await site.set_up()
    sessions, outbox = Sessions(), Dismissed()
    logins = Logins(sessions, outbox, {})  # type: ignore[arg-type]
    await opened(site, sessions, "one")
    one = sessions.get("one")
    assert one is not None
    silent = dataclasses.replace(site.core, bus=InMemoryBus())
    async with site.identities.running(logins):
        await accounts.end_logins(silent, one.actor.user.id)
        await idle(site)
        assert outbox.tokens == []
        await site.core.bus.publish(EVERYTHING, {})
        await idle(site)
        assert (outbox.tokens, outbox.reasons) == (["one"], ["over"])


class OpenPage:
    """Ada's page with its socket open, and requests of her browser."""

    def __init__(self, site: Site, session: Session, secret: str) -> None:
        self.site, self.session, self.secret = site, session, secret

    async def who_loads(self, **headers: str) -> Actor | None:
        sent = {"cookie": f"{SESSION_COOKIE}={self.secret}", **headers}
        raw = [(name.encode(), value.encode()) for name, value in sent.items()]
        scope = {"type": "http", "method": "GET", "path": "/", "query_string": b"", "headers": raw}
        return await self.site.identities.of_open_page(Request(scope))


@pytest.fixture
async def open_page(site: Site) -> AsyncIterator[OpenPage]:
    ada = await site.set_up()
    secret = ada.cookies[SESSION_COOKIE]
    environ = {"HTTP_COOKIE": f"{SESSION_COOKIE}={secret}"}
    actor = await site.identities.of_socket(environ, "one")
    sessions = Sessions()
    session = Session(token="one", actor=actor, core=RegistrationContext())
    session.sid = "socket"
    sessions.add(session)
    async with site.identities.running(Logins(sessions, Dismissed(), {})):  # type: ignore[arg-type]
        yield OpenPage(site, session, secret)


@pytest.fixture
def questions(site: Site, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is looked up in the database."""
    asked: list[str] = []
    find = accounts.identity_of_login

    async def note(core: Core, secret: str) -> Identity | None:
        asked.append(secret)
        return await find(core, secret)

    monkeypatch.setattr(accounts, "identity_of_login", note)
    return asked


async def test_an_open_page_loads_its_parts_without_another_look_at_the_login(
    open_page: OpenPage, questions: list[str]
) -> None:
    assert await open_page.who_loads() == open_page.session.actor
    assert questions == []


async def test_a_page_that_is_closed_loads_nothing_without_a_look_at_the_login(
    open_page: OpenPage, questions: list[str]
) -> None:
    open_page.session.sid = None
    assert await open_page.who_loads() == open_page.session.actor
    assert questions == [open_page.secret]


async def test_an_open_page_whose_login_ended_loads_nothing(open_page: OpenPage) -> None:
    actor = open_page.session.actor
    await accounts.end_login(open_page.site.core, actor, actor.login or "")
    await idle(open_page.site)
    assert await open_page.who_loads() is None


async def test_an_open_page_helps_nobody_else(open_page: OpenPage) -> None:
    assert await open_page.who_loads(cookie=f"{SESSION_COOKIE}=guessed") is None
    assert await open_page.who_loads(cookie="") is None
    assert await open_page.who_loads(authorization="Bearer wrong") is None


async def test_a_client_token_names_a_session_of_whoever_sends_it(site: Site) -> None:
    ada = await site.set_up()
    found = await identity(site, cookie=f"{SESSION_COOKIE}={ada.cookies[SESSION_COOKIE]}")
    assert found is not None
    globex = await accounts.create_organisation(site.core, "Globex")
    link = await accounts.invite(site.core, None, globex.id, "member")
    person = accounts.Person("Grace", "grace@example.com", "compilers are fine")
    new = await accounts.accept(
        site.core, accounts.Passwords(), link.secret, person, accounts.Client()
    )
    grace = await accounts.identity_of_login(site.core, new.secret)
    assert grace is not None
    adas = own_token("token", found.actor)
    assert own_token("token", found.actor) == adas
    assert len({adas, own_token("token", grace.actor), own_token(adas, grace.actor)}) == 3
    elsewhere = dataclasses.replace(found.actor, organisation=Organisation("other", "Other"))
    assert own_token("token", elsewhere) != adas
    assert own_token("token", dataclasses.replace(found.actor, on_apps=True)) != adas
