"""Packages on their way in: a slow network, an upload that is cut off, several at once."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from time import monotonic, sleep

import pytest
from playwright.sync_api import Page, expect

from tests.browser.support.folders import AppFolder, copy_app
from tests.browser.support.line import Line
from tests.browser.support.network import Network
from tests.browser.support.pages import at, until
from tests.browser.support.production import Production, drop, package
from tests.browser.support.watch import Visitor
from tests.support.servers import PATIENCE

BYTES = 400_000
SLOW = 12_000  # bytes a second: half a minute, which a busy machine does not miss


@pytest.fixture
def app(tmp_path: Path, request: pytest.FixtureRequest) -> AppFolder:
    """The source of an app that takes a while to send: it holds what cannot be compressed."""
    name = request.node.name.removeprefix("test_")[:40].strip("_")
    made = copy_app("acme/desk", tmp_path / "source", f"acme/{name}")
    (made.path / "assets" / "noise.bin").write_bytes(random.Random(name).randbytes(BYTES))
    return made


def send_slowly(page: Page, file: Path) -> Network:
    """Drop a package, and wait until a part of it, and not all of it, is sent."""
    expect(page.get_by_role("button", name="choose a file")).to_be_visible()
    network = Network(page)
    network.sends(SLOW)
    drop(page, file, onto=at(page, "package"))
    sending(page)
    return network


def sending(page: Page) -> None:
    """Wait until the page shows that a part of a package is sent."""
    bar = page.get_by_role("progressbar", name="Upload of the package")
    expect(bar).to_be_visible()
    until(page, "(bar) => bar.ariaValueNow > 0 && bar.ariaValueNow < 100", bar.element_handle())
    expect(page.get_by_text("Receive …")).to_be_visible()


def a_part_is_there(production: Production) -> bool:
    """Tell whether the server has a part of a package."""
    return any(path.is_file() for path in (production.data / "intake").rglob("*"))


def nothing_is_left(production: Production) -> bool:
    """Tell whether no part of a package is anywhere."""
    return not a_part_is_there(production)


def comes_true(condition: Callable[[Production], bool], production: Production) -> None:
    """Wait for something on the server's disk, which no page shows."""
    end = monotonic() + PATIENCE
    while not condition(production):
        assert monotonic() < end, condition.__name__
        sleep(0.02)


def test_an_upload_over_a_slow_network_shows_how_far_it_is_and_can_be_cancelled(
    production: Production, person: Callable[..., Visitor], app: AppFolder
) -> None:
    page = person("Ben").open("/admin/apps")
    file = package(app, "noise")
    network = send_slowly(page, file)

    # A second one that is dropped meanwhile takes nothing away, and does not leave the page.
    drop(page, file, onto=page.get_by_role("main"))
    sending(page)
    page.get_by_role("button", name="Cancel").click()
    outcome = at(page, "refused")
    expect(outcome.get_by_role("heading")).to_have_text("noise.tar.gz did not arrive")
    expect(outcome).to_contain_text("Nothing was kept.")
    assert nothing_is_left(production)

    # Again, to the end.
    network.sends(-1)
    drop(page, file, onto=at(page, "package"))
    expect(at(page, "accepted")).to_contain_text("Version 1 of Desk passed every check.")
    assert nothing_is_left(production)


def test_an_upload_is_cut_off_when_the_connection_breaks_or_the_page_is_left(
    production: Production,
    production_line: Line,
    person: Callable[..., Visitor],
    app: AppFolder,
) -> None:
    ben = person("Ben", address=production_line.address)
    ben.expects(r"WebSocket connection|Failed to load resource|request failed: .*/_upload")
    page = ben.open("/admin/apps")
    file = package(app, "noise")
    network = send_slowly(page, file)
    comes_true(a_part_is_there, production)
    production_line.cut()
    expect(page.get_by_text("No connection to the server")).to_be_visible()
    production_line.mend()
    expect(at(page, "refused").get_by_role("heading")).to_have_text("noise.tar.gz did not arrive")
    expect(page.get_by_text("No connection to the server")).to_have_count(0)
    comes_true(nothing_is_left, production)

    other = ben.open("/admin/apps")
    send_slowly(other, file)
    comes_true(a_part_is_there, production)
    other.goto("about:blank")
    comes_true(nothing_is_left, production)

    # Neither came to its end. The line is fast again only now that no rest of them can arrive.
    page = ben.open("/admin/apps", page)
    expect(page.get_by_role("button", name="choose a file")).to_be_visible()
    expect(page.locator(f"[data-app='{app.id}']")).to_have_count(0)
    network.sends(-1)
    drop(page, file, onto=at(page, "package"))
    expect(at(page, "accepted")).to_contain_text("Version 1 of Desk passed every check.")
    assert nothing_is_left(production)


def test_two_admins_upload_at_once(
    production: Production, person: Callable[..., Visitor], app: AppFolder
) -> None:
    # Two who may both see it, whoever of them is the first.
    pages = [person(name).open("/admin/apps") for name in ("Ada", "Eve")]
    files = [package(app, "first")]
    app.edit("Desk one", "Desk two")
    files.append(package(app, "second"))
    networks = [send_slowly(page, file) for page, file in zip(pages, files, strict=True)]
    for network in networks:
        network.sends(-1)
    outcomes = []
    for page in pages:
        expect(at(page, "accepted")).to_contain_text("of Desk passed every check.")
        outcomes.append(at(page, "accepted").get_by_role("heading").inner_text()[:9])
    assert sorted(outcomes) == ["Version 1", "Version 2"]
    for page in pages:
        page.locator(f"[data-app='{app.id}']").get_by_role("link").click()
        expect(page.get_by_role("list", name="Versions").get_by_role("listitem")).to_have_count(2)
