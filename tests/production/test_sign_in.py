"""What signs people in in development mode, or might be thought to, does nothing in production."""

from __future__ import annotations

import asyncio
import base64
import itertools
import json
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from websockets.exceptions import InvalidStatus

from app.core.accounts.development import development_actor
from app.core.opening import open_core
from app.server.identity.cookies import SESSION_COOKIE
from app.server.identity.development import COOKIE
from app.server.identity.own_hosts import VARIABLE as DEV_HOSTS
from tests.production.world import COUNTER, PASSWORD, World, build_world
from tests.support.servers import Forge, Server, serving
from tests.unit.server.raw_socket import RawSocket, Refused

VISITOR = "somebody who was here in development mode"
NAMES = ("GRAFT_DEV", "GRAFT_DEVELOPMENT", "GRAFT_DEBUG", "GRAFT_NO_AUTH", "DEBUG", "DEV")
ENVIRONMENT = {
    **dict.fromkeys(NAMES, "1"),
    "GRAFT_MODE": "development",
    "GRAFT_ENV": "dev",
    "GRAFT_USER": "ada@example.com",
    "REFLEX_ENV_MODE": "dev",
    "REFLEX_DEBUG": "true",
    "PYTHONDEVMODE": "1",
    "REMOTE_USER": "ada",
}
PAGES = (
    "/",
    "/dev",
    "/admin/apps",
    "/admin/users",
    "/apps/acme-counter",
    "/account",
    "/apps/viewer",
)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """A data folder that development mode ran on, too."""
    made = asyncio.run(build_world(tmp_path_factory.mktemp("sign-in")))

    async def visit() -> None:
        core = open_core(made.data)
        await development_actor(core, VISITOR)
        await core.close()

    asyncio.run(visit())
    return made


@pytest.fixture(scope="module")
def server(forge: Forge, world: World) -> Iterator[Server]:
    with serving(forge, world.data, environment=ENVIRONMENT) as running:
        yield running


def visitor(world: World) -> str:
    """The id of the user that development mode made."""

    async def find() -> str:
        core = open_core(world.data)
        try:
            return (await development_actor(core, VISITOR)).user.id
        finally:
            await core.close()

    return asyncio.run(find())


def encoded(**claims: str) -> str:
    """An unsigned JSON web token."""
    parts = ({"alg": "none"}, claims)
    return ".".join(base64.urlsafe_b64encode(json.dumps(p).encode()).decode() for p in parts) + "."


def attempts(world: World) -> dict[str, dict[str, str]]:
    """Headers of requests, by what they try."""
    id = visitor(world)
    cookies = {
        "the visitor's cookie": (COOKIE, VISITOR),
        "any visitor's cookie": (COOKIE, "anything"),
        "an id as login": (SESSION_COOKIE, id),
        "a visitor as login": (SESSION_COOKIE, VISITOR),
        "no login": (SESSION_COOKIE, ""),
        "a digest as login": (SESSION_COOKIE, "0" * 64),
        "a web token": (SESSION_COOKIE, encoded(sub=id)),
        "a role": ("role", "operator"),
        "a user": ("user", id),
        "a host's cookie": (f"__Host-{SESSION_COOKIE}", id),
        "a preview": ("graft_preview", id),
    }
    headers = {
        **dict.fromkeys(("X-User", "X-Remote-User", "Remote-User", "X-Forwarded-User"), id),
        "X-Forwarded-Email": "ada@example.com",
        "X-Forwarded-For": "127.0.0.1",
        "X-Real-IP": "127.0.0.1",
        "X-Original-URL": "/login",
        "X-Rewrite-URL": "/login",
        "X-Forwarded-Prefix": "/auth",
        "X-Graft-User": id,
        "Reflex-Client-Token": VISITOR,
        "Authorization": f"Bearer {id}",
    }
    basic = base64.b64encode(f"ada:{PASSWORD}".encode()).decode()
    return {
        **{name: {"Cookie": f"{key}={value}"} for name, (key, value) in cookies.items()},
        **{name: {name: value} for name, value in headers.items()},
        "basic": {"Authorization": f"Basic {basic}"},
        "an empty token": {"Authorization": "Bearer"},
        "the development token": {"Authorization": "Bearer dev"},
    }


def signed_in(answer: httpx.Response) -> bool:
    """Tell whether an answer is more than the way to the login page."""
    if answer.status_code == 303:
        return not answer.headers["location"].startswith("/login")
    return answer.status_code not in (401, 403, 404)


def test_no_page_opens(server: Server, world: World) -> None:
    for kind, headers in attempts(world).items():
        with httpx.Client(base_url=server.address, headers=headers) as browser:
            for page in PAGES:
                answer = browser.get(page)
                assert not signed_in(answer), (kind, page)
                assert COOKIE not in answer.headers.get("set-cookie", "")
                assert SESSION_COOKIE not in answer.headers.get("set-cookie", "")


def test_no_address_opens_a_page(server: Server, world: World) -> None:
    secrets = (visitor(world), VISITOR, "dev", "1")
    keys = ("user", "as", "dev", "development", "token", "login", "session", COOKIE, SESSION_COOKIE)
    with server.http() as browser:
        for page, key, secret in itertools.product(("/", "/admin/apps"), keys, secrets):
            assert not signed_in(browser.get(page, params={key: secret})), (page, key)
        for page in ("//", "/./dev", "/login/../dev", "/auth/../admin/apps", "/assets/../dev"):
            assert not signed_in(browser.get(page)), page
        for page in (
            "/auth/dev",
            "/dev/login",
            "/auth/visitor",
            "/auth/as/ada",
            "/auth/login?dev=1",
        ):
            assert browser.get(page).status_code in (303, 404, 405), page


def test_no_socket_opens(server: Server, world: World) -> None:
    for kind, headers in attempts(world).items():
        for token in (uuid4().hex, VISITOR):
            with pytest.raises((Refused, InvalidStatus)):
                pytest.fail(f"{kind}: {RawSocket(server.address, token, **headers)}")


def test_no_program_gets_in(server: Server, world: World) -> None:
    for kind, headers in attempts(world).items():
        with httpx.Client(base_url=server.address, headers=headers) as program:
            for path in ("/api/v1/apps", f"/api/v1/apps/{COUNTER}", "/metrics"):
                assert program.get(path).status_code == 401, (kind, path)


@pytest.mark.parametrize("secret", ["", "dev", "password", "ada", PASSWORD])
def test_a_visitor_of_development_mode_has_no_password(server: Server, secret: str) -> None:
    with server.http(origin=server.address) as browser:
        for name in ("ada", "Ada", "ada@example.com", "demo", "admin", "", VISITOR):
            answer = browser.post("/auth/login", data={"email": name, "password": secret})
            assert SESSION_COOKIE not in answer.headers.get("set-cookie", ""), name


def test_the_code_of_development_sign_in_is_not_even_there(server: Server) -> None:
    modules = server.modules()
    assert "app.server.identity.production" in modules
    assert not modules & {
        "app.server.identity.development",
        "app.core.accounts.development",
        "app.source.watching.watch",
    }


def test_development_mode_needs_its_option(forge: Forge, tmp_path: Path) -> None:
    with serving(forge, tmp_path / "data", "--dev") as running:
        assert "app.server.identity.development" in running.modules()
        with running.http() as browser:
            assert COOKIE in browser.get("/").headers["set-cookie"]


def test_development_mode_answers_to_its_own_names_only(forge: Forge, tmp_path: Path) -> None:
    with (
        serving(forge, tmp_path / "data", "--dev", environment={DEV_HOSTS: "box.lan"}) as running,
        running.http() as browser,
    ):
        rebound = {"host": "evil.test", "origin": "http://evil.test"}
        for path in ("/", "/dev", "/readyz", "/_event/?EIO=4&transport=polling"):
            assert browser.get(path, headers=rebound).status_code == 403
        assert browser.get("/", headers={"host": "box.lan:3000"}).status_code == 200
        with pytest.raises(InvalidStatus) as refused:
            RawSocket(running.address, uuid4().hex, Host="evil.test", Origin="http://evil.test")
        assert refused.value.response.status_code == 403
        with RawSocket(running.address, uuid4().hex, Origin=running.address):
            pass


def test_browsers_that_come_by_a_proxys_tls_are_told_to_stay_on_it(server: Server) -> None:
    with server.http(host="graft.test") as browser:
        told = browser.get("/login", headers={"x-forwarded-proto": "https"}).headers
        assert told["strict-transport-security"] == "max-age=31536000"
        assert "strict-transport-security" not in browser.get("/login").headers
