"""A preview says that it is one, and leads back to the version that everybody gets."""

from __future__ import annotations

from app.browser.component import HostState
from tests.unit.platform.conftest import Server, heading

COUNTER = "acme/counter"
URL = "/apps/acme-counter"


async def _two_versions(server: Server) -> int:
    await server.deploy(COUNTER)
    return (await server.upload(COUNTER, heading("Two"))).version.number


async def test_a_preview_says_which_version_it_is_and_what_is_served_does_not(
    server: Server,
) -> None:
    number = await _two_versions(server)
    started = await server.platform.start_preview(server.operator, COUNTER, number)
    page, other = await server.open(f"{URL}?preview={started.token}"), await server.open(URL)
    preview = page.message["preview"]
    assert (preview["number"], preview["version"]) == (number, "1.0.0")
    assert "preview" not in other.message


async def test_who_leaves_a_preview_gets_what_everybody_gets_until_they_open_the_link_again(
    server: Server,
) -> None:
    number = await _two_versions(server)
    ada = (await server.open(URL)).actor
    started = await server.platform.start_preview(
        server.operator, COUNTER, number, users=[ada.user.id]
    )
    await server.settle()
    page = await server.open(URL)
    assert page.message["preview"]["leave"].endswith(".leave_preview")
    await page.send(HostState.leave_preview, COUNTER)
    assert (page.message["number"], "preview" in page.message) == (1, False)
    await page.goto(URL)
    assert page.message["number"] == 1
    await page.goto(f"{URL}?preview={started.token}")
    assert page.message["number"] == number


async def test_there_is_no_way_back_from_the_preview_of_an_app_that_nobody_else_gets(
    server: Server,
) -> None:
    number = (await server.upload(COUNTER)).version.number
    started = await server.platform.start_preview(server.operator, COUNTER, number)
    page = await server.open(f"{URL}?preview={started.token}")
    assert page.message["preview"]["leave"] == ""
    await page.send(HostState.leave_preview, COUNTER)
    assert page.message["number"] == number
