"""What commands show of texts that come from somewhere else."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from app.cli.remote.client import part, plain, when


@given(st.text())
def test_no_text_does_anything_to_a_terminal(text: str) -> None:
    shown = plain(text)
    assert len(shown) == len(text)
    assert all(character.isprintable() or character in "\n\t" for character in shown)


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"])))
def test_no_text_leaves_its_part_of_an_address(text: str) -> None:
    assert not set(part(text)) & set("/?#")


def test_times_are_short_and_may_be_missing() -> None:
    assert when("2026-11-23T08:40:12.5Z") == "2026-11-23 08:40"
    assert when(None) == ""
