"""Which events compiled JavaScript names, and those that come as a text inside of a message."""

from __future__ import annotations

import json
from typing import Any

import pytest
import reflex as rx
from reflex_base.event import Event
from reflex_base.utils.format import format_event_handler

from app.bridge.compiling.named_events import events_named
from tests.unit.apps.loading import Workshop

APP = """
import reflex as rx
from app.sdk import DynamicApp


class HomeState(rx.State):
    count: int = 0
    text: str = ""
    names: list[str] = []

    def set_text(self, value: str): self.text = value
    def set_count(self, value: int): self.count = value
    def clicked(self): self.helped()
    def typed(self, value: str): self.text = value
    def in_lambda(self, value: str): self.text = value
    def in_list(self, value: str): self.text = value
    def sent(self, form: dict): pass
    def called_back(self, value: str): pass
    async def uploaded(self, files: list[rx.UploadFile]): pass
    def helped(self): self.count += 1
    @rx.event
    def declared(self): pass


@rx.memo
def part(label: str) -> rx.Component:
    return rx.button(label, on_click=HomeState.in_lambda("memo"))


def index():
    return rx.box(
        rx.button("a", on_click=HomeState.clicked),
        rx.input(on_change=HomeState.setvar("text")),
        rx.input(on_blur=HomeState.typed),
        rx.button("b", on_click=lambda: HomeState.in_lambda("x")),
        rx.foreach(HomeState.names, lambda name: rx.button(name, on_click=HomeState.in_list(name))),
        rx.form(rx.input(name="x"), on_submit=HomeState.sent),
        rx.button("c", on_click=rx.call_script("1", callback=HomeState.called_back)),
        rx.upload(on_drop=HomeState.uploaded(rx.upload_files("up")), id="up"),
    )


class AppEntry(DynamicApp):
    name = "Made"
    version = "1.0.0"
    pages = {"/": index}
"""


def test_what_a_page_names_and_what_is_declared_is_open_and_nothing_else(made: Workshop) -> None:
    version = made.load(APP)
    (state,) = version.tree.classes
    short = {name.removeprefix(f"{state}.") for name in version.open_events.events}
    assert short == {
        "clicked",
        "typed",
        "in_lambda",
        "in_list",
        "sent",
        "called_back",
        "uploaded",
        "declared",
    }
    assert version.open_events.setters == {(f"{state}.setvar", "text")}
    assert {f"{state}.helped", f"{state}.set_count", f"{state}.setvar"} <= version.handlers.keys()


@pytest.mark.parametrize("depth", range(3))
def test_a_component_in_a_message_names_its_events(made: Workshop, depth: int) -> None:
    version = made.load(APP)
    text = version.module.code
    for _ in range(depth):
        text = json.dumps({"delta": text})
    assert events_named(text) == events_named(version.module.code)
    assert events_named(text)


class Asking(rx.State):
    answer: str = ""

    @rx.event
    def set_answer(self, value: str) -> None:
        self.answer = value


@pytest.mark.parametrize(
    "callback",
    [Asking.setvar("answer"), lambda result: Asking.setvar("answer", result)],
    ids=["handler", "lambda"],
)
def test_what_a_script_calls_back_may_set_the_var_that_it_names(callback: Any) -> None:
    (event,) = Event.from_event_type(rx.call_script("6 * 7", callback=callback))
    name = f"{Asking.get_full_name()}.setvar"
    assert events_named(json.dumps(event.payload)).setters == {(name, "answer")}


def test_a_setter_opens_no_var_whose_name_is_made_in_the_browser() -> None:
    assert not events_named('ReflexEvent("a.b.setvar", ({ ["var_name"] : name, ["value"] : 1 }))')
    assert not events_named('ReflexEvent("a.b.setvar", {var_name:name,value:1})')
    assert not events_named('ReflexEvent("a.b.setvar", ({  }))')
    assert not events_named('say("a.b.clicked")')


def test_reflex_still_writes_events_so(made: Workshop) -> None:
    version = made.load(APP)
    (cls,) = version.tree.classes.values()
    assert f'ReflexEvent("{format_event_handler(cls.event_handlers["clicked"])}"' in (
        version.module.code
    )
