"""Security headers, and the refusal of other origins."""

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocket, WebSocketDisconnect

from app.server.middleware.headers import (
    ReadableAddresses,
    SameOrigin,
    SecurityHeaders,
    security_headers,
)


async def ok(request: Request) -> Response:
    return PlainTextResponse("ok")


async def own_policy(request: Request) -> Response:
    return PlainTextResponse("ok", headers={"content-security-policy": "default-src 'none'"})


async def echo(socket: WebSocket) -> None:
    await socket.accept()
    await socket.send_text(await socket.receive_text())
    await socket.close()


@pytest.fixture
def client() -> TestClient:
    routes = [
        Route("/", ok, methods=["GET", "POST"]),
        Route("/own", own_policy),
        WebSocketRoute("/socket", echo),
    ]
    return TestClient(SecurityHeaders(SameOrigin(Starlette(routes=routes))), "https://graft.test")


@pytest.mark.parametrize("path", ["/a%0Ab", "/%00", "/%7F", "/x%E2%80%A8"])
def test_addresses_that_cannot_be_shown_are_refused(path: str) -> None:
    client = TestClient(ReadableAddresses(Starlette(routes=[Route("/{any:path}", ok)])))
    assert client.get("/ä b%25").status_code == 200
    refused = client.get(path)
    assert (refused.status_code, refused.json()["status"]) == (400, 400)


@pytest.mark.parametrize("path", ["/own-page", "/unknown"])
def test_every_response_has_every_header(client: TestClient, path: str) -> None:
    response = client.get(path)
    assert {name: response.headers[name] for name in security_headers()} == security_headers()


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("https://graft.test", "max-age=31536000"),
        ("http://graft.test", None),
        ("https://localhost", None),
        ("https://127.0.0.1:8443", None),
    ],
)
def test_browsers_that_came_over_tls_are_told_to_stay_on_it(
    client: TestClient, address: str, told: str | None
) -> None:
    answer = client.get(address)
    assert answer.headers.get("strict-transport-security") == told


def test_browsers_can_be_told_to_forget_tls() -> None:
    client = TestClient(
        SecurityHeaders(Starlette(routes=[Route("/", ok)]), 0), "https://graft.test"
    )
    assert client.get("/").headers["strict-transport-security"] == "max-age=0"


@pytest.mark.parametrize("path", ["/", "/admin/users", "/account", "/account/tokens", "/login"])
def test_pages_of_the_core_are_in_no_frame_and_in_nobodys_hands(
    client: TestClient, path: str
) -> None:
    headers = client.get(path).headers
    assert headers["x-frame-options"] == "DENY"
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert headers["cross-origin-opener-policy"] == "noopener-allow-popups"


@pytest.mark.parametrize("path", ["/apps/acme-site/", "/files/1/plan.pdf", "/administration"])
def test_apps_may_show_their_own_pages_and_files_in_frames(client: TestClient, path: str) -> None:
    headers = client.get(path).headers
    assert "x-frame-options" not in headers
    assert "frame-ancestors 'self'" in headers["content-security-policy"]


def test_a_refusal_has_the_headers_too(client: TestClient) -> None:
    response = client.post("/", headers={"origin": "https://evil.test"})
    assert response.status_code == 403
    assert response.headers["x-content-type-options"] == "nosniff"


def test_a_response_keeps_its_own_policy(client: TestClient) -> None:
    assert client.get("/own").headers.get_list("content-security-policy") == ["default-src 'none'"]


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"origin": "https://graft.test"},
        {"origin": "https://public.test", "x-forwarded-host": "public.test"},
    ],
)
def test_changes_from_here_pass(client: TestClient, headers: dict[str, str]) -> None:
    assert client.post("/", headers=headers).status_code == 200


@pytest.mark.parametrize(
    "origin", ["https://evil.test", "null", "https://graft.test.evil.test", "https://graft.test:81"]
)
def test_changes_from_elsewhere_are_refused(client: TestClient, origin: str) -> None:
    assert client.post("/", headers={"origin": origin}).status_code == 403


BROWSER = "text/html,application/xhtml+xml,*/*;q=0.8"


@pytest.mark.parametrize(("path", "accept"), [("/", "*/*"), ("/api/v1/apps", BROWSER)])
def test_a_program_is_refused_in_the_format_of_all_errors(
    client: TestClient, path: str, accept: str
) -> None:
    headers = {"origin": "https://evil.test", "accept": accept}
    refused = client.post(path, headers=headers)
    assert refused.headers["content-type"] == "application/problem+json"
    told = refused.json()
    assert (refused.status_code, told["status"], told["title"]) == (403, 403, "Not allowed")


def test_a_person_who_is_sent_here_by_another_site_sees_a_page(client: TestClient) -> None:
    refused = client.post("/", headers={"origin": "https://evil.test", "accept": BROWSER})
    assert (refused.status_code, refused.headers["cache-control"]) == (403, "no-store")
    assert "<h1>This request came from another site</h1>" in refused.text
    assert 'href="/"' in refused.text


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_a_browser_that_says_the_page_is_another_sites_is_believed(
    client: TestClient, site: str
) -> None:
    assert client.post("/", headers={"sec-fetch-site": site}).status_code == 403
    assert client.get("/", headers={"sec-fetch-site": site}).status_code == 200


@pytest.mark.parametrize("site", ["same-origin", "none"])
def test_a_browser_that_says_the_page_is_ours_still_needs_our_origin(
    client: TestClient, site: str
) -> None:
    assert client.post("/", headers={"sec-fetch-site": site}).status_code == 200
    evil = {"sec-fetch-site": site, "origin": "https://evil.test"}
    assert client.post("/", headers=evil).status_code == 403


def test_reading_from_elsewhere_is_left_to_the_browser(client: TestClient) -> None:
    response = client.get("/", headers={"origin": "https://evil.test"})
    assert response.status_code == 200
    assert "access-control-allow-origin" not in response.headers


def test_a_socket_from_elsewhere_is_refused(client: TestClient) -> None:
    with (
        pytest.raises(WebSocketDisconnect),
        client.websocket_connect("/socket", headers={"origin": "https://evil.test"}),
    ):
        pass


def test_a_socket_from_here_is_opened(client: TestClient) -> None:
    here = {"host": "graft.test", "origin": "https://graft.test"}
    with client.websocket_connect("/socket", headers=here) as socket:
        socket.send_text("hello")
        assert socket.receive_text() == "hello"
