from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from app.core.documents import Revision
from client_apps.globex.live_editor.history import Line, compare, describe, entries, told
from client_apps.globex.live_editor.report import add_item, move_item, new_report, with_value

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def revision(number: int, minutes: float, note: str, by: str = "Ada") -> Revision:
    return Revision(number, NOON + timedelta(minutes=minutes), by.lower(), by, note)


def test_pauses_while_typing_into_one_field_are_one_entry() -> None:
    typing = [revision(n, n / 10, "change summary") for n in (4, 3, 2)]
    found = entries([*typing, revision(1, 0, "")])
    assert [(entry.number, entry.count) for entry in found] == [(4, 3), (1, 1)]


@pytest.mark.parametrize(
    "older",
    [
        revision(1, 0, "change summary"),
        revision(1, 4.9, "change title"),
        revision(1, 4.9, "change summary", by="Grace"),
    ],
    ids=["later", "another field", "another person"],
)
def test_other_changes_are_entries_of_their_own(older: Revision) -> None:
    assert len(entries([revision(2, 5, "change summary"), older])) == 2


def test_notes_are_told_with_the_headings_of_today() -> None:
    content = with_value(add_item(new_report("Crane"), "bbbb"), "items/bbbb/heading", "Roof")
    notes = ["", "change summary", "change items/bbbb/text", "remove items/bbbb", "restore 3"]
    assert [describe(note, content) for note in notes] == [
        "Created",
        "Summary",
        "“Roof” · Text",
        "Removed “Roof”",
        "Restored revision 3",
    ]


def test_a_note_of_another_version_of_the_app_is_shown_as_it_is() -> None:
    assert describe("imported from paper", new_report("Crane")) == "imported from paper"


def test_a_preview_puts_each_field_next_to_its_value_now() -> None:
    then = with_value(add_item(new_report("Crane"), "bbbb"), "items/bbbb/text", "Cracked")
    now = with_value(with_value(then, "items/bbbb", None), "site", "Dock 4")
    lines = {line.label: line for line in compare(then, now)}
    assert lines["Title"] == Line("Title", "Crane", "Crane", differs=False)
    assert lines["Site"] == Line("Site", "", "Dock 4", differs=True)
    assert lines["Section · Text"] == Line("Section · Text", "Cracked", "", differs=True)


def test_a_preview_tells_when_sections_were_moved() -> None:
    then = add_item(add_item(new_report("Crane"), "bbbb"), "cccc")
    for key, heading in (("bbbb", "Roof"), ("cccc", "Cellar")):
        then = with_value(then, f"items/{key}/heading", heading)
    line = compare(then, move_item(then, "cccc", -1))[-1]
    assert (line.then, line.now) == ("“Roof”, “Cellar”", "“Cellar”, “Roof”")


def test_changes_of_others_are_told_by_name_and_field() -> None:
    before = new_report("Crane")
    with_section = with_value(add_item(before, "bbbb"), "items/bbbb/heading", "Roof")
    assert told("Ada", before, with_value(before, "site", "Dock 4")) == "Ada changed Site"
    assert told("Ada", before, with_section) == "Ada added “Roof”"
    assert told("Ada", with_section, before) == "Ada removed “Roof”"
    two = with_value(with_value(before, "site", "Dock 4"), "summary", "Leaning")
    assert told("Ada", before, two) == "Ada changed 2 fields"
