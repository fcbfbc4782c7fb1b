"""Every version of an app has a registry of its own; the core's never learns of an app."""

from __future__ import annotations

import asyncio
import dataclasses
from typing import Any

import pytest
from reflex.compiler.utils import compile_state
from reflex.state import State
from reflex_base.event import EventHandler
from reflex_base.registry import RegisteredEventHandler, RegistrationContext

from app.bridge.states import registration
from tests.unit.apps.loading import Workshop

COUNTER = """
class Counter(rx.State):
    count: int = 0

    @rx.var
    def double(self) -> int:
        return self.count * 2

    @rx.var
    def where(self) -> str:
        return self.rx_router_url.path

    @rx.event
    def increment(self):
        self.count += 1

class Below(Counter):
    more: int = 0
"""


def test_the_registry_has_the_fields_that_a_fork_copies() -> None:
    """A field that Reflex adds must be looked at: is it the core's, or every version's own?"""
    assert {field.name for field in dataclasses.fields(RegistrationContext)} == {
        "event_handlers",
        "base_states",
        "base_state_substates",
        "_config",
        "decorated_pages",
        "bundled_libraries",
        "_explicit_bundled_libraries",
        "_app",
        "_memoized_event_triggers",
        "_bound_event_chains",
        "_memo_body_analyses",
    }


def test_reflex_reads_its_registry_from_the_context_variable(made: Workshop) -> None:
    fork = registration.fork(made.core)
    with registration.active(fork), registration.active(fork):
        assert RegistrationContext.get() is fork
    assert RegistrationContext.get() is made.core


def test_the_core_stays_as_it_was_however_many_apps_are_loaded(made: Workshop) -> None:
    def seen() -> Any:
        schema, initial = State._to_frontend_schema(), compile_state(State)
        root = State(_reflex_internal_init=True)
        hydrated = asyncio.run(_resolved(root))
        tree = sorted(made.core.base_states)
        return schema, initial, hydrated, tree, sorted(made.core.event_handlers), _names(root)

    before = seen()
    made.states(COUNTER)
    made.states(COUNTER.replace("count: int", "added: str = ''\n    count: int"))
    made.load({"entry.py": ENTRY_OF_ANOTHER}, "globex/other")
    assert seen() == before


ENTRY_OF_ANOTHER = """
import reflex as rx
from app.sdk import DynamicApp

class Other(rx.State):
    text: str = ""

def index():
    return rx.text(Other.text)

class AppEntry(DynamicApp):
    name = "Other"
    pages = {"/": index}
"""


async def _resolved(root: State) -> str:
    from reflex.istate.delta import _resolve_delta

    return repr(sorted((await _resolve_delta(root.dict())).items()))


def _names(state: Any) -> Any:
    return {name: _names(below) for name, below in state.substates.items()}


def test_a_version_has_its_states_and_handlers_on_top_of_the_cores(made: Workshop) -> None:
    version = made.states(COUNTER)
    own = registration.own_states(made.core, version.registration)
    assert [state.__name__ for state in own] == ["Counter", "Below"]
    handlers = registration.own_handlers(made.core, version.registration)
    assert {name.rpartition(".")[2] for name in handlers} >= {"increment"}
    assert not handlers.keys() & made.core.event_handlers.keys()
    with registration.active(version.registration):
        assert own[0] in State.get_substates()
    assert own[0] not in State.get_substates()


def test_states_are_listed_in_one_order_on_every_machine(made: Workshop) -> None:
    body = "".join(f"class S{number}(rx.State): ...\n" for number in (3, 1, 2))
    version = made.states(body + "class Below(S3): ...\n")
    names = [state.__name__ for state in version.tree.classes.values()]
    assert names == ["S1", "S2", "S3", "Below"]


def test_two_versions_of_a_state_live_under_one_name(made: Workshop) -> None:
    one, two = made.states(COUNTER), made.states(COUNTER)
    name = one.tree.tops[0]
    assert one.tree.classes[name] is not two.tree.classes[name]
    with registration.active(one.registration):
        assert State.get_class_substate(name) is one.tree.classes[name]
    with registration.active(two.registration):
        assert State.get_class_substate(name) is two.tree.classes[name]


def test_a_merged_registry_has_the_states_of_all_its_parts(made: Workshop) -> None:
    one = made.states(COUNTER)
    two = made.load({"entry.py": ENTRY_OF_ANOTHER}, "globex/other")
    merged = registration.merge(made.core, [one.registration, two.registration])
    assert merged.base_states.keys() >= one.tree.classes.keys() | two.tree.classes.keys()
    with registration.active(merged):
        below = {state.__name__ for state in State.get_substates()}
        assert {"Counter", "Other"} <= below
        assert State.get_class_substate(one.tree.tops[0]) is one.tree.classes[one.tree.tops[0]]
    assert "Counter" not in {state.__name__ for state in State.get_substates()}


def test_the_root_state_is_named_as_events_name_it() -> None:
    assert State.get_full_name() == "reflex___state____state"


class _Handlers:
    def __init__(self) -> None:
        self.asked: list[str] = []
        self.known = RegisteredEventHandler(handler=EventHandler(fn=lambda: None), states=())

    def __call__(self, name: str) -> RegisteredEventHandler | None:
        self.asked.append(name)
        return self.known if name == "theirs" else None


def test_events_of_apps_are_looked_up_elsewhere_and_the_cores_are_not(made: Workshop) -> None:
    fallback = _Handlers()
    own = "reflex___state____state.hydrate"
    registration.answer_unknown_events(made.core, fallback)
    table = made.core.event_handlers
    assert table[own] is table.get(own)
    assert fallback.asked == []
    assert table["theirs"] is table.get("theirs") is fallback.known
    assert table.get("nobodys") is None
    assert table.get("nobodys", 1) == 1
    with pytest.raises(KeyError, match="nobodys"):
        table["nobodys"]
    assert "theirs" not in table
    assert "theirs" not in list(table)


def test_reflex_asks_the_table_by_subscript_and_by_get() -> None:
    """`answer_unknown_events` overrides exactly the two ways in which Reflex asks."""
    import inspect

    from reflex_base.event.processor import event_processor
    from reflex_components_core.core import _upload

    asked = "event_handlers[", "event_handlers.get("
    for module in (event_processor, _upload):
        assert any(way in inspect.getsource(module) for way in asked), module.__name__
