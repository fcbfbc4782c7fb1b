"""Carrying the state of a session from one version of an app to another.

State leaves a version as plain values (`Parked`) and enters the next one by name and type. The same
way serves a swap, a rollback and a session that slept over several versions. What a version has no
place for is kept beside its values (`Kept`), and goes on with them.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import structlog

from app.bridge import instances
from app.bridge.types import BaseState
from app.runtime.beside import Room
from app.runtime.building import Builder
from app.runtime.fields import type_name
from app.runtime.upgrading import StateName, Values, rewrites, upgraded
from app.runtime.values import Packer, Remembered, holds_former
from app.runtime.version import LoadedVersion

log = structlog.get_logger("graft")

_LONG = re.compile(r"\b(?:client_apps(?:\.\w+){3,}\.|builtins\.|typing\.)")


@dataclass(frozen=True)
class Var:
    """One var on its way between two versions.

    Attributes:
        value: see `app.runtime.values.Packer.take`.
        type: the declared type.
        is_default: whether it still has the default of the version that it comes from.
    """

    value: Any
    type: str
    is_default: bool = False


@dataclass(frozen=True)
class Aside:
    """A var that a version had no place for.

    Attributes:
        source: digest of the version that it comes from.
        taken: number of the version whose `upgrade` took it; None when nobody asked for that. What
            was taken comes back in former versions only.
    """

    var: Var
    source: str = ""
    taken: int | None = None


Asides = Mapping[tuple[str, str], Mapping[str, Aside]]
"""(Full name of a state, var) -> type -> what is kept."""


@dataclass(frozen=True)
class Kept:
    """What a session has beside the values of the version that it has.

    Attributes:
        asides: vars.
        objects: attributes of objects.
    """

    asides: Asides = field(default_factory=dict)
    objects: Remembered = field(default_factory=dict)


@dataclass(frozen=True)
class Parked:
    """The values of an app's states, without any class of the version they come from.

    Attributes:
        version: the author's version string.
        states: full state name -> var name -> value and type.
        names: full state name -> what the author calls the state.
        source: digest of the version.
        asides: what former versions had.
    """

    version: str
    states: Mapping[str, Mapping[str, Var]]
    names: Mapping[str, StateName] = field(default_factory=dict)
    source: str = ""
    asides: Asides = field(default_factory=dict)


@dataclass(frozen=True)
class Lost:
    """A value that is not as it was.

    Attributes:
        name: "<state>.<var>".
        why: what was in the way.
        file: where the state is declared, relative to the app's folder.
    """

    name: str
    why: str
    file: str = ""

    def __str__(self) -> str:
        return f"{self.name}: {self.why}"


@dataclass(frozen=True)
class Arrived:
    """What came of filling a version's states."""

    lost: tuple[Lost, ...] = ()
    kept: Kept = Kept()


def park(
    found: Mapping[str, BaseState], version: LoadedVersion, kept: Kept | None = None
) -> Parked:
    """Take the values out of a version's state instances, with what is kept beside them."""
    kept = kept or Kept()
    packer = Packer(kept.objects)
    return Parked(
        version.info.version,
        {name: _vars_of(state, packer) for name, state in found.items()},
        {name: StateName.of(type(state)) for name, state in found.items()},
        version.source.digest,
        kept.asides,
    )


def unpark(parked: Parked, made: Mapping[str, BaseState], version: LoadedVersion) -> Arrived:
    """Fill new instances of `version` with parked values.

    Objects of the app's classes are built again from the classes of `version`: otherwise
    `isinstance` and comparisons of Enum members would fail in the new code.

    Returns what could not be carried over as it was, and what is kept for other versions.
    Raises whatever the app's `upgrade` raises.
    """
    return _Arrival(parked, made, version).arrive()


def _vars_of(state: BaseState, packer: Packer) -> dict[str, Var]:
    fields: Mapping[str, Any] = type(state).__fields__
    return {
        name: Var(
            packer.take(value),
            type_name(fields[name].outer_type_),
            instances.is_default(state, name, instances.without_proxy(value)),
        )
        for name, value in instances.base_values(state).items()
    }


class _Arrival:
    """One session's values on their way into a version."""

    def __init__(
        self, parked: Parked, made: Mapping[str, BaseState], version: LoadedVersion
    ) -> None:
        self._made = made
        self._version = version
        self._names = {name: StateName.of(type(state)) for name, state in made.items()}
        self._parked = where_classes_are(parked, self._names)
        self._room = Room()
        self._builder = Builder(version.package.modules, self._room, fresh=rewrites(version.entry))
        self._built = {
            (state, name): self._builder.take(var.value)
            for state, name, var in _each_var(self._parked)
        }
        self._by_value = {id(built.value): built for built in self._built.values()}
        self._lost: list[Lost] = []
        self._asides: dict[tuple[str, str], dict[str, Aside]] = {}

    def arrive(self) -> Arrived:
        """Fill the states."""
        values = self._upgraded()
        self._builder.settle()
        for state, instance in self._made.items():
            declared = instances.own_vars(type(instance))
            for name in declared:
                self._arrive(state, name, values.get(state, {}))
            known = {*declared, *self._parked.states.get(state, ())}
            for name in values.get(state, {}).keys() - known:
                self._lose(state, name, "upgrade put a value there, and there is no such var")
        self._builder.settle()
        self._keep_what_is_gone(values)
        if self._room.is_full:
            log.warning("not all values of former versions are kept", app=self._version.info.id)
        return Arrived(tuple(self._lost), Kept(self._asides, self._builder.remembered))

    def _upgraded(self) -> Values:
        values: Values = {state: {} for state in self._parked.states}
        for (state, name), built in self._built.items():
            values[state][name] = built.value
        if not self._built:
            return values
        parked = self._parked
        values, unknown = upgraded(
            self._version.entry, values, parked.names, self._names, parked.version
        )
        why = "upgrade put values there, and there is no such state"
        self._lost += [Lost(name, why) for name in unknown]
        return values

    def _arrive(self, state: str, name: str, values: Mapping[str, Any]) -> None:
        """Fill one var."""
        held = self._parked.states.get(state, {}).get(name)
        asides = dict(self._parked.asides.get((state, name), {}))
        wanted = self._wanted(state, name)
        outcome = self._place(state, name, values[name]) if name in values else "nothing"
        if outcome == "carried" or (
            # What `upgrade` took away stays away.
            not (outcome == "nothing" and held is not None)
            and self._restore(state, name, asides.get(wanted))
        ):
            asides.pop(wanted, None)
        elif outcome == "unfit":
            self._lose(state, name, self._why_unfit(state, name, values[name]))
        if held is not None and not held.is_default:
            if outcome == "nothing":
                self._put_aside(state, name, held, taken=self._version.info.number)
            elif outcome == "unfit" or (outcome == "carried" and held.type != wanted):
                self._put_aside(state, name, held)
        self._go_on_keeping(state, name, asides)

    def _place(self, state: str, name: str, value: Any) -> Literal["carried", "default", "unfit"]:
        """Put a value into a var if it fits."""
        held = self._parked.states.get(state, {}).get(name)
        built = self._built.get((state, name))
        stayed = built is not None and built.value is value
        if self._is_broken(value):
            return "unfit"
        if held is not None and stayed and held.is_default:
            return "default"  # nobody changed it: it has the default of the new version
        same = held is not None and held.type == self._wanted(state, name)
        # What `upgrade` put there is checked; a value that stayed may be outside its type, as in
        # any Reflex app.
        if not (stayed and same) and not instances.fits(value, self._declared(state, name)):
            return "unfit"
        instances.keep(self._made[state], name, value)
        self._tell_why(state, name, value)
        return "carried"

    def _restore(self, state: str, name: str, aside: Aside | None) -> bool:
        """Give a var what a former version had, if there is something."""
        version = self._version
        if aside is None or not (
            aside.taken is None
            or version.source.digest == aside.source
            or version.info.number < aside.taken
        ):
            return False
        built = self._builder.take(aside.var.value)
        if self._is_broken(built.value):
            return False
        instances.keep(self._made[state], name, built.value)
        self._by_value[id(built.value)] = built
        self._tell_why(state, name, built.value)
        return True

    def _is_broken(self, value: Any) -> bool:
        return not self._builder.complete and holds_former(value)

    def _declared(self, state: str, name: str) -> Any:
        fields: Mapping[str, Any] = type(self._made[state]).__fields__
        return fields[name].outer_type_

    def _wanted(self, state: str, name: str) -> str:
        return type_name(self._declared(state, name))

    # What is told

    def _lose(self, state: str, name: str, why: str) -> None:
        file = f"{self._names[state].module.replace('.', '/')}.py"
        self._lost.append(Lost(f"{self._names[state].name}.{name}", why, file))

    def _tell_why(self, state: str, name: str, value: Any) -> None:
        built = self._by_value.get(id(value))
        for why, count in built.why.items() if built is not None else ():
            self._lose(state, name, f"{why} ({count} times)" if count > 1 else why)

    def _why_unfit(self, state: str, name: str, value: Any) -> str:
        built = self._by_value.get(id(value))
        if built is not None and built.why:
            return "; ".join(built.why)
        held = self._parked.states.get(state, {}).get(name)
        wanted = _short(self._wanted(state, name))
        stayed = built is not None and built is self._built.get((state, name))
        if held is None or not stayed:
            return f"upgrade put {type(value).__name__} there, which is no {wanted}"
        return f"it was {_short(held.type)} and is {wanted} now"

    # What is kept

    def _put_aside(self, state: str, name: str, held: Var, taken: int | None = None) -> None:
        aside = Aside(held, self._parked.source, taken)
        if self._room.take(held.value):
            self._asides.setdefault((state, name), {})[held.type] = aside

    def _go_on_keeping(self, state: str, name: str, asides: Mapping[str, Aside]) -> None:
        for kind, aside in asides.items():
            newer = self._asides.get((state, name), {})
            if kind not in newer and self._room.take(aside.var.value):
                self._asides.setdefault((state, name), {})[kind] = aside

    def _keep_what_is_gone(self, values: Values) -> None:
        """Keep the vars and states that this version does not have."""
        has = {
            (state, name)
            for state, instance in self._made.items()
            for name in instances.own_vars(type(instance))
        }
        for state, name, var in _each_var(self._parked):
            if (state, name) not in has and not var.is_default:
                taken = None if name in values.get(state, {}) else self._version.info.number
                self._put_aside(state, name, var, taken)
        for (state, name), asides in self._parked.asides.items():
            if (state, name) not in has:
                self._go_on_keeping(state, name, asides)


def where_classes_are(parked: Parked, now: Mapping[str, StateName]) -> Parked:
    """Return parked values under the full names that their states have in another version: one
    whose class is in another module now, under the same name, is the same state.
    """
    gone = {name.name: full for full, name in parked.names.items() if full not in now}
    new = {name.name: full for full, name in now.items() if full not in parked.names}
    several = Counter(n.name for full, n in parked.names.items() if full not in now)
    several |= Counter(n.name for full, n in now.items() if full not in parked.names)
    moved = {gone[name]: new[name] for name in gone.keys() & new.keys() if several[name] == 1}
    if not moved:
        return parked
    return replace(
        parked,
        states={moved.get(full, full): held for full, held in parked.states.items()},
        names={moved.get(full, full): name for full, name in parked.names.items()},
        asides={
            (moved.get(full, full), name): held for (full, name), held in parked.asides.items()
        },
    )


def _each_var(parked: Parked) -> Iterator[tuple[str, str, Var]]:
    for state, held in parked.states.items():
        for name, var in held.items():
            yield state, name, var


def _short(type_: str) -> str:
    """Return the text of a type as an author writes it."""
    return _LONG.sub("", type_)
