"""Values as bytes: whoever keeps them puts newer ones in their places, and reads none."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.cell.values import written
from app.cell.values.parked import Aside, Parked, Var
from app.cell.values.upgrading import StateName

NAMES = st.sampled_from(["a", "b", "c"])
VALUES = st.integers() | st.text(max_size=5) | st.lists(st.integers(), max_size=3)
STATES = st.dictionaries(st.sampled_from(["s", "t"]), st.dictionaries(NAMES, VALUES))


def parked(states: dict[str, dict[str, Any]]) -> Parked:
    held = {state: {n: Var(v, "t") for n, v in found.items()} for state, found in states.items()}
    names = {state: StateName("entry", state) for state in states}
    return Parked("1.0", held, names, 3, "digest", {("s", "a"): {"int": Aside(Var(1, "int"), "x")}})


def changed(states: dict[str, dict[str, Any]]) -> bytes:
    return written.changed(
        (state, name, Var(value, "t"))
        for state, found in states.items()
        for name, value in found.items()
    )


@given(STATES)
def test_values_are_read_as_they_were_written(states: dict[str, dict[str, Any]]) -> None:
    assert written.from_bytes(written.to_bytes(parked(states), [])) == parked(states)


@given(STATES, STATES)
def test_newer_values_take_the_places_of_others(
    before: dict[str, dict[str, Any]], newer: dict[str, dict[str, Any]]
) -> None:
    values = written.to_bytes(parked(before), [])
    merged = written.from_bytes(written.with_changes(values, written.parts(changed(newer))))
    for state in before.keys() | newer.keys():
        wanted = {**before.get(state, {}), **newer.get(state, {})}
        assert {n: var.value for n, var in merged.states.get(state, {}).items()} == wanted
    assert (merged.version, merged.number, merged.source) == ("1.0", 3, "digest")
    assert merged.asides == parked({}).asides


@given(STATES, STATES)
def test_what_differs_makes_the_one_the_other(
    before: dict[str, dict[str, Any]], newer: dict[str, dict[str, Any]]
) -> None:
    after = {
        state: {**before.get(state, {}), **newer.get(state, {})}
        for state in before.keys() | newer.keys()
    }
    values = [written.to_bytes(parked(states), []) for states in (before, after)]
    changes = written.different(values[0], values[1])
    assert written.from_bytes(
        written.with_changes(values[0], written.parts(changes))
    ).states.keys() >= {state for state, found in after.items() if found}
    for state, name, var in written.vars_in(changes):
        assert after[state][name] == var.value
        assert before.get(state, {}).get(name) != var.value or name not in before.get(state, {})


@given(st.binary(max_size=60))
def test_what_is_no_values_is_refused(data: bytes) -> None:
    with pytest.raises(written.NoValues):
        written.from_bytes(data)


def test_values_that_are_cut_off_are_refused() -> None:
    values = written.to_bytes(parked({"s": {"a": "text"}}), [])
    for end in range(len(values)):
        with pytest.raises(written.NoValues):
            written.from_bytes(values[:end])
    with pytest.raises(written.NoValues):
        written.from_bytes(values + b"x")
