"""Globex / Live editor: people write one site report at the same time, in browsers of their own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.support.folders import AppFolder
from tests.browser.support.line import Line
from tests.browser.support.server import Server
from tests.browser.support.watch import Visitor

EDITOR = "globex/live_editor"
# From now on no pause in typing ends by itself; the last one does when the test says so.
HOLD_PAUSES = """(pause) => {
  const wait = window.setTimeout;
  window.setTimeout = (work, time, ...rest) => {
    if (time !== pause) return wait(work, time, ...rest);
    window.endPause = () => {
      window.setTimeout = wait;
      work(...rest);
    };
    return 0;
  };
}"""
PAUSE_MS = 300  # of the fields; after it what was typed is sent
PATIENT_WORDS = 400  # more than anybody types while an app is swapped


@pytest.fixture
def editor(client_apps: Path) -> AppFolder:
    """The source of the app, which the server watches."""
    return AppFolder(EDITOR, client_apps / EDITOR)


@pytest.fixture
def two(
    somebody: Callable[..., Visitor], editor: AppFolder, request: pytest.FixtureRequest
) -> tuple[Page, Page]:
    """Two people in one report: one created it, the other found it in the list."""
    title = request.node.name.removeprefix("test_").replace("_", " ").capitalize()
    other = somebody().open(editor.url)
    expect(other.get_by_role("heading", name="Site reports")).to_be_visible()
    one = somebody().open(editor.url)
    one.get_by_label("Title of a new report").fill(title)
    one.get_by_role("button", name="Create").click()
    other.get_by_role("link", name=title).click()
    for page in (one, other):
        expect(field(page, "Title")).to_have_value(title)
    return one, other


def field(page: Page, label: str) -> Locator:
    """Return a field of the head of the report."""
    return page.get_by_role("textbox", name=label, exact=True)


def headings(page: Page) -> Locator:
    """Return the headings of the sections, from top to bottom."""
    return page.get_by_role("textbox", name="Heading", exact=True)


def people(page: Page) -> Locator:
    """Return everybody who is shown to be in the report."""
    return page.get_by_role("list", name="Who is here").get_by_role("listitem")


def name_of(page: Page) -> str:
    """Return the name of the person at this browser, as the page says it."""
    told = page.get_by_role("listitem", name="(you)").get_attribute("aria-label")
    assert told is not None
    return told.partition(" (you)")[0]


def question(page: Page, label: str) -> Locator:
    """Return the question about a field that two people changed."""
    return page.get_by_role("group", name=f"Decide about {label}")


def type_until(page: Page, there: Locator) -> str:
    """Type words without a pause until something is to be seen; return what was typed."""
    typed = ""
    for _ in range(PATIENT_WORDS):
        if there.is_visible():
            return typed
        page.keyboard.type(" and", delay=30)
        typed += " and"
    raise AssertionError(f"{there} is not to be seen")


def test_two_people_see_each_other_and_what_the_other_one_changes(two: tuple[Page, Page]) -> None:
    one, other = two
    first, second = name_of(one), name_of(other)
    assert first != second
    for page in two:
        expect(people(page)).to_have_count(2)

    # Each in a field of their own, at the same time.
    field(one, "Summary").click()
    field(other, "Site").click()
    expect(one.get_by_text(f"{second} is here")).to_be_visible()
    expect(one.get_by_role("listitem", name=f"{second}, in Site")).to_be_visible()
    expect(other.get_by_text(f"{first} is here")).to_be_visible()
    one.keyboard.type("Two leaks at the north gutter.")
    other.keyboard.type("Harbour House")
    expect(field(other, "Summary")).to_have_value("Two leaks at the north gutter.")
    expect(field(one, "Site")).to_have_value("Harbour House")
    expect(field(one, "Summary")).to_be_focused()
    expect(field(other, "Site")).to_be_focused()

    # What is not typed reaches the other one, too.
    one.get_by_role("combobox", name="Status").click()
    one.get_by_role("option", name="In review").click()
    expect(other.get_by_role("combobox", name="Status")).to_have_text("In review")
    expect(other.get_by_text(f"{first} changed Status")).to_be_visible()

    other.close()
    expect(people(one)).to_have_count(1)
    expect(one.get_by_text(f"{second} is here")).to_have_count(0)


def test_sections_come_move_and_go_for_both(two: tuple[Page, Page]) -> None:
    one, other = two
    for place, heading in enumerate(("Roof", "Cellar")):
        one.get_by_role("button", name="Add section").click()
        headings(one).nth(place).fill(heading)
        expect(headings(other).nth(place)).to_have_value(heading)
    other.get_by_role("button", name="Move up Cellar").click()
    expect(headings(one).first).to_have_value("Cellar")
    other.get_by_role("listitem", name="Roof").get_by_role("checkbox", name="Done").click()
    expect(one.get_by_role("listitem", name="Roof").get_by_role("checkbox")).to_be_checked()
    one.get_by_role("button", name="Remove Roof").click()
    for page in two:
        expect(headings(page)).to_have_count(1)
        expect(headings(page)).to_have_value("Cellar")


def test_a_new_version_arrives_while_two_people_write(
    two: tuple[Page, Page], editor: AppFolder
) -> None:
    one, other = two
    for page in two:
        expect(page.get_by_role("heading", name="Sections")).to_be_visible()
    field(other, "Site").fill("Harbour House")
    field(one, "Summary").click()
    one.keyboard.type("Two leaks")

    editor.edit('"Sections"', '"Chapters"', "editor_page.py")
    typed = "Two leaks" + type_until(one, one.get_by_role("heading", name="Chapters"))

    # Both have it, in place: what they wrote, and where they are.
    expect(other.get_by_role("heading", name="Chapters")).to_be_visible()
    expect(field(one, "Summary")).to_have_value(typed)
    expect(field(one, "Summary")).to_be_focused()
    expect(field(other, "Site")).to_have_value("Harbour House")
    expect(field(other, "Site")).to_be_focused()
    for page in two:
        expect(people(page)).to_have_count(2)

    # And go on.
    one.keyboard.type(" more.")
    other.keyboard.type(", block B")
    expect(field(other, "Summary")).to_have_value(f"{typed} more.")
    expect(field(one, "Site")).to_have_value("Harbour House, block B")
    expect(other.get_by_text(f"{name_of(one)} is here")).to_be_visible()


def test_two_people_change_one_field_and_one_of_them_decides(two: tuple[Page, Page]) -> None:
    one, other = two
    first, second = name_of(one), name_of(other)
    field(other, "Summary").click()
    field(one, "Summary").fill("Leaning")
    expect(other.get_by_text(f"{first} changed this to: Leaning")).to_be_visible()
    expect(field(other, "Summary")).to_have_value("")  # nothing moves under their cursor

    other.keyboard.type("Upright")
    asked = question(other, "Summary")
    expect(asked).to_contain_text(f"{first} changed Summary at the same time")
    expect(asked).to_contain_text("Leaning")
    expect(asked).to_contain_text("Upright")
    expect(other.get_by_text("To decide: 1")).to_be_visible()
    expect(field(one, "Summary")).to_have_value("Leaning")

    asked.get_by_role("button", name="Keep mine").click()
    expect(asked).to_have_count(0)
    expect(other.get_by_text("To decide:")).to_have_count(0)
    expect(one.get_by_text(f"{second} changed this to: Upright")).to_be_visible()
    field(one, "Site").click()
    for page in two:
        expect(field(page, "Summary")).to_have_value("Upright")

    # The history tells it, newest first, and brings the other value back, for both.
    one.get_by_role("button", name="History").click()
    history = one.get_by_role("dialog", name="History")
    revisions = history.get_by_role("list", name="Revisions").get_by_role("listitem")
    expect(revisions).to_have_count(3)
    for entry, says in zip(
        revisions.all(), (f"Summary{second}", f"Summary{first}", f"Created{first}"), strict=True
    ):
        expect(entry).to_contain_text(says)
    revisions.nth(1).get_by_role("button").click()
    expect(history.get_by_role("row", name="Summary")).to_contain_text("LeaningUpright")
    history.get_by_role("button", name="Restore this revision").click()
    expect(history).to_have_count(0)
    for page in two:
        expect(field(page, "Summary")).to_have_value("Leaning")


@pytest.fixture
def line(client_server: Server) -> Iterator[Line]:
    """A line to the server that can be cut."""
    made = Line(client_server.address)
    yield made
    made.close()


def test_saved_is_told_only_while_it_is(
    somebody: Callable[..., Visitor], line: Line, editor: AppFolder
) -> None:
    visitor = somebody(address=line.address)
    visitor.expects("WebSocket|ERR_|net::")
    page = visitor.open(editor.url)
    page.get_by_label("Title of a new report").fill("Saved or not")
    page.get_by_role("button", name="Create").click()
    status = page.get_by_role("main").get_by_role("status").first
    field(page, "Summary").click()
    page.keyboard.type("Two leaks")
    expect(status).to_have_text("Saved")
    page.evaluate(HOLD_PAUSES, PAUSE_MS)
    page.keyboard.type(" more")
    expect(status).to_have_text("")
    page.evaluate("window.endPause()")
    expect(status).to_have_text("Saved")
    # What is sent before the browser knows of the cut is lost, so the pause ends afterwards.
    page.evaluate(HOLD_PAUSES, PAUSE_MS)
    line.cut()
    page.keyboard.type(" in the roof")
    expect(page.get_by_text("No connection to the server")).to_be_visible()
    page.evaluate("window.endPause()")
    expect(status).to_have_text("")
    line.mend()
    expect(status).to_have_text("Saved")
    visitor.reload(page)
    expect(field(page, "Summary")).to_have_value("Two leaks more in the roof")
