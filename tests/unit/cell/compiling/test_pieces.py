"""Pieces that are kept for the next save."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.cell.compiling.pieces import KeptPieces
from tests.unit.apps.loading import workshop

PAGE = """
import reflex as rx
from app.sdk import DynamicApp

class RowsState(rx.State):
    rows: list[str] = ["a"]

def index():
    return rx.form(
        rx.heading({heading!r}),
        rx.foreach(RowsState.rows, lambda row: rx.text(row, class_name={inside!r})),
        {more}
        on_submit=rx.console_log("sent"),
    )

class AppEntry(DynamicApp):
    name = "Rows"
    pages = {{"/": index}}
    style = {style}
"""

FIRST = {"heading": "one", "inside": "row", "more": "", "style": "{}"}


@pytest.mark.parametrize(
    "change",
    [
        {"heading": "two"},
        {"inside": "line"},
        {"more": "rx.badge('new'),"},
        {"more": "rx.input(id='new'),"},
        {"style": '{rx.text: {"color": "teal"}}'},
    ],
    ids=str,
)
def test_a_module_is_the_same_whatever_was_compiled_before_it(
    tmp_path: Path, change: dict[str, str]
) -> None:
    text = PAGE.format(**{**FIRST, **change})
    with workshop(tmp_path / "a") as fresh:
        alone = fresh.load(text).module
    with workshop(tmp_path / "b") as used:
        before = used.load(PAGE.format(**FIRST)).module
        after = used.load(text).module
    assert after == alone
    assert after.digest != before.digest


def test_the_pieces_of_few_apps_are_kept() -> None:
    kept = KeptPieces(most_apps=2)
    first = kept.of("acme/a")
    kept.of("acme/b")
    assert kept.of("acme/a") is first
    kept.of("acme/c")
    assert kept.of("acme/a") is first
    kept.of("acme/b")
    assert kept.of("acme/c") is not kept.of("acme/b")
