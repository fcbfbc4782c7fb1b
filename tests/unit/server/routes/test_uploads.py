"""Files that apps keep as uploads, over HTTP."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from app.node.releases.access import Access
from app.testing import kit
from tests.unit.apps.helpers import APPS, COUNTER, set_access
from tests.unit.server.routes.test_apps import Site

BASE = f"/_graft/uploads/{COUNTER}"


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    async with kit(APPS, only=COUNTER) as node:
        made = Site(node)
        yield made
        await made.client.aclose()


@pytest.fixture
async def uploads(site: Site) -> Path:
    """The uploads of the counter for Ada's organisation."""
    home = (await site.node._actor("Ada", "Demo")).organisation.id
    folder = site.node.core.folders.make(COUNTER, home) / "uploads"
    folder.mkdir()
    return folder


async def test_a_file_is_handed_out_as_what_it_is_and_asked_for_again(
    site: Site, uploads: Path
) -> None:
    (uploads / "dot 1.png").write_bytes(b"picture")
    answer = await site.get(f"{BASE}/dot%201.png")
    assert (answer.content, answer.headers["content-type"]) == (b"picture", "image/png")
    assert answer.headers["cache-control"] == "private, no-cache"
    assert answer.headers["content-disposition"].startswith("inline")
    again = await site.get(f"{BASE}/dot%201.png", **{"if-none-match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    part = await site.get(f"{BASE}/dot%201.png", range="bytes=0-2")
    assert (part.status_code, part.content) == (206, b"pic")


async def test_a_text_is_a_download_and_a_pdf_is_shown(site: Site, uploads: Path) -> None:
    for name, how in (("list.txt", "attachment"), ("list.csv", "attachment"), ("a.pdf", "inline")):
        (uploads / name).write_bytes(b"text")
        answer = await site.get(f"{BASE}/{name}")
        assert answer.headers["content-disposition"].startswith(how)


@pytest.mark.parametrize("name", ["page.html", "drawing.svg", "feed.xml", "app.xhtml", "unknown"])
async def test_what_may_hold_scripts_is_a_download_in_a_sandbox(
    site: Site, uploads: Path, name: str
) -> None:
    (uploads / name).write_bytes(b"<script></script>")
    answer = await site.get(f"{BASE}/{name}")
    assert answer.headers["content-disposition"].startswith("attachment")
    assert answer.headers["x-content-type-options"] == "nosniff"
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert policy.endswith("sandbox")


async def test_it_is_for_those_alone_who_may_use_the_app_in_that_organisation(
    site: Site, uploads: Path
) -> None:
    (uploads / "plan.txt").write_text("secret")
    address = f"{BASE}/plan.txt"
    assert (await site.get(address)).status_code == 200
    assert (await site.get(address, user=None)).status_code == 404
    site.organisation = "Globex"
    assert (await site.get(address, user="Bob")).status_code == 404
    site.organisation = "Demo"
    set_access(site.node, COUNTER, Access(organisations={}))
    assert (await site.get(address)).status_code == 404


async def test_no_path_and_no_link_leads_out(site: Site, uploads: Path, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    (uploads.parent / "private.txt").write_text("not an upload")
    (uploads / "link").symlink_to(tmp_path / "secret")
    (uploads / "folder").symlink_to(tmp_path)
    (uploads / "inner").mkdir()
    os.mkfifo(uploads / "pipe")
    for name in (
        *("link", "folder/secret", "inner", "pipe", "", "nothing", "%2e%2e/private.txt"),
        *("..%2fprivate.txt", "inner/..%2f..%2fprivate.txt", f"%2f{tmp_path}/secret", "a%00b"),
    ):
        assert (await site.get(f"{BASE}/{name}")).status_code == 404, name
