"""The composed application, made in a process of its own as the server does."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from app.frontend.build import ROOT

SCRIPT = """
import json, sys
from pathlib import Path
from app.server.asgi import create_asgi, prepare_process
static, data = map(Path, sys.argv[1:])
prepare_process(static, data)

import reflex as rx
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

class Sign(rx.State):
    text: str = "x"

app = rx.App()
app.add_page(lambda: rx.text(Sign.text), route="/")
app.add_page(lambda: rx.text("app"), route="/apps/[[...splat]]")

async def own(request):
    return PlainTextResponse("own")

asgi = create_asgi(app, static, [Route("/ping", own), Route("/own", own)])
out = {}
with TestClient(asgi, "http://graft.test") as client:
    for path in ("/", "/healthz", "/own", "/ping", "/_health", "/apps/a/b", "/nowhere"):
        response = client.get(path, headers={"origin": "http://evil.test"})
        out[path] = [response.status_code, response.text, dict(response.headers)]
    for origin in ("http://graft.test", "http://evil.test"):
        url = "/_event/?EIO=4&transport=websocket&token=t"
        try:
            headers = {"host": "graft.test", "origin": origin, "upgrade": "websocket"}
            with client.websocket_connect(url, headers=headers) as socket:
                out[origin] = socket.receive_text()[:1]
        except Exception as error:
            out[origin] = type(error).__name__
print("RESULT" + json.dumps(out))
"""


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    folder = tmp_path_factory.mktemp("server")
    static = folder / "front" / "static"
    static.mkdir(parents=True)
    (static.parent / "backend").mkdir()
    (static.parent / "backend" / "stateful_pages.json").write_text("[]")
    (static / "index.html").write_text("page")
    (static / "__spa-fallback.html").write_text("drawn")
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(static), str(folder / "data")],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, object] = json.loads(done.stdout.partition("RESULT")[2])
    found["files"] = sorted(path.name for path in static.parent.iterdir())
    return found


def test_pages_and_endpoints_answer(result: dict) -> None:
    assert result["/"][:2] == [200, "page"]
    assert result["/healthz"][0] == 200
    assert result["/_health"][0] == 200
    assert result["/apps/a/b"][:2] == [200, "drawn"]
    assert result["/nowhere"][0] == 404


def test_extra_routes_come_before_those_of_reflex(result: dict) -> None:
    assert result["/own"][:2] == [200, "own"]
    assert result["/ping"][:2] == [200, "own"]


def test_no_other_site_may_read(result: dict) -> None:
    for path in ("/", "/_health", "/own"):
        assert "access-control-allow-origin" not in result[path][2]


def test_every_response_has_the_policy(result: dict) -> None:
    for path in ("/", "/healthz", "/_health", "/nowhere"):
        assert "content-security-policy" in result[path][2]


def test_only_pages_of_this_origin_open_a_socket(result: dict) -> None:
    assert result["http://graft.test"] == "0"
    assert result["http://evil.test"] == "WebSocketDisconnect"


def test_serving_compiles_nothing(result: dict) -> None:
    assert result["files"] == ["backend", "static"]


def test_this_test_does_not_leave_its_mark_on_the_checkout() -> None:
    assert not Path(ROOT, ".states").exists()
