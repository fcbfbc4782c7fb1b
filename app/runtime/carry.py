"""Carrying the state of a session from one version of an app to another.

State leaves a version as plain values (`Parked`) and enters the next one by name and type. The same
way serves a swap, a rollback and a session that slept over several versions.
"""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from app.bridge import instances
from app.bridge.patches import is_client_module
from app.bridge.types import BaseState
from app.runtime.version import LoadedVersion


@dataclass(frozen=True)
class Var:
    """Value and declared type of one var."""

    value: Any
    type: str


@dataclass(frozen=True)
class Parked:
    """The values of an app's states, without any class of the version they come from.

    Attributes:
        version: the author's version string.
        states: full state name -> var name -> value and type.
    """

    version: str
    states: Mapping[str, Mapping[str, Var]]


class _Lost(Exception):
    """A value has no counterpart in the new version."""


def park(found: Mapping[str, BaseState], version: str) -> Parked:
    """Take the values out of a version's state instances."""
    return Parked(version, {name: _vars_of(state) for name, state in found.items()})


def unpark(
    parked: Parked, made: Mapping[str, BaseState], version: LoadedVersion
) -> tuple[str, ...]:
    """Fill new instances of `version` with parked values.

    Returns:
        "<state>.<var>" of vars that exist in both but could not be carried over.
    Raises whatever the app's `upgrade` raises.
    """
    lost: list[str] = []
    for name, state in made.items():
        before = dict(parked.states.get(name, {}))
        values = {var: held.value for var, held in before.items()}
        if before:
            values = version.entry.upgrade(type(state).__name__, values, parked.version)
        for var, value in values.items():
            if not _carry(state, var, value, before.get(var), version):
                lost.append(f"{type(state).__name__}.{var}")
    return tuple(lost)


def _vars_of(state: BaseState) -> dict[str, Var]:
    cls = type(state)
    return {
        name: Var(value, instances.type_name(cls.__fields__[name].type_))
        for name, value in instances.base_values(state).items()
    }


def _carry(
    state: BaseState, name: str, value: Any, before: Var | None, version: LoadedVersion
) -> bool:
    declared = instances.own_field(type(state), name)
    if declared is None:
        return True  # the var was removed: nothing is lost that anybody can see
    try:
        value = rebind(value, version)
    except _Lost:
        return False
    same = before is not None and before.type == instances.type_name(declared.type_)
    if not same and not instances.fits(value, declared.type_):
        return False
    instances.set_raw(state, name, value)
    return True


def rebind(value: Any, version: LoadedVersion) -> Any:
    """Return `value` with every object of a class of the app rebuilt from that class in `version`.

    Otherwise `isinstance` and comparisons of Enum members would fail in the new code.

    Raises:
        _Lost: the class is gone or does not take the value any more.
    """
    cls = type(value)
    if cls is list:
        return [rebind(item, version) for item in value]
    if cls is dict:
        return {rebind(k, version): rebind(v, version) for k, v in value.items()}
    if cls in (set, frozenset, tuple):
        return cls(rebind(item, version) for item in value)
    if not is_client_module(cls.__module__):
        return value
    target = _class_in(version, cls)
    if target is cls:
        return value
    try:
        return _rebuild(value, target, version)
    except (TypeError, ValueError, KeyError, AttributeError) as error:
        raise _Lost(str(error)) from error


def _rebuild(value: Any, target: type, version: LoadedVersion) -> Any:
    if isinstance(value, enum.Enum):
        return target[value.name]  # type: ignore[index]
    if isinstance(value, BaseModel):
        return target.model_validate(value.model_dump())  # type: ignore[attr-defined]
    if dataclasses.is_dataclass(value) and dataclasses.is_dataclass(target):
        return _rebuild_dataclass(value, target, version)
    if isinstance(value, Sequence):
        return target(*(rebind(item, version) for item in value))
    rebuilt: Any = object.__new__(target)
    vars(rebuilt).update({k: rebind(v, version) for k, v in vars(value).items()})
    return rebuilt


def _rebuild_dataclass(value: Any, target: Any, version: LoadedVersion) -> Any:
    names = {field.name for field in dataclasses.fields(target) if field.init}
    kept = {
        field.name: rebind(getattr(value, field.name), version)
        for field in dataclasses.fields(value)
        if field.name in names
    }
    return target(**kept)


def _class_in(version: LoadedVersion, cls: type) -> type:
    module = version.package.modules.get(cls.__module__)
    found: Any = module
    for part in cls.__qualname__.split("."):
        found = getattr(found, part, None)
    if not isinstance(found, type):
        raise _Lost(f"{cls.__module__}.{cls.__qualname__} is gone")
    return found
