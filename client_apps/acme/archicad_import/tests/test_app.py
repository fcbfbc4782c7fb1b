"""The app as somebody uses it."""

import asyncio
import base64
import contextlib

import pytest

from app.core import documents, files
from app.core.actor import acting_as
from app.testing import kit, open_app
from client_apps.acme.archicad_import.import_state import LARGE_SAMPLE_NAME, ImportState
from client_apps.acme.archicad_import.imports import KIND
from client_apps.acme.archicad_import.list_state import ListState
from client_apps.acme.archicad_import.rooms_state import ALL_CATEGORIES, RoomsState
from client_apps.acme.archicad_import.sample import sample_schedule
from client_apps.acme.archicad_import.schedule_state import ScheduleState

APP = "acme/archicad_import"
SAMPLE = b"".join(sample_schedule(900))
FAULTY = b"""<ZoneSchedule project="Old mill" exported="yesterday">
<Storey name="Ground floor" level="0" area="99">
<Zone number="1" name="Hall" category="Circulation" area="20"><Finish surface="floor"/></Zone>
<Zone number="1" name="Den" category="Dungeon" area="-3"/>
</Storey>
</ZoneSchedule>"""


@pytest.fixture(scope="module")
def large() -> bytes:
    """A file that is still being sent and read while a test looks."""
    return b"".join(sample_schedule(20_000))


@pytest.fixture(autouse=True)
def own_tables(tmp_path, monkeypatch):
    """Keep the cache of tables in a folder of the test."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))


async def import_file(page, data: bytes = SAMPLE, name: str = "mill.xml") -> None:
    """Upload a schedule and wait until it is open."""
    await page.upload(ImportState.receive, {name: data})
    await page.wait_for(lambda: "/imports/" in page.path or page.get(ImportState.phase) == "failed")
    await page.settle()


async def test_an_uploaded_schedule_is_read_stored_and_opened():
    async with open_app(APP) as page:
        await import_file(page)
        assert page.get(ScheduleState.phase) == "ready"
        assert page.get(ScheduleState.title) == "Harbour House (sample)"
        assert page.get(ScheduleState.rooms) == "900"
        assert page.get(ScheduleState.subtitle).endswith(". Exported 20 Nov 2026, 14:05")
        assert page.get(ScheduleState.total_findings) == 0
        assert page.get(RoomsState.summary) == "Rooms 1 to 50 of 900"
        assert sum(bar["area"] for bar in page.get(ScheduleState.bars)) > 0
        assert page.get(ImportState.phase) == "idle"


async def test_the_browser_gets_one_page_of_rooms_only():
    async with open_app(APP) as page:
        await import_file(page)
        assert len(page.get(RoomsState.rows)) == 50
        await page.send(RoomsState.resize, "100")
        assert len(page.get(RoomsState.rows)) == 100
        await page.send(RoomsState.resize, "100000")
        assert len(page.get(RoomsState.rows)) == 100


async def test_rooms_are_searched_narrowed_sorted_and_turned():
    async with open_app(APP) as page:
        await import_file(page)
        await page.send(RoomsState.sort_by, "area")
        await page.send(RoomsState.sort_by, "area")
        areas = [float(row["area"].replace(",", "")) for row in page.get(RoomsState.rows)]
        assert areas == sorted(areas, reverse=True)
        await page.send(RoomsState.turn_to, 2)
        assert page.get(RoomsState.summary) == "Rooms 51 to 100 of 900"
        await page.send(RoomsState.narrow, "Office")
        assert {row["category"] for row in page.get(RoomsState.rows)} == {"Office"}
        assert page.get(RoomsState.page) == 1
        await page.send(RoomsState.search, "no such room")
        assert page.get(RoomsState.found) == 0
        await page.send(RoomsState.clear)
        assert page.get(RoomsState.found) == 900
        assert page.get(RoomsState.category) == ALL_CATEGORIES


async def test_a_room_shows_its_finishes():
    async with open_app(APP) as page:
        await import_file(page)
        await page.send(RoomsState.show_room, 3)
        assert page.get(RoomsState.is_room_open)
        assert page.get(RoomsState.chosen)["number"] == page.get(RoomsState.rows)[3]["number"]
        surfaces = [finish["surface"] for finish in page.get(RoomsState.chosen_finishes)]
        assert surfaces == ["Floor", "Wall", "Ceiling"]


async def test_findings_are_listed_with_zone_and_line_errors_first():
    async with open_app(APP) as page:
        await import_file(page, FAULTY)
        assert page.get(ScheduleState.counts) == {"error": 2, "warning": 2, "note": 0}
        first = page.get(ScheduleState.findings)[0]
        assert (first["severity"], first["zone"], first["line"]) == ("error", "1", "4")
        await page.send(ScheduleState.show_severity, "warning")
        assert {f["severity"] for f in page.get(ScheduleState.findings)} == {"warning"}


async def test_many_findings_are_turned_in_pages():
    rooms = "".join('<Zone category="Office" area="1"/>' for _ in range(500))
    async with open_app(APP) as page:
        await import_file(page, f"<ZoneSchedule>{rooms}</ZoneSchedule>".encode())
        assert len(page.get(ScheduleState.findings)) == 25
        assert page.get(ScheduleState.findings_cut)
        await page.send(ScheduleState.turn, 1)
        assert page.get(ScheduleState.findings_page) == 2
        await page.send(ScheduleState.turn, -5)
        assert page.get(ScheduleState.findings_page) == 1


@pytest.mark.parametrize(
    ("data", "problem", "line"),
    [
        (b"<ZoneSchedule>\n<Storey>", "This is not well-formed XML", "line 2"),
        (b"PK\x03\x04 not xml", "This is not well-formed XML", "line 1"),
        (b"<html/>", "This is not a zone schedule", "line 1"),
        (b"<!DOCTYPE x><ZoneSchedule/>", "Document type declarations are not accepted", "line 1"),
    ],
)
async def test_a_file_that_cannot_be_read_says_why_and_leaves_nothing(data, problem, line):
    async with kit(only=APP) as running:
        page = await running.open(APP)
        await page.upload(ImportState.receive, {"wrong.xml": data})
        await page.wait_for(lambda: page.get(ImportState.phase) == "failed")
        assert page.get(ImportState.problem) == problem
        assert line in page.get(ImportState.advice)
        with acting_as(page.actor):
            assert await files.list() == []
            assert await documents.list() == []
        await page.send(ImportState.dismiss)
        assert page.get(ImportState.phase) == "idle"


async def test_several_files_at_once_are_refused():
    async with open_app(APP) as page:
        await page.upload(ImportState.receive, {"a.xml": SAMPLE, "b.xml": b"<x/>"})
        await page.wait_for(lambda: page.get(ImportState.phase) == "failed")
        assert page.get(ImportState.advice) == "Choose one file at a time."


async def test_a_schedule_without_rooms_can_be_opened():
    async with open_app(APP) as page:
        await import_file(page, b"<ZoneSchedule/>", "empty.xml")
        assert page.get(ScheduleState.title) == "empty"
        assert page.get(RoomsState.summary) == "No rooms"
        assert page.get(ScheduleState.categories) == []


async def nothing_is_stored(page) -> bool:
    with acting_as(page.actor):
        return not await files.list() and not await documents.list()


async def test_a_cancelled_import_stops_and_leaves_nothing(large):
    async with kit(only=APP) as running:
        page = await running.open(APP)
        sending = asyncio.create_task(page.upload(ImportState.receive, {"large.xml": large}))
        await page.wait_for(lambda: page.get(ImportState.phase) == "reading")
        await page.send(ImportState.cancel)
        await sending
        assert page.get(ImportState.phase) == "idle"
        async with asyncio.timeout(120):
            while not await nothing_is_stored(page):
                pass
        assert page.path == "/apps/acme-archicad-import"


async def test_a_cancelled_upload_stops_the_browser_and_leaves_nothing(large):
    async with kit(only=APP) as running:
        page = await running.open(APP)
        sending = asyncio.create_task(page.upload(ImportState.receive, {"large.xml": large}))
        await page.wait_for(lambda: page.get(ImportState.phase) == "receiving")
        await page.send(ImportState.cancel)
        assert any("abort" in script for script in page.scripts)
        # The end of the file may have arrived before the browser stopped, or be refused.
        with contextlib.suppress(RuntimeError):
            await sending
        await page.settle()
        assert page.get(ImportState.phase) == "idle"
        async with asyncio.timeout(120):
            while not await nothing_is_stored(page):
                pass


async def test_an_import_goes_on_while_a_new_version_arrives(large):
    async with kit(only=APP) as running:
        page = await running.open(APP)
        sending = asyncio.create_task(page.upload(ImportState.receive, {"large.xml": large}))
        await page.wait_for(lambda: page.get(ImportState.phase) == "reading")
        text = running.source(APP, "schedule_page.py").replace("Total area", "Sum of areas")
        await running.swap(APP, {"schedule_page.py": text})
        await sending
        await page.wait_for(lambda: "/imports/" in page.path)
        await page.settle()
        assert page.get(ScheduleState.rooms) == "20,000"
        assert page.get(ImportState.phase) == "idle"


async def test_upload_progress_is_shown_while_a_file_arrives_only():
    async with open_app(APP) as page:
        await page.send(ImportState.uploaded, {"loaded": 5, "total": 10, "progress": 0.5})
        assert page.get(ImportState.percent) == 0


async def test_earlier_imports_are_listed_and_open_again_elsewhere():
    async with kit(only=APP) as running:
        ada = await running.open(APP)
        ben = await running.open(APP, user="Ben")
        assert ben.get(ListState.earlier) == []
        await import_file(ada)
        await running.settle()
        (row,) = ben.get(ListState.earlier)
        assert (row["title"], row["by"]) == ("Harbour House (sample)", "Ada")
        await ben.goto(row["href"])
        assert ben.get(RoomsState.found) == 900


async def test_a_deleted_import_goes_from_every_list_with_its_files():
    async with kit(only=APP) as running:
        ada = await running.open(APP)
        ben = await running.open(APP, user="Ben")
        await import_file(ada)
        await running.settle()
        (row,) = ben.get(ListState.earlier)
        await ben.send(ListState.delete, row["id"])
        assert ben.get(ListState.earlier) == []
        assert ben.toasts[-1].kind == "success"
        with acting_as(ada.actor):
            assert await files.list() == []
        await ben.send(ListState.delete, row["id"])
        assert ben.toasts[-1].kind == "info"


async def test_imports_of_another_organisation_are_not_there():
    async with kit(only=APP) as running:
        ada = await running.open(APP)
        await import_file(ada)
        eve = await running.open(APP, user="Eve", organisation="Other")
        assert eve.get(ListState.earlier) == []
        await eve.goto(ada.path)
        assert eve.get(ScheduleState.phase) == "missing"
        assert not eve.has(RoomsState.rows) or eve.get(RoomsState.rows) == []


async def test_an_address_without_an_import_says_so():
    async with open_app(APP, "/imports/nothing") as page:
        assert page.get(ScheduleState.phase) == "missing"


async def test_documents_of_other_kinds_are_not_opened():
    async with kit(only=APP) as running:
        page = await running.open(APP)
        with acting_as(page.actor):
            other = await documents.create("note", "Note", {})
        await page.goto(f"/apps/acme-archicad-import/imports/{other.id}")
        assert page.get(ScheduleState.phase) == "missing"


async def test_the_document_has_the_summary_and_names_its_files():
    async with kit(only=APP) as running:
        page = await running.open(APP)
        await import_file(page, FAULTY)
        with acting_as(page.actor):
            (info,) = await documents.list(kind=KIND)
            content = (await documents.get(info.id)).content
            xml = [chunk async for chunk in await files.open(content["xml"]["id"])]
            rows = [chunk async for chunk in await files.open(content["rows"]["id"])]
    assert b"".join(xml) == FAULTY
    assert b"".join(rows).count(b"\n") == content["rooms"] == 2
    assert content["area"] == 20
    assert [c["name"] for c in content["categories"]] == ["Circulation", "Dungeon"]


async def test_a_sample_is_a_download_that_can_be_imported():
    async with open_app(APP) as page:
        await page.send(ImportState.download_sample)
        ((name, url),) = page.downloads
        await import_file(page, base64.b64decode(url.partition("base64,")[2]), name)
        assert page.get(ScheduleState.rooms) == "500"
        assert page.get(ScheduleState.total_findings) == 0


async def test_the_large_sample_is_made_once():
    async with kit(only=APP) as running:
        page = await running.open(APP)
        with acting_as(page.actor):
            made = await files.save(LARGE_SAMPLE_NAME, b"<ZoneSchedule/>")
        await page.send(ImportState.download_large_sample)
        await page.wait_for(lambda: page.downloads)
        assert page.downloads == [(LARGE_SAMPLE_NAME, made.url)]
        await page.wait_for(lambda: not page.get(ImportState.making_sample))


async def test_what_is_open_stays_open_over_a_new_version():
    async with kit(only=APP) as running:
        page = await running.open(APP)
        await import_file(page)
        await page.send(RoomsState.search, "office")
        found = page.get(RoomsState.found)
        text = running.source(APP, "schedule_page.py").replace("Total area", "Sum of areas")
        await running.swap(APP, {"schedule_page.py": text})
        assert page.get(RoomsState.text) == "office"
        assert page.get(RoomsState.found) == found
        await page.send(RoomsState.turn_to, 2)
        assert page.get(RoomsState.page) == 2
