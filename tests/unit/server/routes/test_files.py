"""Downloading stored files."""

from __future__ import annotations

import httpx
import pytest

from app.core import accounts, files
from app.core.files import FileInfo
from app.kernel.actor import acting_as
from app.server.identity.cookies import SESSION_COOKIE
from app.server.routes.files import disposition
from tests.unit.server.site import Site


async def stored(
    site: Site, browser: httpx.AsyncClient, name: str, content: bytes = b"0123456789"
) -> FileInfo:
    found = await accounts.identity_of_login(site.core, browser.cookies[SESSION_COOKIE])
    assert found is not None
    with acting_as(found.actor):
        return await files.save(name, content)


async def test_members_of_the_organisation_get_the_file(site: Site) -> None:
    ada = await site.set_up()
    file = await stored(site, ada, "plan é.txt")
    answer = await ada.get(file.url)
    assert answer.content == b"0123456789"
    assert answer.headers["content-type"].startswith("text/plain")
    assert answer.headers["content-disposition"] == "inline; filename*=UTF-8''plan%20%C3%A9.txt"
    assert answer.headers["cache-control"] == "private, no-cache"
    assert answer.headers["x-content-type-options"] == "nosniff"


async def test_everybody_else_gets_nothing(site: Site) -> None:
    ada = await site.set_up()
    file = await stored(site, ada, "plan.txt")
    async with site.browser() as stranger:
        assert (await stranger.get(file.url)).status_code == 401
    globex = await accounts.create_organisation(site.core, "Globex")
    link = await accounts.invite(site.core, None, globex.id, "admin")
    grace = site.browser()
    secret = "compilers are fine"
    person = {"name": "G", "email": "g@example.com", "password": secret, "password_again": secret}
    await grace.post(f"/invite/{link.secret}", data=person)
    missing = await grace.get("/files/nothing/plan.txt")
    refused = await grace.get(file.url)
    assert (refused.status_code, refused.text) == (missing.status_code, missing.text)
    assert refused.status_code == 404


async def test_what_a_browser_has_is_not_sent_again(site: Site) -> None:
    ada = await site.set_up()
    file = await stored(site, ada, "plan.txt")
    etag = (await ada.get(file.url)).headers["etag"]
    again = await ada.get(file.url, headers={"if-none-match": etag})
    assert (again.status_code, again.content) == (304, b"")


async def test_a_part_of_a_file_is_sent_on_request(site: Site) -> None:
    ada = await site.set_up()
    file = await stored(site, ada, "film.mp4")
    answer = await ada.get(file.url, headers={"range": "bytes=2-4"})
    assert (answer.status_code, answer.content) == (206, b"234")


@pytest.mark.parametrize("name", ["page.html", "drawing.svg", "data.xml", "page.xhtml", "a.exe"])
async def test_what_may_hold_scripts_is_downloaded_and_never_shown(site: Site, name: str) -> None:
    ada = await site.set_up()
    file = await stored(site, ada, name, b"<script>alert(1)</script>")
    answer = await ada.get(file.url)
    assert answer.headers["content-disposition"].startswith("attachment;")
    assert "default-src 'none'" in answer.headers["content-security-policy"]


@pytest.mark.parametrize(
    ("kind", "shown"),
    [
        ("image/png", "inline"),
        ("application/pdf", "inline"),
        ("text/plain; charset=utf-8", "inline"),
        ("IMAGE/SVG+XML", "attachment"),
        ("text/html", "attachment"),
        ("application/octet-stream", "attachment"),
    ],
)
def test_only_harmless_kinds_are_shown(kind: str, shown: str) -> None:
    assert disposition("x", kind).startswith(shown)


def test_a_name_cannot_break_out_of_the_header() -> None:
    assert disposition('a"\r\nx: y', "text/plain").count("\n") == 0
