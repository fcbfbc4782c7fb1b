"""What a production node serves of installed apps over HTTP: assets, icons, static apps."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from app.kernel.actor import Actor
from app.platform.operations.lifecycle import Disable, Enable
from app.platform.operations.serving import EndPreview
from app.server.routes.apps import graft_routes
from tests.unit.apps.helpers import COUNTER
from tests.unit.platform.conftest import APPS, Server

BOARD = "globex/board"
VIEWER = "acme/viewer"
FRONT_END = "front end"


def files_of(server: Server, who: Actor) -> httpx.AsyncClient:
    """Return the browser of somebody, with its cookies."""

    async def identify(request: Request) -> Actor:
        return who

    host_page = Route("/{path:path}", lambda request: PlainTextResponse(FRONT_END))
    routes = graft_routes(server.node.app, server.node.engine, identify)
    transport = httpx.ASGITransport(app=Starlette(routes=[*routes, host_page]))
    return httpx.AsyncClient(transport=transport, base_url="http://test")


@pytest.fixture
async def browser(server: Server) -> AsyncIterator[httpx.AsyncClient]:
    """The browser of somebody who uses apps."""
    await server.open("/", user="Ada")
    async with files_of(server, server.people["Ada"]) as client:
        yield client


async def test_whoever_previews_a_version_gets_its_own_assets(
    server: Server, browser: httpx.AsyncClient
) -> None:
    entry = (APPS / BOARD / "entry.py").read_text("utf-8")
    declared = 'capabilities = ("broadcast", "documents:write")\n    stylesheets ='
    await server.deploy(BOARD, {"entry.py": entry.replace("stylesheets =", declared)})
    page = await server.open("/apps/board", user="Ada")
    [served] = page.message["stylesheets"]
    second = await server.upload(BOARD, {"assets/style.css": "/* second */"})
    started = await server.platform.start_preview(
        server.operator, BOARD, second.version.number, users=[server.people["Ada"].user.id]
    )
    await server.settle()
    [previewed] = page.message["stylesheets"]
    assert previewed != served
    first_answer, second_answer = await browser.get(served), await browser.get(previewed)
    assert second_answer.text == "/* second */" != first_answer.text
    for answer in (first_answer, second_answer):
        assert "immutable" in answer.headers["cache-control"]
    await server.platform.do(server.operator, BOARD, EndPreview(preview_id=started.preview.id))


async def test_the_icon_of_an_installed_app_is_that_of_the_version_served(
    server: Server, browser: httpx.AsyncClient
) -> None:
    await server.deploy(VIEWER, {"assets/logo.svg": "<svg><!-- one --></svg>"})
    assert "one" in (await browser.get(f"/_graft/icons/{VIEWER}")).text
    await server.deploy(VIEWER, {"assets/logo.svg": "<svg><!-- two --></svg>"})
    assert "two" in (await browser.get(f"/_graft/icons/{VIEWER}")).text


async def test_an_app_is_nowhere_before_its_first_promotion(
    server: Server, browser: httpx.AsyncClient
) -> None:
    await server.upload(VIEWER)
    await server.upload(COUNTER)
    ada = server.people["Ada"]
    assert server.node.engine.catalog.visible_to(ada) == []
    assert (await browser.get("/apps/viewer")).text == FRONT_END
    page = await server.open("/apps/acme-counter", user="Ada")
    assert page.message["kind"] == "not-found"

    await server.platform.start_preview(server.operator, COUNTER, 1, users=[ada.user.id])
    await server.settle()
    assert [record.id for record in server.node.engine.catalog.visible_to(ada)] == [COUNTER]
    await page.goto("/apps/acme-counter")
    assert page.message["type"] == "show"


async def test_the_link_of_a_preview_leads_to_all_files_of_a_static_app(server: Server) -> None:
    one, two = "console.log('one')", "console.log('two')"
    await server.deploy(VIEWER, {"dist/js/app.js": one})
    second = await server.upload(VIEWER, {"dist/js/app.js": two})
    started = await server.platform.start_preview(server.operator, VIEWER, second.version.number)
    await server.settle()
    await server.open("/", user="Ada")
    ada = server.people["Ada"]
    async with files_of(server, ada) as previewing, files_of(server, ada) as other:
        await previewing.get(f"/apps/viewer?preview={started.token}")
        await other.get("/apps/viewer?preview=guessed")
        script = "/apps/viewer/js/app.js"
        assert (await previewing.get(script)).text == two
        assert (await other.get(script)).text == one
        await server.platform.do(server.operator, VIEWER, EndPreview(preview_id=started.preview.id))
        await server.settle()
        assert (await previewing.get(script)).text == one


async def test_a_static_app_that_is_off_is_told_by_the_front_end(
    server: Server, browser: httpx.AsyncClient
) -> None:
    await server.deploy(VIEWER)
    shown, script = [await browser.get(f"/apps/viewer{path}") for path in ("", "/js/app.js")]
    assert "Viewer" in shown.text
    # A browser asks each time, also for what it has, so it learns of what happens next.
    assert {shown.headers["cache-control"], script.headers["cache-control"]} == {"no-cache"}
    kept = {"if-none-match": script.headers["etag"]}
    assert (await browser.get("/apps/viewer/js/app.js", headers=kept)).status_code == 304
    await server.platform.do(server.operator, VIEWER, Disable())
    await server.settle()
    assert (await browser.get("/apps/viewer")).text == FRONT_END
    assert (await browser.get("/apps/viewer/js/app.js", headers=kept)).status_code == 404
    page: Any = await server.open("/apps/viewer", user="Ada")
    assert page.message["kind"] == "disabled"
    await server.platform.do(server.operator, VIEWER, Enable())
    await server.settle()
    assert page.message == {"type": "leave", "href": "/apps/viewer"}


VISIT = {"sec-fetch-dest": "document", "accept": "text/html"}


async def test_a_preview_of_a_static_app_says_so_above_it_and_leads_back(server: Server) -> None:
    await server.deploy(VIEWER)
    second = await server.upload(VIEWER, {"dist/js/app.js": "console.log('two')"})
    started = await server.platform.start_preview(server.operator, VIEWER, second.version.number)
    await server.settle()
    await server.open("/", user="Ada")
    async with files_of(server, server.people["Ada"]) as ada:
        current = (await ada.get("/apps/viewer", headers=VISIT)).text
        shown = await ada.get(f"/apps/viewer/floors/3?x=1&preview={started.token}", headers=VISIT)
        assert "Preview" in shown.text
        assert f"</span> {second.version.number}" in shown.text
        assert '<iframe src="/apps/viewer/floors/3?x=1"' in shown.text
        assert shown.headers["cache-control"] == "no-store"
        assert "frame-ancestors 'none'" in shown.headers["content-security-policy"]
        # The app itself, in the frame, is as its author wrote it.
        inside = await ada.get("/apps/viewer", headers={**VISIT, "sec-fetch-dest": "iframe"})
        assert inside.text == current
        assert "two" in (await ada.get("/apps/viewer/js/app.js")).text
        left = await ada.post(f"/_graft/previews/leave/{VIEWER}")
        assert (left.status_code, left.headers["location"]) == (303, "/apps/viewer")
        assert (await ada.get("/apps/viewer", headers=VISIT)).text == current
        assert "two" not in (await ada.get("/apps/viewer/js/app.js")).text


async def test_whoever_previews_a_static_app_without_a_link_can_leave_it(server: Server) -> None:
    await server.deploy(VIEWER)
    second = await server.upload(VIEWER, {"dist/js/app.js": "console.log('two')"})
    await server.open("/", user="Ada")
    ada = server.people["Ada"]
    await server.platform.start_preview(
        server.operator, VIEWER, second.version.number, users=[ada.user.id]
    )
    await server.settle()
    async with files_of(server, ada) as client:
        assert "Leave" in (await client.get("/apps/viewer", headers=VISIT)).text
        await client.post(f"/_graft/previews/leave/{VIEWER}")
        assert "Leave" not in (await client.get("/apps/viewer", headers=VISIT)).text
        assert "two" not in (await client.get("/apps/viewer/js/app.js")).text


async def test_nothing_leads_back_to_a_version_that_is_not_there(server: Server) -> None:
    first = await server.upload(VIEWER)
    started = await server.platform.start_preview(server.operator, VIEWER, first.version.number)
    await server.settle()
    await server.open("/", user="Ada")
    async with files_of(server, server.people["Ada"]) as ada:
        shown = await ada.get(f"/apps/viewer?preview={started.token}", headers=VISIT)
        assert "Preview" in shown.text
        assert "Leave" not in shown.text
        assert (await ada.post(f"/_graft/previews/leave/{VIEWER}")).status_code == 404
