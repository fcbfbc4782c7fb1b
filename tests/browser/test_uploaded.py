"""Files that an app keeps, with Reflex's own functions: who is shown them, and how."""

from __future__ import annotations

import base64
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.support.folders import AppFolder, copy_app
from tests.browser.support.pages import at, click, until
from tests.browser.support.production import Production, confirm, package
from tests.browser.support.server import Server
from tests.browser.support.watch import Visitor

PICTURE = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAIAAAD91JpzAAAAFElEQVR4nGP8z8DAwMDAxMDAwMDAAAANHQEDasKb6QAAAABJRU5ErkJggg=="
)
NAME = "my dot #1 50%.png"
SCRIPT = b"<script>document.title = 'taken over'</script>"
ALBUM = pytest.mark.own_copy("acme/album")


def upload(page: Page, name: str, content: bytes) -> None:
    """Choose a file, and send it."""
    page.locator("#pictures input[type=file]").set_input_files(
        {"name": name, "mimeType": "application/octet-stream", "buffer": content}
    )
    click(page, "upload")


def is_shown(page: Page, name: str) -> None:
    """Wait until a picture is on the screen, with its pixels."""
    picture = page.get_by_alt_text(name)
    expect(picture).to_be_visible()
    until(page, "(image) => image.complete && image.naturalWidth > 0", picture.element_handle())


@ALBUM
def test_what_is_uploaded_is_shown_and_still_there_after_the_next_version(
    visitor: Visitor, own: AppFolder
) -> None:
    page = visitor.open(own.url)
    upload(page, NAME, PICTURE)
    is_shown(page, NAME)
    own.edit('"look", id', '"look again", id')
    expect(at(page, "look")).to_have_text("look again")
    page = visitor.open(own.url)
    click(page, "look")
    is_shown(page, NAME)


@ALBUM
def test_nothing_that_is_uploaded_runs_on_our_pages_and_no_link_leads_out(
    server: Server, visitor: Visitor, own: AppFolder
) -> None:
    page = visitor.open(own.url)
    upload(page, "page.html", SCRIPT)
    expect(page.locator(".picture")).to_have_count(1)
    base = f"{server.address}/_graft/uploads/{own.id}"
    answer = page.request.get(f"{base}/page.html")
    assert answer.status == 200
    assert answer.headers["content-disposition"].startswith("attachment")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in answer.headers["content-security-policy"]
    visitor.expects(r"404")
    click(page, "lead-out")
    expect(page.get_by_alt_text("out")).to_be_attached()
    for path in ("out", "out/passwd", "../../shared", "..%2f..%2fx", "%2fetc/passwd", ""):
        assert page.request.get(f"{base}/{path}").status == 404, path


def test_only_those_who_may_use_the_app_are_shown_what_is_uploaded(
    production: Production, person: Callable[..., Visitor], tmp_path: Path
) -> None:
    made = copy_app("acme/album", tmp_path / "source", "acme/shown")
    ben = person("Ben")
    production.install(ben.context, package(made, "album"))
    page = ben.open("/apps/acme-shown")
    upload(page, "dot.png", PICTURE)
    is_shown(page, "dot.png")
    address = "/_graft/uploads/acme/shown/dot.png"
    assert person("Cyd").context.request.get(production.address + address).status == 200
    assert person().context.request.get(production.address + address).status in (401, 404)


def test_who_looks_after_an_app_sees_what_it_keeps_and_says_how_much_it_may(
    production: Production, person: Callable[..., Visitor], tmp_path: Path
) -> None:
    made = copy_app("acme/album", tmp_path / "source", "acme/limited")
    ben = person("Ben")
    production.install(ben.context, package(made, "album"))
    album = ben.open("/apps/acme-limited")
    upload(album, "large.bin", b"x" * 2**20)
    expect(album.locator(".picture")).to_have_count(1)

    page = ben.open("/admin/apps/acme/limited")
    page.get_by_role("tab", name="Use").click()
    kept = page.get_by_role("region", name="Files that it keeps").get_by_role("row")
    expect(kept.nth(1)).to_contain_text("Acme1 MB0%1")
    page.get_by_label("Megabytes in each folder").fill("1")
    page.get_by_role("button", name="Change the limit").click()
    confirm(page, "where it is more already, the app cannot write")
    expect(at(page, "quota")).to_have_text("In its folders on this node. Each may hold 1 MB.")
    expect(kept.nth(1)).to_contain_text("Acme1 MB100% full1")

    # Reflex ends the answer to an upload whose event fails.
    ben.expects(r"_upload")
    upload(album, "more.bin", b"x")
    expect(album.get_by_text("Album has no more room for its files.")).to_be_visible()
    expect(album.locator(".picture")).to_have_count(1)
