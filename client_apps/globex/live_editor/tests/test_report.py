from __future__ import annotations

import pytest

from client_apps.globex.live_editor.report import (
    BadChange,
    Content,
    add_item,
    check,
    item_path,
    label,
    move_item,
    new_id,
    new_report,
    ordered,
    split,
    value_at,
    with_value,
)


def report_of(*ids: str) -> Content:
    content = new_report("Tower crane")
    for item_id in ids:
        content = add_item(content, item_id)
    return content


def order(content: Content) -> list[str]:
    return [item_id for item_id, _ in ordered(content)]


def test_a_new_report_is_a_draft_without_sections() -> None:
    content = new_report("  Tower crane ")
    assert content["title"] == "Tower crane"
    assert (content["status"], ordered(content)) == ("Draft", [])


def test_a_report_needs_a_title() -> None:
    with pytest.raises(BadChange, match="title"):
        new_report("   ")


def test_sections_are_added_at_the_end() -> None:
    assert order(report_of("bbbb", "cccc", "dddd")) == ["bbbb", "cccc", "dddd"]


@pytest.mark.parametrize(
    ("moved", "by", "expected"),
    [
        ("cccc", -1, ["cccc", "bbbb", "dddd"]),
        ("cccc", 1, ["bbbb", "dddd", "cccc"]),
        ("dddd", -2, ["dddd", "bbbb", "cccc"]),
        ("bbbb", -1, ["bbbb", "cccc", "dddd"]),
        ("dddd", 9, ["bbbb", "cccc", "dddd"]),
    ],
)
def test_a_section_moves_but_not_over_the_ends(moved: str, by: int, expected: list[str]) -> None:
    assert order(move_item(report_of("bbbb", "cccc", "dddd"), moved, by)) == expected


def test_a_change_leaves_the_report_it_began_with_alone() -> None:
    before = report_of("bbbb")
    after = with_value(before, "items/bbbb/text", "Cracked")
    assert value_at(before, "items/bbbb/text") == ""
    assert value_at(after, "items/bbbb/text") == "Cracked"


def test_a_section_is_removed_by_giving_it_no_value() -> None:
    assert order(with_value(report_of("bbbb", "cccc"), item_path("bbbb"), None)) == ["cccc"]


@pytest.mark.parametrize("path", ["", "items", "items//text", "items/bbbb/colour", "a/b", "owner"])
def test_a_path_that_names_no_field_is_refused(path: str) -> None:
    with pytest.raises(BadChange):
        split(path)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("status", "Half done"),
        ("title", " "),
        ("title", "x" * 201),
        ("summary", 7),
        ("items/bbbb/done", "yes"),
        ("items/bbbb/text", "x" * 20_001),
    ],
)
def test_a_value_that_a_field_cannot_hold_is_refused(path: str, value: object) -> None:
    with pytest.raises(BadChange):
        check(path, value)


def test_changing_a_section_that_is_gone_is_refused() -> None:
    with pytest.raises(BadChange, match="not there"):
        with_value(report_of(), "items/bbbb/text", "Late")


def test_a_full_report_takes_no_more_sections() -> None:
    full = report_of(*(new_id() for _ in range(200)))
    with pytest.raises(BadChange, match="200"):
        add_item(full, "bbbb")


def test_labels_name_the_section_by_its_heading() -> None:
    content = with_value(report_of("bbbb"), "items/bbbb/heading", "Roof")
    assert label("items/bbbb/text", content) == "“Roof” · Text"
    assert label("items/cccc", content) == "Section"
    assert label("summary") == "Summary"
