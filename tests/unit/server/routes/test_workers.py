"""Scripts of service workers."""

from __future__ import annotations

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient

from app.server.routes.workers import Workers, guarded

ASKING = {"service-worker": "script"}


def answering(status: int, kind: str) -> TestClient:
    async def answer(request: Request) -> Response:
        if status == 303:
            return RedirectResponse("/login", 303)
        return Response("their own", status, media_type=kind)

    routes = [Route("/{path:path}", answer)]
    return TestClient(Workers(Starlette(routes=routes)), follow_redirects=False)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (200, "text/html"),
        (303, ""),
        (401, "text/plain"),
        (404, "text/plain"),
        (404, "text/javascript"),
    ],
)
def test_in_place_of_a_worker_that_is_not_there_goes_one_that_ends_itself(
    status: int, kind: str
) -> None:
    client = answering(status, kind)
    answer = client.get("/apps/acme-site/worker.js", headers=ASKING)
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
    assert answer.headers["content-type"].startswith("text/javascript")
    assert "registration.unregister()" in answer.text
    assert client.get("/apps/acme-site/worker.js").status_code == status


def test_a_worker_that_is_there_is_handed_out_and_never_reaches_further() -> None:
    answer = answering(200, "text/javascript").get("/apps/acme-site/worker.js", headers=ASKING)
    assert answer.text == "their own"
    assert "service-worker-allowed" not in answer.headers


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/admin/x.js",
        "/_graft/assets/a/b/c/x.js",
        "/_graft/uploads/a/b/x.js",
        "/files/1/x.js",
        "/apps",
    ],
)
def test_nothing_else_has_workers(path: str) -> None:
    client = answering(200, "text/javascript")
    assert client.get(path, headers=ASKING).status_code == 403
    assert client.get(path).status_code == 200


def test_the_guard_runs_before_the_script() -> None:
    before, _, after = bytes(guarded(b"self.onfetch = answer;").body).partition(b"self.onfetch")
    assert b"stopImmediatePropagation" in before
    assert after == b" = answer;"
