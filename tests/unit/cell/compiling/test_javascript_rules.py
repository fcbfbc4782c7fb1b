"""Pages that browsers cannot read are refused when they are compiled, and the place is told."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.cell.compiling import javascript_rules
from app.cell.compiling.javascript import JavaScriptParser, Mistake
from app.source.problems import AppError, Problem
from tests.unit.apps.loading import Workshop, workshop

APP = """
import reflex as rx
from app.sdk import DynamicApp

class S(rx.State):
    count: int = 0
    rows: list[str] = []

    @rx.event
    def take(self, value: str = ""): ...

bad = rx.Var("(((")
late = rx.Var("(((", _var_data=S.count._get_all_var_data())

{before}

def index():
    return rx.vstack(rx.heading("Title"), {element})

class AppEntry(DynamicApp):
    name = "Test"
    version = "1"
    pages = {{"/": index}}
"""
COMPONENT = """
class Own(rx.Component):
    tag = "Own"
    library = "own"
    def {method}(self): return ["{text}"]
"""
MEMO = """
@rx.memo
def card(title: rx.Var[str]) -> rx.Component:
    return rx.text(title, size=bad)
"""
FUNCTION = """
@rx.memo
def shout(text: rx.Var[str]) -> rx.Var[str]:
    return rx.Var("(((")
"""


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Workshop]:
    with workshop(tmp_path) as running:
        yield running


def app(element: str, before: str = "") -> str:
    return APP.format(element=element, before=before)


def refused(made: Workshop, element: str, before: str = "") -> Problem:
    with pytest.raises(AppError) as caught:
        made.load(app(element, before))
    (problem,) = caught.value.problems
    assert problem.stage == "compile"
    assert problem.remedy
    return problem


@pytest.mark.parametrize(
    ("element", "told"),
    [
        ("rx.text(bad)", "page '/': the content of Text is `(((`"),
        ("rx.text(late)", "the text in Text on page '/': the content is `(((`"),
        ('rx.button("a", size=bad)', "page '/': the prop \"size\" of Button is `(((`"),
        ('rx.el.div("a", data_x=bad)', 'the prop "data-x" of div is `(((`'),
        ('rx.text("a", color=bad)', 'the prop "style" of Text is'),
        ('rx.button("a", on_click=S.take(bad))', "Button in Flex on page '/': the event \"on_cl"),
        ('rx.cond(bad, rx.text("a"), rx.text("b"))', "the condition of Flex is"),
        ('rx.cond(True, rx.text("a", size=bad), rx.text("b"))', 'the prop "size" of Text'),
        ("rx.foreach(S.rows, lambda row: rx.text(row, size=bad))", 'the prop "size" of Text'),
        ('rx.match(1, (1, rx.badge(bad)), rx.text("c"))', "the content of Badge"),
    ],
)
def test_an_element_is_named(made: Workshop, element: str, told: str) -> None:
    problem = refused(made, element)

    assert told in problem.message
    assert problem.place == "entry.py:17"  # the function of the page


@pytest.mark.parametrize(
    ("method", "what"), [("add_hooks", "a hook"), ("add_custom_code", "custom code")]
)
def test_hooks_and_custom_code_are_named(made: Workshop, method: str, what: str) -> None:
    problem = refused(made, "Own.create()", COMPONENT.format(method=method, text="const a = ;"))

    assert f"page '/': {what} is `const a = ;` (" in problem.message


def test_a_name_that_cannot_be_imported_is_refused(made: Workshop) -> None:
    component = """
class Own(rx.Component):
    tag = "class"
    library = "own"
"""

    assert "page '/'" in refused(made, "Own.create()", component).message


@pytest.mark.parametrize(
    ("name", "element", "before"),
    [("card", 'card(title="x")', MEMO), ("shout", 'rx.text(shout(text="x"))', FUNCTION)],
)
def test_a_memo_is_named_with_its_place(
    made: Workshop, name: str, element: str, before: str
) -> None:
    problem = refused(made, element, before)

    assert f"memo component {name}: " in problem.message
    assert problem.place == "entry.py:16"


def test_everything_that_is_wrong_is_told(made: Workshop) -> None:
    with pytest.raises(AppError) as caught:
        made.load(app("rx.text(bad), rx.text(late)"))

    assert len(caught.value.problems) == 2


def test_a_long_text_is_shown_where_it_is_wrong(made: Workshop) -> None:
    long = f"'{'x' * 3_000}' 5 '{'y' * 3_000}'"

    message = refused(made, f'rx.text(rx.Var("{long}"))').message

    assert "xx' 5 'yy" in message
    assert len(message) < 500


def test_scripts_that_events_send_are_data(made: Workshop) -> None:
    assert made.load(app('rx.button("a", on_click=rx.call_script("((("))')).module.code


def test_a_page_that_is_saved_again_is_refused_again_until_it_is_right(made: Workshop) -> None:
    made.load(app("rx.text(S.count)"))

    assert refused(made, "rx.text(S.count), rx.text(late)")
    assert refused(made, "rx.text(S.count), rx.text(late)")
    assert made.load(app("rx.text(S.count)")).module.code


def test_only_what_changed_is_parsed(made: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    parsed: list[str] = []

    class Parser(JavaScriptParser):
        def mistake_in(self, statements: str) -> Mistake | None:
            parsed.append(statements)
            return super().mistake_in(statements)

    monkeypatch.setattr(javascript_rules, "PARSER", Parser())
    made.load(app('rx.text(S.count), rx.button("a", on_click=S.take("b"))'))
    at_first = len(parsed)
    parsed.clear()

    made.load(app('rx.text(S.count), rx.button("a", on_click=S.take("c"))'))

    assert at_first > 2
    assert len(parsed) == 2  # the page and the button, not the text
