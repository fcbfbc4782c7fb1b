"""Modules, assets, icons, static apps and uploads over HTTP."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse
from starlette.routing import Route

from app.cell.loading.version import LoadedVersion, Version
from app.core import audit
from app.kernel.actor import Actor
from app.node.releases.access import Access
from app.node.sessions.keepsakes import MOST_UPLOADS
from app.server.compose import _note_refusal
from app.server.routes.apps import graft_routes
from app.testing import Kit, Toast, kit
from tests.unit.apps.helpers import APPS, COUNTER, newest, set_access

BOARD = "globex/board"
VIEWER = "acme/viewer"
ELSEWHERE_PAGE = "<html><body>"


class Site:
    """A node's routes, asked as some user (header `x-user`), or as nobody."""

    organisation = "Demo"

    def __init__(self, node: Kit, page: str = "front end") -> None:
        self.node = node
        self._page = page
        self.client = httpx.AsyncClient(
            transport=httpx.ASGITransport(app=self._app()), base_url="http://test"
        )

    def _app(self) -> Any:
        inner = self.node._node
        kind = HTMLResponse if "<html" in self._page else PlainTextResponse
        headers = {"etag": "1"}
        host_page = Route("/{path:path}", lambda request: kind(self._page, headers=headers))
        routes = graft_routes(inner.app, inner.engine, self._identify)
        return Starlette(routes=[*routes, host_page])

    async def _identify(self, request: Request) -> Actor | None:
        user = request.headers.get("x-user")
        return await self.node._actor(user, self.organisation) if user else None

    async def get(self, path: str, user: str | None = "Ada", **headers: str) -> httpx.Response:
        who = {"x-user": user} if user else {}
        return await self.client.get(path, headers={**who, **headers})


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    async with kit(APPS) as node:
        made = Site(node)
        yield made
        await made.client.aclose()


async def version_of(site: Site, app_id: str) -> LoadedVersion:
    version = await site.node.version(app_id)
    assert isinstance(version, LoadedVersion)
    return version


async def test_a_module_is_served_by_digest_for_ever(site: Site) -> None:
    page = await site.node.open(COUNTER)
    answer = await site.get(page.message["module"])
    version = await version_of(site, COUNTER)
    assert answer.text == version.module.code
    assert answer.headers["content-type"].startswith("text/javascript")
    assert "immutable" in answer.headers["cache-control"]


async def test_an_older_module_is_still_there_for_a_slow_browser(site: Site) -> None:
    page = await site.node.open(COUNTER)
    address = page.message["module"]
    await site.node.swap(COUNTER, {"labels.py": "def heading():\n    return 'Two'\n"})
    assert page.message["module"] != address
    assert (await site.get(address)).status_code == 200


async def test_nobody_gets_nothing(site: Site) -> None:
    page = await site.node.open(COUNTER)
    board = await version_of(site, BOARD)
    script = "/apps/viewer/js/app.js"
    for path in (page.message["module"], f"{board.asset_base}/style.css"):
        assert (await site.get(path, user=None)).status_code == 404
    # As for an address that no app has.
    unknown = await site.get("/apps/nothing/js/app.js", user=None)
    assert (await site.get(script, user=None)).content == unknown.content
    assert (await site.get("/apps/viewer", user=None)).text == "front end"


async def test_an_unknown_digest_is_not_found(site: Site) -> None:
    await site.node.open(COUNTER)
    assert (await site.get(f"/_graft/modules/{COUNTER}/0123.js")).status_code == 404


async def test_assets_of_this_version_are_kept_for_ever_and_others_are_asked_for_again(
    site: Site,
) -> None:
    board = await version_of(site, BOARD)
    exact = await site.get(f"{board.asset_base}/style.css")
    assert exact.headers["content-type"].startswith("text/css")
    assert "immutable" in exact.headers["cache-control"]
    older = await site.get(f"/_graft/assets/{BOARD}/0123/style.css")
    assert older.headers["cache-control"] == "no-cache"


@pytest.mark.parametrize("name", ["nothing.css", "../entry.py", "%2e%2e/entry.py", "..%2fentry.py"])
async def test_only_assets_are_served(site: Site, name: str) -> None:
    board = await version_of(site, BOARD)
    answer = await site.get(f"{board.asset_base}/{name}")
    assert (answer.status_code, "AppEntry" in answer.text) in {(404, False), (200, False)}
    if answer.status_code == 200:
        assert answer.text == "front end"


async def test_an_icon_in_assets_is_served(site: Site) -> None:
    answer = await site.get(f"/_graft/icons/{VIEWER}")
    assert answer.headers["content-type"] == "image/svg+xml"
    assert (await site.get(f"/_graft/icons/{COUNTER}")).status_code == 404


async def test_addresses_of_dynamic_apps_are_pages_of_the_front_end(site: Site) -> None:
    for path in ("/apps/acme-counter", "/apps/acme-counter/projects/1", "/apps/nothing"):
        assert (await site.get(path)).text == "front end"


# Static apps


async def test_a_static_app_is_served_at_its_route(site: Site) -> None:
    answer = await site.get("/apps/viewer")
    assert '<head><base href="/apps/viewer/"><title>Viewer' in answer.text
    assert answer.headers["cache-control"] == "no-cache"


async def test_every_address_that_is_no_file_is_the_index(site: Site) -> None:
    index = (await site.get("/apps/viewer")).text
    for path in ("/apps/viewer/", "/apps/viewer/floors/3", "/apps/viewer/index.html"):
        assert (await site.get(path)).text == index


async def test_an_address_of_the_apps_own_routing_may_have_a_dot(site: Site) -> None:
    index = (await site.get("/apps/viewer")).text
    html = "text/html,application/xhtml+xml,*/*;q=0.8"
    for path in ("floors/2.5", "users/ann@site.example", "floors/3.html"):
        assert (await site.get(f"/apps/viewer/{path}", accept=html)).text == index


@pytest.mark.parametrize("accept", ["*/*", "image/avif,image/webp,*/*;q=0.8", "text/css,*/*;q=0.1"])
async def test_what_a_page_fetches_is_never_the_index(site: Site, accept: str) -> None:
    answer = await site.get("/apps/viewer/js/missing.js", accept=accept)
    assert (answer.status_code, answer.text) == (404, "Not found")


async def test_a_page_below_the_index_is_itself(site: Site) -> None:
    folder = site.node._apps / VIEWER / "dist/help"
    folder.mkdir()
    (folder / "index.html").write_text("<head></head><p>Help</p>", "utf-8")
    await site.node._node.engine.releases.changed([VIEWER])
    answer = await site.get("/apps/viewer/help/index.html")
    assert answer.text == '<head><base href="/apps/viewer/help/"></head><p>Help</p>'


async def test_files_are_served_and_answered_short_when_they_are_known(site: Site) -> None:
    answer = await site.get("/apps/viewer/js/app.js")
    assert answer.text == "console.log(1)\n"
    again = await site.get("/apps/viewer/js/app.js", **{"if-none-match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize(
    "path", ["missing.js", "../entry.py", "%2e%2e/entry.py", "js/../../entry.py"]
)
async def test_files_outside_the_folder_and_missing_ones_are_not_found(
    site: Site, path: str
) -> None:
    answer = await site.get(f"/apps/viewer/{path}")
    assert "StaticApp" not in answer.text
    assert answer.status_code == 404 or answer.text == "front end"


async def test_exactly_the_apps_own_inline_scripts_are_allowed(site: Site) -> None:
    answer = await site.get("/apps/viewer")
    digest = base64.b64encode(hashlib.sha256(b"window.started = 1").digest()).decode()
    policy = answer.headers["content-security-policy"]
    assert f"script-src 'self' 'sha256-{digest}'" in policy
    assert "unsafe-inline" not in policy.split("script-src")[1].split(";")[0]


async def test_why_a_static_app_cannot_be_loaded_is_told_by_the_front_end(site: Site) -> None:
    entry = site.node._apps / VIEWER / "entry.py"
    entry.write_text(entry.read_text() + "\n1 / 0\n")
    await site.node._node.engine.releases.changed([VIEWER])
    assert (await site.get("/apps/viewer")).text == "front end"
    assert (await site.get("/apps/viewer/js/app.js")).status_code == 404


async def test_what_is_wrong_with_a_static_app_is_said_above_the_version_that_goes_on(
    site: Site,
) -> None:
    visit = {"sec-fetch-dest": "document"}
    before = (await site.get("/apps/viewer", **visit)).text
    entry = site.node._apps / VIEWER / "entry.py"
    text = entry.read_text()
    entry.write_text(text + "\n1 / 0\n")
    await site.node._node.engine.releases.changed([VIEWER])
    shown = (await site.get("/apps/viewer/floors/3", **visit)).text
    assert "The last good version keeps running" in shown
    assert f"{VIEWER}/entry.py:{len(text.splitlines()) + 2}</code>" in shown
    assert "division by zero" in shown
    assert (await site.get("/apps/viewer", **{"sec-fetch-dest": "iframe"})).text == before
    entry.write_text(text)
    await site.node._node.engine.releases.changed([VIEWER])
    assert (await site.get("/apps/viewer", **visit)).text == before


async def test_a_static_app_that_is_switched_off_while_it_loads_is_not_served(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = site.node._node.engine
    load = engine.version_of

    async def slow(app_id: str, number: int | None = None) -> Version:
        version = await load(app_id, number)
        set_access(site.node, VIEWER, Access(enabled=False))
        return version

    assert "Viewer" in (await site.get("/apps/viewer")).text
    monkeypatch.setattr(engine, "version_of", slow)
    assert (await site.get("/apps/viewer")).text == "front end"


# Uploads


async def upload(site: Site, token: str, user: str | None) -> httpx.Response:
    handler = (await newest(site.node, BOARD, "BoardState")).uploaded
    name = f"{handler.state_full_name}.uploaded" if hasattr(handler, "state_full_name") else ""
    version = await version_of(site, BOARD)
    name = name or next(n for n in version.handlers if n.endswith(".uploaded"))
    return await site.client.post(
        "/_upload",
        files=[("files", ("a.txt", b"abc"))],
        headers={
            "reflex-client-token": token,
            "reflex-event-handler": name,
            **({"x-user": user} if user else {}),
        },
    )


async def test_an_upload_to_ones_own_page_is_taken(site: Site) -> None:
    page = await site.node.open(BOARD)
    answer = await upload(site, page._token, "Ada")
    assert answer.status_code == 200
    await site.node.settle()
    state = await page.state(await newest(site.node, BOARD, "BoardState"))
    assert state.files == ["a.txt 3"]


async def test_a_page_sends_only_so_many_uploads_at_once(site: Site) -> None:
    page = await site.node.open(BOARD)
    session: Any = site.node._node.engine.sessions.get(page._token)
    session.uploads = MOST_UPLOADS - 1
    assert (await upload(site, page._token, "Ada")).status_code == 200
    assert session.uploads == MOST_UPLOADS - 1
    session.uploads = MOST_UPLOADS
    assert (await upload(site, page._token, "Ada")).status_code == 429
    assert page.toasts == [
        Toast("error", "Your files were not uploaded. Too many uploads are in progress already.")
    ]
    assert session.uploads == MOST_UPLOADS


@pytest.mark.parametrize("user", ["Bob", None])
async def test_an_upload_to_a_page_of_somebody_else_is_refused(
    site: Site, user: str | None
) -> None:
    page = await site.node.open(BOARD)
    assert (await upload(site, page._token, user)).status_code == 403
    assert (await upload(site, "unknown", "Ada")).status_code == 403
    await site.node.settle()
    assert (await page.state(await newest(site.node, BOARD, "BoardState"))).files == []


async def test_files_that_nothing_takes_are_told_to_the_page_that_sent_them(site: Site) -> None:
    page, other = await site.node.open(BOARD), await site.node.open(BOARD)
    headers = {"reflex-client-token": page._token, "reflex-event-handler": "gone", "x-user": "Ada"}
    answer = await site.client.post("/_upload", content=b"", headers=headers)
    assert answer.status_code == 403
    told = "Your files were not uploaded. Reload the page."
    assert (page.toasts, other.toasts) == ([Toast("error", told)], [])


async def test_what_was_uploaded_is_not_handed_out(site: Site) -> None:
    assert (await site.get("/_upload/a.txt")).status_code == 404


@pytest.fixture
async def elsewhere() -> AsyncIterator[Site]:
    """A node with an app whose pages load from other servers; the front end is a small page."""
    async with kit(APPS, only=COUNTER) as node:
        made = Site(node, ELSEWHERE_PAGE)
        asked = """origins = ("img https://a.example.org", "frame https://b.example.org")"""
        entry = (APPS / COUNTER / "entry.py").read_text()
        await node.swap(
            COUNTER, {"entry.py": entry.replace("    pages =", f"    {asked}\n    pages =")}
        )
        yield made
        await made.client.aclose()


def policy_of(answer: httpx.Response) -> str:
    return answer.headers.get("content-security-policy", "")


async def test_the_document_of_an_app_names_what_it_loads_from_and_was_granted(
    elsewhere: Site,
) -> None:
    document = await elsewhere.get("/apps/acme-counter/any/page", **{"if-none-match": "*"})
    assert "img-src 'self' data: blob: https://a.example.org;" in policy_of(document)
    assert "frame-src 'self' https://b.example.org" in policy_of(document)
    assert document.text == (
        '<html data-graft-origins="[&quot;frame https://b.example.org&quot;,'
        ' &quot;img https://a.example.org&quot;]"><body>'
    )
    assert document.headers["cache-control"] == "no-store"
    assert document.headers["content-length"] == str(len(document.content))
    assert "etag" not in document.headers

    granted = frozenset({"img https://a.example.org", "network"})
    set_access(elsewhere.node, COUNTER, Access(granted=granted))
    document = await elsewhere.get("/apps/acme-counter")
    assert policy_of(document).count("https://") == 1
    assert "b.example.org" not in document.text
    # Granted and not declared is nothing, as for a capability.
    granted = frozenset({"img https://other.example.org"})
    set_access(elsewhere.node, COUNTER, Access(granted=granted))
    assert (await elsewhere.get("/apps/acme-counter")).text == ELSEWHERE_PAGE


async def test_who_may_not_have_an_app_gets_the_page_that_says_so(elsewhere: Site) -> None:
    assert (await elsewhere.get("/apps/acme-counter", user=None)).text == ELSEWHERE_PAGE
    for access in (Access(organisations={"other": None}), Access(enabled=False)):
        set_access(elsewhere.node, COUNTER, access)
        answer = await elsewhere.get("/apps/acme-counter")
        assert (answer.text, policy_of(answer)) == (ELSEWHERE_PAGE, "")


async def test_only_a_page_is_changed(elsewhere: Site) -> None:
    answer = await elsewhere.client.post("/apps/acme-counter", headers={"x-user": "Ada"})
    assert answer.status_code == 405
    head = await elsewhere.client.head("/apps/acme-counter", headers={"x-user": "Ada"})
    assert "https://a.example.org" in policy_of(head)


async def test_files_that_are_too_many_at_once_are_in_the_audit_log(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    core, engine = site.node.core, site.node._node.engine
    monkeypatch.setattr(engine.admission, "_note", _note_refusal(core))
    page = await site.node.open(BOARD)
    session: Any = engine.sessions.get(page._token)
    assert (await upload(site, page._token, "Ada")).status_code == 200
    session.uploads = MOST_UPLOADS
    assert (await upload(site, page._token, "Ada")).status_code == 429
    wanted = audit.Filter(action="app.file_upload", outcome=audit.Outcome.REFUSED)
    (entry,) = (await audit.query(core, wanted)).entries
    assert (entry.actor_name, entry.target) == ("Ada", "too many at once")
