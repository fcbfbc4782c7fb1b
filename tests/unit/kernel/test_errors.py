"""How what is refused is told."""

from __future__ import annotations

import pytest

from app.kernel.errors import sentence


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("the disk is full", "The disk is full."),
        ("Is it there?", "Is it there?"),
        (" no app has this url. ", "No app has this url."),
        ("acme/hello had no earlier version", "acme/hello had no earlier version."),
        ("ada@example.com has an account already", "ada@example.com has an account already."),
        ("", "."),
    ],
)
def test_an_error_is_told_as_a_sentence_and_ids_as_they_are_spelled(text: str, told: str) -> None:
    assert sentence(text) == told
