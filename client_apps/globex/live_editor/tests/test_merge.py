from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from client_apps.globex.live_editor.merge import Conflict, Difference, differences, flatten, merge
from client_apps.globex.live_editor.report import (
    Content,
    add_item,
    new_report,
    with_value,
)

from .strategies import edits, reports


@st.composite
def histories(draw: Any) -> tuple[Content, Content, Content]:
    base = draw(reports())
    return base, draw(edits(base)), draw(edits(base))


def changed(base: Content, after: Content) -> dict[str, Any]:
    old, new = flatten(base), flatten(after)
    paths = old.keys() | new.keys()
    return {path: new.get(path) for path in paths if old.get(path) != new.get(path)}


def disputed(path: str, conflicts: tuple[Conflict, ...]) -> bool:
    return any(path == found.path or path.startswith(f"{found.path}/") for found in conflicts)


@given(histories())
def test_no_change_of_either_side_is_lost(history: tuple[Content, Content, Content]) -> None:
    base, mine, theirs = history
    merged = merge(base, mine, theirs)
    flat = flatten(merged.content)
    for side in (mine, theirs):
        for path, value in changed(base, side).items():
            assert flat.get(path) == value or disputed(path, merged.conflicts)


@given(histories())
def test_nothing_changes_that_nobody_changed(history: tuple[Content, Content, Content]) -> None:
    base, mine, theirs = history
    touched = changed(base, mine).keys() | changed(base, theirs).keys()
    assert changed(base, merge(base, mine, theirs).content).keys() <= touched


@given(histories())
def test_changes_of_different_fields_commute(history: tuple[Content, Content, Content]) -> None:
    base, mine, theirs = history
    there, back = merge(base, mine, theirs), merge(base, theirs, mine)
    assert {found.path for found in there.conflicts} == {found.path for found in back.conflicts}
    if not there.conflicts:
        assert there.content == back.content


@given(histories())
def test_a_conflict_holds_both_values(history: tuple[Content, Content, Content]) -> None:
    base, mine, theirs = history
    for found in merge(base, mine, theirs).conflicts:
        assert found.mine != found.theirs
        assert found.base not in (found.mine, found.theirs)


@given(histories())
def test_the_same_change_on_both_sides_does_not_conflict(
    history: tuple[Content, Content, Content],
) -> None:
    base, mine, _ = history
    merged = merge(base, mine, mine)
    assert (merged.content, merged.conflicts) == (mine, ())


@given(histories())
def test_a_side_that_changed_nothing_takes_the_other(
    history: tuple[Content, Content, Content],
) -> None:
    base, mine, _ = history
    assert merge(base, mine, base).content == mine
    assert merge(base, base, mine).content == mine


@given(histories())
def test_the_merge_builds_on_what_the_others_stored(
    history: tuple[Content, Content, Content],
) -> None:
    """Merging once more finds nothing to do: saving a merge twice stores one revision."""
    base, mine, theirs = history
    once = merge(base, mine, theirs)
    if not once.conflicts:
        assert merge(base, mine, once.content).content == once.content


def test_two_values_for_one_field_conflict_and_the_stored_one_stays() -> None:
    base = new_report("Tower crane")
    mine, theirs = with_value(base, "site", "Dock 4"), with_value(base, "site", "Dock 5")
    merged = merge(base, mine, theirs)
    assert merged.content["site"] == "Dock 5"
    assert merged.conflicts == (Conflict("site", "", "Dock 4", "Dock 5"),)


def test_a_section_that_one_removed_and_the_other_changed_is_kept_and_disputed() -> None:
    base = add_item(new_report("Tower crane"), "bbbb")
    removed = with_value(base, "items/bbbb", None)
    written = with_value(base, "items/bbbb/text", "Cracked")
    for mine, theirs in ((removed, written), (written, removed)):
        merged = merge(base, mine, theirs)
        assert merged.content == written
        assert [found.path for found in merged.conflicts] == ["items/bbbb"]


@given(histories())
def test_differences_name_every_changed_path_once(
    history: tuple[Content, Content, Content],
) -> None:
    base, mine, _ = history
    found = differences(base, mine)
    assert len({entry.path for entry in found}) == len(found)
    for path in changed(base, mine):
        assert any(path == entry.path or path.startswith(f"{entry.path}/") for entry in found)


def test_an_added_section_is_one_difference() -> None:
    base = new_report("Tower crane")
    after = add_item(base, "bbbb")
    assert differences(base, after) == [Difference("items/bbbb", None, after["items"]["bbbb"])]
