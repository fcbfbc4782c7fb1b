"""Whether what a browser sends fits what a handler declares."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import pytest
import reflex as rx
from reflex import app as reflex_app
from reflex.state import StateUpdate
from reflex_base.event import EventHandler
from reflex_base.event.processor import base_state_processor
from reflex_base.event.processor.base_state_processor import _prepare_event_payload
from reflex_base.registry import RegisteredEventHandler, RegistrationContext
from reflex_base.vars import base

from app.bridge.sockets import arguments
from app.bridge.states import registration


@dataclass
class Point:
    x: int


class Handlers(rx.State):
    kept: str = ""

    @rx.event
    def none(self) -> None: ...

    @rx.event
    def number(self, value: int, unit: str = "") -> None: ...

    @rx.event
    def ratio(self, value: float) -> None: ...

    @rx.event
    def choice(self, value: Literal["a", "b"] | None) -> None: ...

    @rx.event
    def names(self, value: list[str]) -> None: ...

    @rx.event
    def point(self, value: Point) -> None: ...

    @rx.event
    def any(self, value: Any) -> None: ...

    # Authors may leave types out: that is what is tried.
    @rx.event
    def bare(self, value, **more) -> None: ...  # type: ignore[no-untyped-def]


def fit(name: str, payload: dict[str, Any]) -> bool:
    handler = Handlers.event_handlers[name]
    assert isinstance(handler, EventHandler)
    return arguments.fit(RegisteredEventHandler(handler=handler, states=(Handlers,)), payload)


@pytest.mark.parametrize(
    ("name", "payload"),
    [
        ("none", {}),
        ("number", {"value": 1}),
        ("number", {"value": "1", "unit": "m"}),
        ("ratio", {"value": 1}),
        ("choice", {"value": "a"}),
        ("choice", {"value": None}),
        ("names", {"value": ["a"]}),
        ("point", {"value": {"x": 1}}),
        ("any", {"value": [{}]}),
        ("bare", {"value": {}, "other": 1}),
    ],
)
def test_what_a_handler_declares_fits(name: str, payload: dict[str, Any]) -> None:
    assert fit(name, payload)


@pytest.mark.parametrize(
    ("name", "payload"),
    [
        ("none", {"value": 1}),
        ("none", {"self": 1}),
        ("number", {}),
        ("number", {"value": 1, "other": 2}),
        ("number", {"value": "one"}),
        ("number", {"value": None}),
        ("number", {"value": 1, "unit": 2}),
        ("ratio", {"value": []}),
        ("choice", {"value": "c"}),
        ("names", {"value": {"a": 1}}),
        ("point", {"value": {"y": 1}}),
        ("point", {"value": 1}),
    ],
)
def test_what_it_does_not_declare_does_not(name: str, payload: dict[str, Any]) -> None:
    assert not fit(name, payload)


LOGGERS = [logging.getLogger(m.__name__) for m in (base_state_processor, base, reflex_app)]


@pytest.fixture
def loud() -> Iterator[None]:
    yield
    for logger in LOGGERS:
        logger.removeFilter(arguments.without_values)


@pytest.mark.usefixtures("loud")
async def test_a_background_event_of_a_closed_tab_does_not_fill_the_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    # Other tests of this process may have made an app already.
    with registration.active(RegistrationContext.get().fork()):
        namespace = reflex_app.EventNamespace("/_event", rx.App())

    async def change() -> None:
        await namespace.emit_update(StateUpdate(delta={"state": {"ticks": 1}}), "secret-token")

    await change()
    assert "secret-token" in caplog.text
    caplog.clear()
    arguments.quieten()
    await change()
    assert not caplog.records


@pytest.mark.usefixtures("loud")
def test_reflex_logs_no_values_that_browsers_sent(caplog: pytest.LogCaptureFixture) -> None:
    def send() -> None:
        _prepare_event_payload(Handlers.event_handlers["number"], {"value": "hush"})
        # The wrong type on purpose.
        Handlers().kept = ["hush"]  # type: ignore[assignment]

    send()
    assert caplog.text.count("hush") == 2
    caplog.clear()
    arguments.quieten()
    arguments.quieten()
    send()
    assert not caplog.records
    assert all(logger.filters.count(arguments.without_values) == 1 for logger in LOGGERS)
