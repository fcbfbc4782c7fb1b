"""Admin pages of a server that has a lot: 500 users, 1,000 apps, 10,000 audit entries."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.support import crowd
from tests.browser.support.pages import until
from tests.browser.support.production import Production
from tests.browser.support.watch import Visitor
from tests.support.servers import Forge

LARGEST = 60_000  # characters of one message of the server


@pytest.fixture(scope="module")
def crowded(forge: Forge, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Production]:
    """A production server with a lot of everything."""
    folder = tmp_path_factory.mktemp("crowded")
    (folder / "data").mkdir()
    crowd.fill(folder / "data", users=500, installed=1000, entries=10_000)
    running = Production(folder, forge=forge)
    yield running
    running.stop()


@pytest.fixture
def ada(crowded: Production, person: Callable[..., Visitor]) -> Visitor:
    """The operator."""
    visitor = person(address=crowded.address)
    crowded.sign_in(visitor.context, "Ada")
    return visitor


def opened(ada: Visitor, path: str) -> tuple[Page, list[int]]:
    """Open a page; return it and a list that grows by the size of each message it gets."""
    page, sizes = ada.context.new_page(), []
    page.on(
        "websocket",
        lambda socket: socket.on("framereceived", lambda text: sizes.append(len(text))),
    )
    ada.open(path, page)
    return page, sizes


def test_a_thousand_apps(ada: Visitor) -> None:
    page, sizes = opened(ada, "/admin/apps")
    apps = page.get_by_role("list", name="Installed apps").get_by_role("listitem")
    expect(apps).to_have_count(50)
    page.get_by_role("button", name="Show more").click()
    expect(apps).to_have_count(100)
    page.get_by_label("Search installed apps").fill("floor app_0104")
    expect(apps).to_have_count(1)
    page.get_by_label("Search installed apps").fill("")
    page.get_by_label("Which apps").select_option("Switched off")
    expect(page.get_by_text("20 of 980 apps match.")).to_be_visible()
    expect(apps).to_have_count(20)
    assert max(sizes) < LARGEST


def test_five_hundred_users(ada: Visitor) -> None:
    page, sizes = opened(ada, "/admin/users")
    rows = page.get_by_role("region", name="Members").locator("[data-user]")
    expect(rows).to_have_count(50)
    expect(page.get_by_text("501 members of Acme; 50 are shown.")).to_be_visible()
    page.get_by_label("Search members").fill("user499@")
    expect(rows).to_have_count(1)
    page.get_by_role("button", name="Another organisation").click()
    page.get_by_label("Search organisations").fill("19")
    page.get_by_role("button", name="Client 19").click()
    expect(page.get_by_text("0 members of Client 19.")).to_be_visible()
    assert max(sizes) < LARGEST


def test_ten_thousand_entries(ada: Visitor) -> None:
    page, sizes = opened(ada, "/admin/audit")
    rows = page.get_by_role("region", name="Audit log").get_by_role("row")
    expect(rows).to_have_count(51)
    page.get_by_role("button", name="Older").click()
    expect(page.get_by_role("button", name="Newest")).to_be_visible()
    page.get_by_label("What", exact=True).fill("role.*")
    page.get_by_label("Outcome").select_option("refused")
    page.get_by_role("button", name="Show").click()
    expect(rows.nth(1)).to_contain_text("role.grant")
    expect(rows.nth(1)).to_contain_text("refused")
    with page.expect_download() as download:
        page.get_by_role("link", name="Export as CSV").click()
    lines = download.value.path().read_text("utf-8").splitlines()
    assert len(lines) == 1 + sum(n % 4 == 3 and n % 13 == 0 for n in range(10_000))
    assert max(sizes) < LARGEST


@pytest.mark.parametrize(
    ("path", "complete"),
    [
        ("apps", "Floor viewer 0010"),
        ("apps/client_01/app_0021", "Uploaded by Ada"),
        ("users", "user0@example.org"),
        ("nodes", "Apps that fail"),
        ("audit", "Export as CSV"),
    ],
)
def test_pages_with_a_lot_fit_a_narrow_screen(ada: Visitor, path: str, complete: str) -> None:
    page, _ = opened(ada, f"/admin/{path}")
    page.set_viewport_size({"width": 380, "height": 700})
    expect(page.get_by_text(complete).first).to_be_visible()
    until(page, "document.documentElement.scrollWidth <= window.innerWidth")


def narrow(ada: Visitor, path: str) -> Page:
    """Open a page on a telephone."""
    page, _ = opened(ada, path)
    page.set_viewport_size({"width": 380, "height": 700})
    return page


def test_a_table_that_is_too_wide_shows_it_and_is_scrolled_by_keyboard(ada: Visitor) -> None:
    page = narrow(ada, "/admin/apps/client_00/app_0000")
    page.get_by_role("tab", name="Access").click()
    table = page.get_by_role("region", name="Capabilities")
    # A shadow stays at the edge while a cover that hides it moves on with the table.
    attached = "(table) => getComputedStyle(table).backgroundAttachment"
    assert {"local", "scroll"} <= set(str(table.evaluate(attached)).split(", "))
    table.focus()
    page.keyboard.press("ArrowRight")
    until(page, "(table) => table.scrollLeft > 0", table.element_handle())
    until(page, "document.documentElement.scrollWidth <= window.innerWidth")


def test_the_warning_of_unsigned_packages_leaves_room_on_a_narrow_screen(ada: Visitor) -> None:
    page = narrow(ada, "/admin/apps")
    warning = page.get_by_role("alert")
    expect(warning).to_contain_text("accepts unsigned packages")
    box = warning.bounding_box()
    assert box is not None
    assert box["height"] < 90
    # The places above it are in one line.
    places = page.get_by_role("navigation", name="Administration").get_by_role("link")
    expect(places).to_have_count(4)
    tops = {
        round(place.evaluate("(link) => link.getBoundingClientRect().top"))
        for place in places.all()
    }
    assert len(tops) == 1


def test_all_tabs_of_an_app_are_seen_on_a_narrow_screen(ada: Visitor) -> None:
    page, _ = opened(ada, "/admin/apps/client_01/app_0021")
    page.set_viewport_size({"width": 380, "height": 700})
    for name in ("Versions", "Access", "Settings", "Use", "Log", "History"):
        expect(page.get_by_role("tab", name=name, exact=True)).to_be_in_viewport(ratio=1)
