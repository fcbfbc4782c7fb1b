"""The client apps that Graft comes with, used as their users do: all but the live editor."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from client_apps.acme.archicad_import.sample import sample_of_size
from client_apps.initech.operations.simulation import incidents, plant
from tests.browser.support.folders import CLIENT_APPS, AppFolder
from tests.browser.support.network import Network
from tests.browser.support.pages import at, until
from tests.browser.support.watch import Visitor

SCHEDULES = "/apps/acme-archicad-import"
OPERATIONS = "/apps/initech-operations"
VIEWER = "/apps/acme-floor-viewer"

CLOCK = re.compile(r"^\d\d:\d\d:\d\d$")
SCHEDULE_BYTES = 1_000_000
SLOW = 200_000  # bytes a second
PLANS = CLIENT_APPS / "acme" / "floor_viewer" / "dist" / "plans"


# Acme / Room schedules


def choose(page: Page, name: str, content: bytes) -> None:
    """Choose a file to import, with the keyboard."""
    with page.expect_file_chooser() as asked:
        page.get_by_role("button", name="choose a file").press("Enter")
    asked.value.set_files([{"name": name, "mimeType": "application/xml", "buffer": content}])


def sending(page: Page) -> None:
    """Wait until the page shows that a part of the file is sent."""
    bar = page.get_by_role("progressbar", name="Upload of the file")
    expect(bar).to_be_visible()
    until(page, "(bar) => bar.ariaValueNow > 0 && bar.ariaValueNow < 100", bar.element_handle())
    expect(page.get_by_text("Uploading: ")).to_be_visible()


def hear(page: Page) -> None:
    """Note from now on what the page tells as it happens, however short it is there."""
    page.evaluate(
        """() => {
          window.told = [];
          const note = () => {
            for (const told of document.querySelectorAll('[aria-live]'))
              window.told.push(told.textContent);
          };
          const changes = {subtree: true, childList: true, characterData: true};
          new MutationObserver(note).observe(document.body, changes);
        }"""
    )


def heard(page: Page, text: str) -> bool:
    """Tell whether the page told something since `hear`."""
    return text in page.evaluate("window.told")


def rooms(page: Page) -> Locator:
    """Return the rooms that are shown, by their numbers."""
    return page.get_by_role("group", name="Rooms").get_by_role("rowheader")


def test_a_schedule_is_imported_searched_added_up_and_there_for_others(
    somebody: Callable[..., Visitor],
) -> None:
    schedule = b"".join(sample_of_size(SCHEDULE_BYTES))
    other = somebody().open(SCHEDULES)
    expect(other.get_by_role("heading", name="Nothing imported yet")).to_be_visible()

    # It shows how far it is: while the file is sent, and while it is read.
    page = somebody().open(SCHEDULES)
    network = Network(page)
    network.sends(SLOW)
    hear(page)
    choose(page, "Harbour House.xml", schedule)
    sending(page)
    network.sends(-1)

    # Then all of it is there.
    expect(page.get_by_role("heading", name="Harbour House (sample)")).to_be_visible()
    assert heard(page, "Reading: 1.0 MB of 1.0 MB, 2,898 rooms found")
    expect(page.get_by_text("Rooms 1 to 50 of 2,898")).to_be_visible()
    expect(rooms(page)).to_have_count(50)
    expect(rooms(page).first).to_have_text("0.001")
    page.get_by_role("combobox", name="Rooms per page").click()
    page.get_by_role("option", name="25").click()
    expect(rooms(page)).to_have_count(25)
    page.get_by_role("searchbox", name="Search rooms").fill("server library 6.")
    expect(rooms(page)).to_have_text(["6.215", "6.262"])

    # Its areas are drawn.
    page.get_by_role("tab", name="Areas").click()
    expect(page.locator(".recharts-bar-rectangle")).to_have_count(10)
    expect(page.get_by_role("group", name="Areas by storey").get_by_role("row")).to_have_count(9)

    # The other one finds it in the list, without a reload, and gets the very file.
    other.get_by_role("link", name="Harbour House (sample)").click()
    expect(rooms(other)).to_have_count(50)
    with other.expect_download() as download:
        other.get_by_role("link", name="Harbour House.xml").click()
    assert download.value.path().read_bytes() == schedule


def test_an_import_is_cancelled_and_what_is_no_schedule_is_refused(
    somebody: Callable[..., Visitor],
) -> None:
    page = somebody().open(SCHEDULES)
    network = Network(page)
    network.sends(SLOW)
    choose(page, "Harbour House.xml", b"".join(sample_of_size(SCHEDULE_BYTES)))
    sending(page)
    page.get_by_role("button", name="Cancel").click()
    network.sends(-1)

    choose(page, "notes.xml", b"<notes>\n  <note/>\n</notes>")
    refusal = page.get_by_role("alert")
    expect(refusal).to_contain_text("notes.xml")
    refusal.get_by_role("button", name="Dismiss").click()
    expect(refusal).to_have_count(0)


# Initech / Operations


def newest(page: Page) -> Locator:
    """Return the last time that the chart of the output shows."""
    chart = page.get_by_role("img", name="Output over the last minute")
    return chart.get_by_text(CLOCK).last


def output(page: Page) -> Locator:
    """Return the figure of the output of now."""
    return page.get_by_text("Output", exact=True).first.locator("..")


def machines(page: Page) -> Locator:
    """Return the names of the machines that the table shows."""
    return page.get_by_role("rowheader")


def moves_on(page: Page) -> None:
    """Wait until chart and figure are newer than they are now."""
    drawn, told = newest(page).text_content(), output(page).inner_text()
    expect(newest(page)).not_to_have_text(drawn)
    expect(output(page)).not_to_have_text(told)
    assert str(newest(page).text_content()) > str(drawn)


def test_the_board_moves_on_by_itself_until_somebody_pauses_it(
    somebody: Callable[..., Visitor],
) -> None:
    page, other = (somebody().open(OPERATIONS) for _ in range(2))
    moves_on(page)
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_role("status").filter(has_text="Paused")).to_be_visible()
    stands = newest(page).text_content()
    for _ in range(2):
        moves_on(other)
    assert newest(page).text_content() == stands
    page.get_by_role("button", name="Start").click()
    moves_on(page)


def test_machines_are_found_and_the_view_has_an_address(somebody: Callable[..., Visitor]) -> None:
    page = somebody().open(OPERATIONS)
    expect(page.get_by_text("24 machines, page 1 of 3")).to_be_visible()
    search = page.get_by_role("searchbox", name="Search machines")
    search.fill("press")
    presses = [f"Press {number}" for number in range(1, 7)]
    expect(machines(page)).to_have_text(presses)
    moves_on(page)
    expect(machines(page)).to_have_text(presses)

    page.get_by_role("combobox", name="Area").click()
    page.get_by_role("option", name="Packing").click()
    expect(page.get_by_text("No machine matches the filters.")).to_be_visible()
    search.fill("")
    page.get_by_role("columnheader", name="Machine").get_by_role("button").click()
    packers = [f"Packer {number}" for number in range(6, 0, -1)]
    expect(machines(page)).to_have_text(packers)

    # Whoever gets the link sees the same.
    link = page.get_by_role("link", name="Link to this view").get_attribute("href")
    expect(machines(somebody().open(str(link)))).to_have_text(packers)


def test_a_machine_has_a_page_of_its_own_and_the_way_back(somebody: Callable[..., Visitor]) -> None:
    page = somebody().open(f"{OPERATIONS}?text=press")
    page.get_by_role("link", name="Press 3").click()
    expect(page.get_by_role("heading", name="Press 3")).to_be_visible()
    assert page.url.endswith(f"{OPERATIONS}/machines/press-3")
    moves_on(page)
    page.go_back()
    expect(machines(page)).to_have_count(6)
    moves_on(page)
    page.get_by_role("link", name="Press 4").click()
    expect(page.get_by_role("heading", name="Press 4")).to_be_visible()
    page.get_by_role("link", name="All machines").click()
    expect(page.get_by_text("24 machines, page 1 of 3")).to_be_visible()

    deep = somebody().open(f"{OPERATIONS}/machines/assembly-2")
    expect(deep.get_by_role("heading", name="Robot cell 2")).to_be_visible()
    moves_on(deep)
    missing = somebody().open(f"{OPERATIONS}/machines/assembly-7")
    expect(missing.get_by_role("heading", name="There is no such machine.")).to_be_visible()


def test_who_has_seen_to_an_incident_is_told_to_everybody(somebody: Callable[..., Visitor]) -> None:
    now = int(time.time())
    broken = next(each for each in plant() if incidents(each, now - 600, now))
    page, other = (somebody().open(f"{OPERATIONS}/machines/{broken.id}") for _ in range(2))
    expect(other.get_by_role("button", name="Acknowledge").first).to_be_visible()
    page.get_by_role("button", name="Acknowledge").first.click()
    for each in (page, other):
        expect(each.get_by_text("Acknowledged by ")).to_be_visible()


def test_a_new_version_goes_on_with_the_feed(
    somebody: Callable[..., Visitor], client_apps: Path
) -> None:
    page = somebody().open(OPERATIONS)
    moves_on(page)
    app = AppFolder("initech/operations", client_apps / "initech" / "operations")
    app.edit('"Last minute"', '"The last minute"', "board_page.py")
    expect(page.get_by_role("heading", name="The last minute")).to_be_visible()
    moves_on(page)


# Acme / Floor viewer


def drawn(page: Page) -> Locator:
    """Return the rooms of the drawing."""
    return at(page, "plan").locator("a.room")


def is_drawn(page: Page, plan: str) -> None:
    """Wait until a storey is drawn: each room, in its colour, within the frame."""
    expected = json.loads((PLANS / f"{plan}.json").read_text("utf-8"))
    expect(page.get_by_role("heading", name=expected["name"])).to_be_visible()
    expect(drawn(page)).to_have_count(len(expected["rooms"]))
    frame = at(page, "plan").bounding_box()
    assert frame is not None
    for shape, room in zip(drawn(page).all(), expected["rooms"], strict=True):
        expect(shape).to_contain_text(room["number"])
        expect(shape.locator("polygon")).not_to_have_css("fill", "rgb(0, 0, 0)")
        box = shape.bounding_box()
        assert box is not None
        assert min(box["width"], box["height"]) > 10
        assert frame["x"] <= box["x"] <= box["x"] + box["width"] <= frame["x"] + frame["width"]


def test_a_building_is_looked_at_from_the_launcher_and_back(
    somebody: Callable[..., Visitor],
) -> None:
    visitor = somebody()
    # Both documents are left as soon as they show something, maybe before they are connected.
    visitor.expects("WebSocket is closed before the connection is established")
    page = visitor.open("/")
    page.get_by_role("link", name="Acme / Floor viewer").click()
    visitor.loads()  # a static app is a document of its own
    expect(page.get_by_role("heading", name="Harbour House")).to_be_visible()
    is_drawn(page, "storey0")

    page.get_by_role("link", name="First floor").click()
    is_drawn(page, "storey1")
    drawn(page).filter(has_text="1.08").click()
    expect(at(page, "details")).to_contain_text("Open-plan office")
    expect(page).to_have_title("1.08 Open-plan office · Harbour House")
    page.get_by_label("Find a room on this storey").fill("shared meeting")
    expect(at(page, "rooms").get_by_role("link")).to_have_text(
        [r"1.03 Quiet room32.0 m²", r"1.09 Meeting room72.0 m²"]
    )
    page.go_back()
    expect(at(page, "details")).to_be_empty()
    page.go_back()
    is_drawn(page, "storey0")

    page.get_by_role("link", name="All apps").click()
    visitor.loads()
    expect(page.get_by_role("heading", name="Apps")).to_be_visible()


def test_a_room_has_an_address_that_one_can_open_and_load_again(
    somebody: Callable[..., Visitor],
) -> None:
    visitor = somebody()
    page = visitor.open(f"{VIEWER}/storeys/1/rooms/1-03")
    for _ in range(2):
        is_drawn(page, "storey1")
        expect(at(page, "details")).to_contain_text("Quiet room")
        expect(drawn(page).and_(page.locator("[aria-current]"))).to_contain_text("1.03")
        visitor.reload(page)
    nowhere = visitor.open(f"{VIEWER}/storeys/9")
    expect(nowhere.get_by_text("There is no such page in this building.")).to_be_visible()
    nowhere.get_by_role("link", name="Go to the entrance").click()
    is_drawn(nowhere, "storey0")


def test_a_plan_is_zoomed_and_moved(somebody: Callable[..., Visitor]) -> None:
    page = somebody().open(VIEWER)
    is_drawn(page, "storey0")
    seen = at(page, "plan").locator("svg")
    whole = seen.get_attribute("viewBox")
    assert whole is not None
    page.get_by_role("button", name="Zoom in").click()
    expect(seen).not_to_have_attribute("viewBox", whole)
    closer = str(seen.get_attribute("viewBox"))
    seen.drag_to(seen, source_position={"x": 400, "y": 300}, target_position={"x": 370, "y": 300})
    expect(seen).not_to_have_attribute("viewBox", closer)
    expect(at(page, "details")).to_be_empty()  # a drag is no click on the room under it
    page.get_by_role("button", name="Fit").click()
    expect(seen).to_have_attribute("viewBox", whole)
