from __future__ import annotations

import pytest

from app.core.documents import topic, topic_of_kind
from app.core.documents.model import checked_kind, checked_note, checked_title
from app.kernel.errors import Invalid


@pytest.mark.parametrize("kind", ["schedule", "acme/schedule", "acme.rooms-v2/x_1", "3d"])
def test_kinds_are_lower_case_words_with_dots_and_slashes(kind: str) -> None:
    assert checked_kind(kind) == kind


@pytest.mark.parametrize("kind", ["", "Schedule", "a b", "/a", "a/", "a//b", "ä", "a\n", "x" * 101])
def test_other_kinds_are_refused(kind: str) -> None:
    with pytest.raises(Invalid, match="kind"):
        checked_kind(kind)


def test_titles_lose_the_blanks_around_them() -> None:
    assert checked_title("  Ground floor 🏠 ") == "Ground floor 🏠"


@pytest.mark.parametrize("title", ["", " \n ", "a\nb", "a\x00b", "\ud800", "x" * 201])
def test_titles_that_cannot_be_shown_on_one_line_are_refused(title: str) -> None:
    with pytest.raises(Invalid, match="title"):
        checked_title(title)


def test_a_note_may_be_empty_but_not_several_lines() -> None:
    assert checked_note("") == ""
    with pytest.raises(Invalid, match="note"):
        checked_note("a\nb")


def test_the_topic_of_a_document_is_not_that_of_a_kind() -> None:
    assert topic("x") != topic_of_kind("x")
