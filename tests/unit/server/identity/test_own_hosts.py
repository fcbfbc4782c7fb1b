"""In development mode a page at another name gets nothing, whatever that name leads to."""

from __future__ import annotations

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocket, WebSocketDisconnect

from app.server.identity.own_hosts import OwnHosts, named_hosts


async def ok(request: Request) -> Response:
    return PlainTextResponse("ok")


async def echo(socket: WebSocket) -> None:
    await socket.accept()
    await socket.close()


@pytest.fixture
def client() -> TestClient:
    routes = [Route("/", ok, methods=["GET", "POST"]), WebSocketRoute("/socket", echo)]
    named = named_hosts("devbox", {"GRAFT_DEV_HOSTS": "Graft.test, .preview.test ,"})
    return TestClient(OwnHosts(Starlette(routes=routes), named), "http://localhost")


OURS = (
    *("localhost", "localhost:3000", "LOCALHOST.", "app.localhost:3000", "127.0.0.1:3000"),
    *("127.9.9.9", "[::1]:3000", "192.0.2.7:3000", "[2001:db8::1]", "devbox:3000", "graft.test"),
    "one.preview.test",
)
OTHERS = (
    *("evil.test", "evil.test:3000", "localhost.evil.test", "127.0.0.1.evil.test", ""),
    *("xgraft.test", "preview.test.evil.test", "localhost@evil.test", "devbox.evil.test"),
)


@pytest.mark.parametrize("host", OURS)
def test_it_answers_to_its_own_names_and_to_addresses(client: TestClient, host: str) -> None:
    assert client.get("/", headers={"host": host}).status_code == 200
    with client.websocket_connect("/socket", headers={"host": host, "origin": f"http://{host}"}):
        pass


@pytest.mark.parametrize("host", OTHERS)
def test_requests_and_sockets_for_other_names_are_refused(client: TestClient, host: str) -> None:
    for method in ("GET", "POST"):
        refused = client.request(method, "/", headers={"host": host})
        assert refused.status_code == 403
    with (
        pytest.raises(WebSocketDisconnect),
        client.websocket_connect("/socket", headers={"host": host, "origin": f"http://{host}"}),
    ):
        pass


def test_a_refusal_says_how_to_name_it(client: TestClient) -> None:
    refused = client.get("/", headers={"host": "box.lan:3000"})
    assert "GRAFT_DEV_HOSTS=box.lan" in refused.json()["detail"]


def test_a_page_at_another_name_is_refused_even_if_it_asks_for_ours(client: TestClient) -> None:
    elsewhere = {"origin": "http://evil.test", "x-forwarded-host": "evil.test"}
    assert client.get("/", headers=elsewhere).status_code == 403
    with (
        pytest.raises(WebSocketDisconnect),
        client.websocket_connect("/socket", headers=elsewhere),
    ):
        pass
