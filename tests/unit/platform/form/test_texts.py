"""Texts in fields of a form, and what they mean."""

from __future__ import annotations

from typing import Any

import pytest

from app.platform.form import Choice, Field, Kind, NotReadable, fitting, text_of, value_of

COLORS = (Choice('"red"', "red"), Choice("1", "1"))


def field(kind: Kind) -> Field:
    return Field("x", "X", kind=kind, choices=COLORS if kind == "choice" else ())


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("text", " as typed ", " as typed "),
        ("long", "two\r\nlines", "two\nlines"),
        ("integer", " -25 ", -25),
        ("number", "2.5", 2.5),
        ("number", "25", 25),
        ("number", "1e3", 1000.0),
        ("date", " 2026-12-31 ", "2026-12-31"),
        ("choice", '"red"', "red"),
        ("choice", "1", 1),
        ("list", "a\r\n\r\n b \n", ["a", " b "]),
        ("json", '{"a": [1, null]}', {"a": [1, None]}),
    ],
)
def test_a_text_has_its_value(kind: Kind, text: str, value: Any) -> None:
    assert value_of(field(kind), text) == value


@pytest.mark.parametrize(
    ("kind", "text", "message"),
    [
        ("integer", "2.5", "is not a whole number, such as 25"),
        ("integer", "٣", "is not a whole number, such as 25"),
        ("integer", "9" * 5_000, "is not a whole number, such as 25"),
        ("number", "2,5", "is not a number, such as 2.5"),
        ("number", "nan", "is not a number, such as 2.5"),
        ("number", "1e999", "is too large a number"),
        ("choice", "green", "is not one of the choices"),
        ("json", "{hunter22", "is not JSON: Expecting property name enclosed in double quotes"),
        ("json", "[1,\n2,,]", "at line 2, column 3"),
        ("json", "NaN", "is not JSON"),
        ("json", "[" * 100_000, "is not JSON"),
    ],
)
def test_what_means_nothing_is_told_without_being_quoted(
    kind: Kind, text: str, message: str
) -> None:
    with pytest.raises(NotReadable) as refused:
        value_of(field(kind), text)
    assert message in str(refused.value)
    assert "hunter22" not in str(refused.value)


@pytest.mark.parametrize(
    ("kind", "value", "shown"),
    [
        ("text", "a\nb", "long"),
        ("text", "a\n", "long"),
        ("text", "a\r", "json"),
        ("text", 7, "json"),
        ("list", ["a\nb"], "json"),
        ("list", [""], "json"),
        ("choice", "green", "json"),
        ("integer", "seven", "json"),
        ("integer", 7, "integer"),
        ("number", 7, "number"),
    ],
)
def test_what_another_version_stored_is_shown_as_it_is(kind: Kind, value: Any, shown: str) -> None:
    made = fitting(field(kind), value)
    assert made.kind == shown
    assert value_of(made, text_of(made, value)) == value
