"""Sockets of a production server, in a process of its own: who gets in, and to whose session."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from websockets.exceptions import InvalidStatus

from app.core import accounts
from app.core.opening import open_core
from app.frontend.build import ROOT
from app.server.identity.cookies import SESSION_COOKIE
from tests.unit.server.raw_socket import RawSocket, Refused
from tests.unit.server.site import ADA, EMAIL, PASSWORD

SERVER = """
import sys
from pathlib import Path
from app.server.compose import create_server
from app.server.settings import ServerSettings
from app.server.process.run import serve
static, data, apps = map(Path, sys.argv[1:])
settings = ServerSettings(
    data=data, apps=apps, static=static, development=False,
    on_set_up=lambda secret: print("SETUP", secret, flush=True),
)
serve(create_server(settings), on_started=lambda address: print("STARTED", address, flush=True))
"""
# Whatever could look like a switch: none of them may make this a development server.
SWITCHES = {
    f"GRAFT_{name}": "1"
    for name in ("DEV", "DEVELOPMENT", "DEBUG", "DEV_MODE", "MODE", "ENV", "INSECURE", "TEST")
} | {"REFLEX_ENV_MODE": "dev", "PYTHONDEVMODE": "0"}

SEARCH = "reflex___state____state.app___web___launcher____launcher_state.search"
QUERY = ("launcher_state", "query")
HYDRATE = "reflex___state____state.hydrate_and_load"


@dataclass
class Server:
    """A running server that Ada has set up."""

    address: str
    ada: str  # secrets of logins
    grace: str

    def login(self) -> str:
        """Sign Ada in; return the secret of the login."""
        form = {"email": EMAIL, "password": PASSWORD}
        answer = httpx.post(f"{self.address}/auth/login", data=form)
        return answer.cookies[SESSION_COOKIE]

    def socket(self, token: str, secret: str) -> RawSocket:
        return RawSocket(self.address, token, Cookie=f"{SESSION_COOKIE}={secret}")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("production")
    static = folder / "front" / "static"
    static.mkdir(parents=True)
    (static.parent / "backend").mkdir()
    (static.parent / "backend" / "stateful_pages.json").write_text("[]")
    (static / "index.html").write_text("launcher")
    (static / "__spa-fallback.html").write_text("drawn")
    (folder / "apps").mkdir()
    arguments = [str(static), str(folder / "data"), str(folder / "apps")]
    with (folder / "errors").open("w") as errors:
        process = subprocess.Popen(
            [sys.executable, "-c", SERVER, *arguments],
            cwd=ROOT,
            env={**os.environ, **SWITCHES, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
    with process:
        told = _read_start(process, folder / "errors")
        yield _set_up(told["STARTED"], told["SETUP"], folder / "data")
        process.terminate()


def _read_start(process: subprocess.Popen[str], errors: Path) -> dict[str, str]:
    told: dict[str, str] = {}
    assert process.stdout is not None
    while "STARTED" not in told:
        line = process.stdout.readline()
        assert line, errors.read_text()
        kind, _, value = line.strip().partition(" ")
        told[kind] = value
    return told


def _set_up(address: str, secret: str, data: Path) -> Server:
    ada = httpx.post(f"{address}/setup/{secret}", data=ADA).cookies[SESSION_COOKIE]
    link = asyncio.run(_invitation(data))
    password = "compilers are fine"
    form = {"name": "Grace", "email": "grace@example.com", "password": password}
    answer = httpx.post(f"{address}/invite/{link}", data={**form, "password_again": password})
    return Server(address, ada, answer.cookies[SESSION_COOKIE])


async def _invitation(data: Path) -> str:
    """Invite somebody to Ada's organisation, from beside the server."""
    core = open_core(data)
    [home] = await accounts.all_organisations(core)
    link = await accounts.invite(core, None, home.id, "member")
    await core.close()
    return link.secret


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Cookie": f"{SESSION_COOKIE}={'a' * 43}"},
        {"Cookie": "graft_visitor=anything"},
        {"Authorization": f"Bearer graft_{'a' * 43}"},
    ],
)
def test_nobody_opens_a_socket_without_a_login(server: Server, headers: dict[str, str]) -> None:
    with pytest.raises(Refused, match="no longer signed in"):
        RawSocket(server.address, "some-token", **headers)


def test_a_socket_without_a_client_token_is_refused(server: Server) -> None:
    with pytest.raises(Refused, match="client token"):
        server.socket("", server.ada)


def test_another_site_cannot_open_a_socket_with_the_visitors_cookie(server: Server) -> None:
    with pytest.raises(InvalidStatus):
        RawSocket(
            server.address,
            "token",
            Cookie=f"{SESSION_COOKIE}={server.ada}",
            Origin="https://evil.test",
        )


def test_a_session_is_found_again_by_its_own_user(server: Server) -> None:
    with server.socket("adas-own", server.ada) as socket:
        socket.send(SEARCH, query="my plans")
        assert socket.value(*QUERY) == "my plans"
    with server.socket("adas-own", server.login()) as again:
        again.send(HYDRATE)
        assert again.value(*QUERY) == "my plans"


@pytest.mark.parametrize("connected", [True, False])
def test_a_stolen_client_token_leads_into_nobody_elses_session(
    server: Server, connected: bool
) -> None:
    token = f"stolen-{connected}"
    with server.socket(token, server.ada) as ada:
        ada.send(SEARCH, query="secret of Ada")
        assert ada.value(*QUERY) == "secret of Ada"
        if connected:
            _look_around(server, token)
            ada.send(HYDRATE)
            assert ada.value(*QUERY) == "secret of Ada"
    if not connected:
        _look_around(server, token)
    with server.socket(token, server.ada) as ada:
        ada.send(HYDRATE)
        assert ada.value(*QUERY) == "secret of Ada"


def _look_around(server: Server, token: str) -> None:
    """Grace uses Ada's client token, as it is and as the server calls it."""
    with server.socket(token, server.grace) as grace:
        grace.send(HYDRATE)
        assert grace.value(*QUERY) == ""
        grace.send(SEARCH, query="overwritten by Grace")
        assert grace.value(*QUERY) == "overwritten by Grace"


def test_a_duplicated_tab_gets_a_session_of_its_own(server: Server) -> None:
    with server.socket("twice", server.ada) as first:
        first.send(SEARCH, query="first tab")
        assert first.value(*QUERY) == "first tab"
        with server.socket("twice", server.ada) as second:
            assert second.new_token
            second.send(HYDRATE)
            assert second.value(*QUERY) == ""
            second.send(SEARCH, query="second tab")
            assert second.value(*QUERY) == "second tab"
            new_token = second.new_token
    with server.socket(new_token, server.ada) as again:
        again.send(HYDRATE)
        assert again.value(*QUERY) == "second tab"


def test_signing_out_closes_open_sockets_and_tells_their_pages(server: Server) -> None:
    secret = server.login()
    with (
        server.socket("signing-out", secret) as socket,
        server.socket("stays", server.ada) as other,
    ):
        cookies = {SESSION_COOKIE: secret}
        httpx.post(f"{server.address}/auth/logout", cookies=cookies)
        told = str(socket.closed())
        assert "sessionStorage.removeItem('graft.typed')" in told
        assert "/login?ended" in told
        other.send(SEARCH, query="still here")
        assert other.value(*QUERY) == "still here"
    with pytest.raises(Refused):
        server.socket("signing-out", secret)


def test_a_production_server_signs_nobody_in_by_itself(server: Server) -> None:
    for path in ("/", "/dev", "/apps/acme-counter", "/admin/apps"):
        for cookies in ({}, {"graft_visitor": "anything"}):
            answer = httpx.get(f"{server.address}{path}", cookies=cookies)
            assert answer.status_code == 303
            assert "graft_visitor" not in answer.headers.get("set-cookie", "")
    for path in ("/_graft/modules/a/b/c.js", "/_graft/icons/a/b", "/_upload/x"):
        assert httpx.get(f"{server.address}{path}").status_code == 404
    upload = httpx.post(f"{server.address}/_upload", headers={"reflex-client-token": "twice"})
    assert upload.status_code == 403
