"""Changes that no browser has seen are taken back: what was assigned, and what was changed in
place.
"""

from __future__ import annotations

import inspect
from typing import Any

import pytest
from reflex.istate.proxy import MutableProxy
from reflex_base.vars import base
from reflex_base.vars.base import Field

from app.bridge.states import undo
from app.cell.attach import attach
from tests.unit.apps.loading import Workshop

BODY = """
import collections
from dataclasses import dataclass
from typing import Any

@dataclass(slots=True)
class Slotted:
    name: str = "slotted"

@dataclass
class Plain:
    name: str = "plain"

class Values(rx.State):
    count: int = 1
    items: list[list[int]] = [[1], [2]]
    table: dict[str, list[int]] = {"a": [1]}
    ordered: dict[str, int] = collections.OrderedDict(a=1, b=2)
    chosen: set[int] = {1}
    slotted: Slotted = Slotted()
    plain: Plain = Plain()
    _hidden: list[int] = [1]

class Below(Values):
    deeper: int = 1
"""


@pytest.fixture
def states(made: Workshop) -> tuple[Any, Any]:
    """The root of a session, and the state Values in it."""
    version = made.states(BODY)
    session, root = made.session()
    attach(session, root, version)
    name = next(n for n in version.tree.classes if n.endswith("____values"))
    state = root.get_substate(name.split("."))
    undo.commit(root)
    return root, state


def change_all(state: Any) -> None:
    state.count += 1
    state.items[0].append(9)
    state.items.append([3])
    state.table["a"].clear()
    state.table["b"] = [2]
    state.ordered.pop("a", None)
    state.chosen.add(2)
    state.slotted.name = "changed"
    state.plain.name = "changed"
    state.plain.more = 1
    state._hidden.append(2)


def seen(state: Any) -> Any:
    return (
        state.count,
        [list(item) for item in state.items],
        {key: list(value) for key, value in state.table.items()},
        list(state.ordered.items()),
        set(state.chosen),
        state.slotted.name,
        dict(vars(state.plain.__wrapped__)),
        list(state._hidden),
    )


def test_everything_is_as_it_was(states: tuple[Any, Any]) -> None:
    root, state = states
    before = seen(state)
    change_all(state)
    change_all(state)
    assert seen(state) != before
    assert undo.roll_back(root)
    assert seen(state) == before


def test_what_was_changed_through_another_state_is_as_it_was(states: tuple[Any, Any]) -> None:
    root, state = states
    (below,) = state.substates.values()
    below.count, below.deeper = 5, 6
    undo.roll_back(root)
    assert (state.count, below.deeper) == (1, 1)


def test_what_was_committed_stays(states: tuple[Any, Any]) -> None:
    root, state = states
    state.items[0].append(9)
    undo.commit(root)
    state.items[0].append(10)
    undo.roll_back(root)
    assert list(state.items[0]) == [1, 9]
    assert not undo.roll_back(root)


def test_one_session_keeps_no_more_objects_than_allowed(
    states: tuple[Any, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    root, state = states
    monkeypatch.setattr(undo, "MOST_OBJECTS", 1)
    change_all(state)
    assert len(vars(root)[undo._LOG].objects) == 1


def test_reflex_marks_changes_where_they_are_noted() -> None:
    assert list(inspect.signature(base._owner_state).parameters) == ["state", "owner"]
    expected = ["self", "wrapped", "instance", "args", "kwargs"]
    assert list(inspect.signature(MutableProxy._mark_dirty).parameters) == expected
    assert Field._proxy is MutableProxy
