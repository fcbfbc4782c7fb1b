"""Carrying the state of a session from one version of an app to another.

State leaves a version as plain values (`Parked`) and enters the next one by name and type. The same
way serves a swap, a rollback and a session that slept over several versions.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.bridge import instances
from app.bridge.types import BaseState
from app.runtime.values import holds_former, pack, unpack
from app.runtime.version import LoadedVersion


@dataclass(frozen=True)
class Var:
    """One var on its way between two versions.

    Attributes:
        value: see `app.runtime.values.pack`.
        type: the declared type.
        is_default: whether it still has the default of the version that it comes from.
    """

    value: Any
    type: str
    is_default: bool = False


@dataclass(frozen=True)
class Parked:
    """The values of an app's states, without any class of the version they come from.

    Attributes:
        version: the author's version string.
        states: full state name -> var name -> value and type.
    """

    version: str
    states: Mapping[str, Mapping[str, Var]]


@dataclass(frozen=True)
class _Arriving:
    """A value on its way into a version: as it was built, before the app's `upgrade` saw it."""

    value: Any
    type: str
    complete: bool
    is_default: bool


def park(found: Mapping[str, BaseState], version: str) -> Parked:
    """Take the values out of a version's state instances."""
    return Parked(version, {name: _vars_of(state) for name, state in found.items()})


def unpark(
    parked: Parked, made: Mapping[str, BaseState], version: LoadedVersion
) -> tuple[str, ...]:
    """Fill new instances of `version` with parked values.

    Objects of the app's classes are built again from the classes of `version`: otherwise
    `isinstance` and comparisons of Enum members would fail in the new code.

    Returns:
        "<state>.<var>" of vars that exist in both but could not be carried over.
    Raises whatever the app's `upgrade` raises.
    """
    lost: list[str] = []
    for name, state in made.items():
        before = {var: _arrive(held, version) for var, held in parked.states.get(name, {}).items()}
        values = {var: arriving.value for var, arriving in before.items()}
        if before:
            values = version.entry.upgrade(type(state).__name__, values, parked.version)
        for var, value in values.items():
            if not _carry(state, var, value, before.get(var)):
                lost.append(f"{type(state).__name__}.{var}")
    return tuple(lost)


def _vars_of(state: BaseState) -> dict[str, Var]:
    fields: Mapping[str, Any] = type(state).__fields__
    return {
        name: Var(
            pack(value),
            instances.type_name(fields[name].outer_type_),
            instances.is_default(state, name, instances.without_proxy(value)),
        )
        for name, value in instances.base_values(state).items()
    }


def _arrive(held: Var, version: LoadedVersion) -> _Arriving:
    value, complete = unpack(held.value, version.package.modules)
    return _Arriving(value, held.type, complete, held.is_default)


def _carry(state: BaseState, name: str, value: Any, before: _Arriving | None) -> bool:
    declared: Any = instances.own_field(type(state), name)
    if declared is None:
        return True  # the var was removed: nothing is lost that anybody can see
    if before is not None and not before.complete and holds_former(value):
        return False
    kept = before is not None and before.value is value
    if before is not None and kept and before.is_default:
        return True  # nobody changed it: it has the default of the new version
    same = before is not None and before.type == instances.type_name(declared.outer_type_)
    # What `upgrade` put there is checked; a value that stayed may be outside its type, as in any
    # Reflex app.
    if not (kept and same) and not instances.fits(value, declared.outer_type_):
        return False
    instances.keep(state, name, value)
    return True
