"""What is wrong with the events that an app names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import reflex as rx

from app.rules.entry.validate import validate_entry
from app.sdk import DynamicApp, Page
from app.source.app_source import read_source
from app.source.metadata import read_metadata

if TYPE_CHECKING:
    from tests.unit.conftest import WriteApp

TEXT = """
from app.sdk import DynamicApp
class AppEntry(DynamicApp):
    name = "X"
    pages = {"/": index}
    on_resume = ()
"""


class Handling(rx.State):
    number: int = 0

    @rx.event
    def load(self) -> None: ...

    @rx.event
    def load_one(self, number: int, *, _quick: bool = False) -> None: ...


def index() -> Any:
    return rx.text("home")


FINE = [
    None,
    Handling.load,
    Handling.load_one(7),
    [Handling.load, Handling.load_one(7)],
    (rx.toast("hello"), lambda: Handling.load_one(7)),
]
WRONG = [
    ("load", "names 'load', which is not an event"),
    (index, "names index, which is not an event"),
    ([Handling.load, index], "names index, which is not an event"),
    (Handling.number, "names the var number, which is not an event"),
    ({"a": "b" * 100}, f"names {{'a': '{'b' * 53}…, which is not an event"),
    (Handling.load_one, "names Handling.load_one, which needs the argument number"),
]


@pytest.fixture
def judged(write_app: WriteApp) -> Any:
    """Judge an app with these events."""
    source = read_source(write_app(files={"entry.py": TEXT}))

    def judge(**given: Any) -> list[str]:
        entry = type("AppEntry", (DynamicApp,), {"name": "X", "pages": {"/": index}, **given})
        problems = validate_entry(source, read_metadata(source), entry, taken_urls={})
        return [problem.message for problem in problems]

    return judge


@pytest.mark.parametrize("events", FINE)
def test_events_are_named_one_by_one_or_several(judged: Any, events: Any) -> None:
    assert judged(pages={"/": Page(index, on_load=events)}) == []
    assert judged(on_resume=events) == []


@pytest.mark.parametrize(("events", "why"), WRONG)
def test_what_cannot_run_by_itself_is_told(judged: Any, events: Any, why: str) -> None:
    assert judged(pages={"/": Page(index, on_load=events)}) == [f'on_load of page "/" {why}']
    assert judged(on_resume=events) == [f"on_resume {why}"]
