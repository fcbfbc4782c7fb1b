"""Serving the built front end."""

import gzip
from pathlib import Path

import pytest
from reflex.route import get_router
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.testclient import TestClient

from app.server.routes import static
from app.server.routes.static import IMMUTABLE, REVALIDATE, FrontEnd

FILES = {
    "index.html": "launcher",
    "dev/index.html": "dev",
    "__spa-fallback.html": "drawn in the browser",
    "favicon.svg": "<svg/>",
    "assets/root-1a2b.js": "export {}",
}


@pytest.fixture
def client(tmp_path: Path) -> TestClient:
    for name, text in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        Path(f"{path}.gz").write_bytes(gzip.compress(text.encode()))
    router = get_router(["index", "dev", "apps/[[...splat]]", "404"])
    return TestClient(Starlette(routes=[Mount("/", FrontEnd(tmp_path, router))]))


@pytest.mark.parametrize(
    ("path", "status", "text"),
    [
        ("/", 200, "launcher"),
        ("/dev", 200, "dev"),
        ("/dev/", 200, "dev"),
        ("/apps/acme-counter", 200, "drawn in the browser"),
        ("/apps/acme-counter/projects/7", 200, "drawn in the browser"),
        ("/apps/a.b/c.d", 200, "drawn in the browser"),
        ("/unknown", 404, "drawn in the browser"),
        ("/404", 404, "drawn in the browser"),
    ],
)
def test_pages(client: TestClient, path: str, status: int, text: str) -> None:
    response = client.get(path)
    assert (response.status_code, response.text) == (status, text)
    assert response.headers["content-type"].startswith("text/html")
    assert response.headers["cache-control"] == REVALIDATE


def test_a_file_by_digest_is_kept_for_ever(client: TestClient) -> None:
    response = client.get("/assets/root-1a2b.js")
    assert response.headers["cache-control"] == IMMUTABLE
    assert response.headers["content-type"].startswith("text/javascript")


def test_other_files_are_asked_for_again(client: TestClient) -> None:
    first = client.get("/favicon.svg")
    assert first.headers["cache-control"] == REVALIDATE
    again = client.get("/favicon.svg", headers={"if-none-match": first.headers["etag"]})
    assert again.status_code == 304


@pytest.mark.parametrize("path", ["/assets/root-1a2b.js", "/", "/apps/acme-counter"])
def test_compressed_files_are_sent_to_who_takes_them(client: TestClient, path: str) -> None:
    packed = client.get(path, headers={"accept-encoding": "gzip"})
    plain = client.get(path, headers={"accept-encoding": "identity"})
    assert packed.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert packed.text == plain.text
    assert "accept-encoding" in packed.headers["vary"].lower()


@pytest.mark.parametrize("encoding", ["identity", "gzip", "br", "*", "gzip;q=0", ""])
def test_a_file_by_digest_is_read_once(client: TestClient, tmp_path: Path, encoding: str) -> None:
    headers = {"accept-encoding": encoding, "origin": "https://elsewhere.example"}
    first = client.get("/assets/root-1a2b.js", headers=headers)
    for name in ("root-1a2b.js", "root-1a2b.js.gz"):
        (tmp_path / "assets" / name).unlink()
    for _ in range(2):
        again = client.get("/assets/root-1a2b.js", headers=headers)
        assert (again.status_code, again.text, again.headers) == (200, "export {}", first.headers)
    known = {**headers, "if-none-match": first.headers["etag"]}
    unchanged = client.get("/assets/root-1a2b.js", headers=known)
    assert (unchanged.status_code, unchanged.content) == (304, b"")
    assert unchanged.headers["cache-control"] == IMMUTABLE


def test_who_takes_nothing_packed_gets_nothing_packed_from_memory(client: TestClient) -> None:
    for encoding in ("gzip", "identity", "gzip", "gzip;q=0"):
        response = client.get("/assets/root-1a2b.js", headers={"accept-encoding": encoding})
        assert ("content-encoding" in response.headers) == (encoding == "gzip")
        assert response.text == "export {}"


def test_a_part_of_a_file_by_digest_is_sent(client: TestClient) -> None:
    client.get("/assets/root-1a2b.js", headers={"accept-encoding": "identity"})
    asked = {"accept-encoding": "identity", "range": "bytes=0-5"}
    part = client.get("/assets/root-1a2b.js", headers=asked)
    assert (part.status_code, part.text) == (206, "export")


def test_large_files_are_not_kept_in_memory(
    client: TestClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(static, "LARGEST_HELD", 8)
    client.get("/assets/root-1a2b.js", headers={"accept-encoding": "identity"})
    (tmp_path / "assets/root-1a2b.js").unlink()
    assert client.get("/assets/root-1a2b.js").status_code == 404


def test_no_more_is_kept_in_memory_than_the_limit(
    client: TestClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(static, "HELD", len("export {}"))
    (tmp_path / "assets/more-1a2b.js").write_text("export 2")
    for name in ("root", "more"):
        client.get(f"/assets/{name}-1a2b.js", headers={"accept-encoding": "identity"})
        (tmp_path / f"assets/{name}-1a2b.js").unlink()
    answers = [
        client.get(f"/assets/{name}-1a2b.js", headers={"accept-encoding": "identity"}).status_code
        for name in ("root", "more")
    ]
    assert answers == [200, 404]


def test_a_file_of_an_older_build_is_not_answered_with_a_page(client: TestClient) -> None:
    response = client.get("/assets/root-0000.js")
    assert response.status_code == 404
    assert "html" not in response.headers["content-type"]


@pytest.mark.parametrize("path", ["/../secret", "/assets/../../secret", "/%2e%2e/secret"])
def test_nothing_outside_is_served(client: TestClient, tmp_path: Path, path: str) -> None:
    (tmp_path.parent / "secret").write_text("secret")
    assert "secret" not in client.get(path).text


def test_pages_cannot_be_posted_to(client: TestClient) -> None:
    assert client.post("/").status_code == 405
