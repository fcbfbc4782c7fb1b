"""Carrying the state of a session from one version of an app to another.

State leaves a version as plain values (`Parked`) and enters the next one by name and type. The same
way serves a swap, a rollback and a session that slept over several versions. What a version has no
place for is kept beside its values (`Kept`), and goes on with them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import structlog

from app.bridge.states import instances
from app.bridge.types import BaseState
from app.cell.loading.version import LoadedVersion
from app.cell.values.beside import Room
from app.cell.values.building import Builder
from app.cell.values.fields import type_name
from app.cell.values.parked import Aside, Kept, Parked, Var, where_classes_are
from app.cell.values.upgrading import StateName, Values, rewrites, upgraded
from app.cell.values.values import Packer, holds_former
from app.source.metadata import ENTRY_FILE

log = structlog.get_logger("graft")

_LONG = re.compile(r"\b(?:client_apps(?:\.\w+){3,}\.|builtins\.|typing\.)")


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
    kept: Kept = field(default_factory=Kept)


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
        version.info.number,
        version.source.digest,
        kept.asides,
    )


def unpark(parked: Parked, made: Mapping[str, BaseState], version: LoadedVersion) -> Arrived:
    """Fill new instances of `version` with parked values.

    Objects of the app's classes are built again from the classes of `version`: otherwise
    `isinstance` and comparisons of Enum members would fail in the new code.

    Returns what could not be carried over as it was, and what is kept for other versions.
    Raises whatever the app's `upgrade` raises; on the way back to a former version, which must
    always be open, values go by name and type instead.
    """
    arrival = _Arrival(parked, made, version)
    try:
        values = arrival.upgraded()
    except Exception as error:
        if not _is_way_back(parked, version):
            raise
        arrival = _Arrival(parked, made, version)  # it may have changed some of them
        values = arrival.as_they_were(error)
    return arrival.arrive(values)


def rehearse(parked: Parked, version: LoadedVersion) -> None:
    """Let the app's `upgrade` see values, and forget what it returns; they stay as they are.

    Raises whatever it raises, unless the version would do without.
    """
    if not _is_way_back(parked, version):
        _Arrival(parked, {}, version).upgraded()


def _is_way_back(parked: Parked, version: LoadedVersion) -> bool:
    return parked.number > version.info.number


def vars_now(
    changed: Iterable[tuple[BaseState, str]], kept: Kept | None = None
) -> Iterator[tuple[str, str, Var]]:
    """Take some vars out of state instances: full name of the state, name and value of each."""
    packer = Packer((kept or Kept()).objects)
    for state, name in changed:
        values, fields = instances.base_values(state), _fields(state)
        if name in values:
            value = values[name]
            kind = type_name(fields[name].outer_type_)
            is_default = instances.is_default(state, name, instances.without_proxy(value))
            yield state.get_full_name(), name, Var(packer.take(value), kind, is_default)


def _fields(state: BaseState) -> Mapping[str, Any]:
    return type(state).__fields__


def _vars_of(state: BaseState, packer: Packer) -> dict[str, Var]:
    fields = _fields(state)

    def packed(name: str, value: Any, is_default: bool, is_unseen: bool = False) -> Var:
        kind = type_name(fields[name].outer_type_)
        return Var(packer.take(value), kind, is_default, is_unseen)

    return {
        # For `upgrade`, which asks for them by name.
        **{n: packed(n, v, True, True) for n, v in instances.untouched_values(state).items()},
        **{
            n: packed(n, v, instances.is_default(state, n, instances.without_proxy(v)))
            for n, v in instances.base_values(state).items()
        },
    }


class _Arrival:
    """One session's values on their way into a version."""

    def __init__(
        self, parked: Parked, made: Mapping[str, BaseState], version: LoadedVersion
    ) -> None:
        self._made = made
        self._version = version
        self._names = {name: StateName.of(cls) for name, cls in version.tree.classes.items()}
        self._parked = where_classes_are(parked, self._names)
        self._room = Room()
        # What comes back to the version that it left was rewritten already.
        self._rewrites = rewrites(version.entry) and parked.source != version.source.digest
        self._builder = Builder(version.package.modules, self._room, fresh=self._rewrites)
        self._built = {
            (state, name): self._builder.take(var.value) for state, name, var in self._parked.each()
        }
        self._by_value = {id(built.value): built for built in self._built.values()}
        self._lost: list[Lost] = []
        self._asides: dict[tuple[str, str], dict[str, Aside]] = {}

    def arrive(self, values: Values) -> Arrived:
        """Fill the states."""
        self._builder.settle()
        for state, instance in self._made.items():
            declared = instances.own_vars(type(instance))
            for name in declared:
                self._arrive(state, name, values.get(state, {}))
            known = {*declared, *self._parked.states.get(state, ())}
            for name in sorted(values.get(state, {}).keys() - known):
                self._lose(state, name, "upgrade put a value there, and there is no such var")
        self._builder.settle()
        self._keep_what_is_gone(values)
        if self._room.is_full:
            log.warning("not all values of former versions are kept", app=self._version.info.id)
        return Arrived(tuple(self._lost), Kept(self._asides, self._builder.remembered))

    def upgraded(self) -> Values:
        """Return the values after the app's `upgrade` saw them."""
        parked, values = self._parked, self._values()
        if not self._built or not self._rewrites:
            return values
        unseen = {(state, name) for state, name, var in parked.each() if var.is_unseen}
        values, unknown = upgraded(
            self._version.entry, values, parked.names, self._names, parked.version, unseen
        )
        why = "upgrade put values there, and there is no such state"
        self._lost += [Lost(name, why) for name in unknown]
        return values

    def as_they_were(self, error: Exception) -> Values:
        """Return the values without `upgrade`, and say what it raised."""
        why = f"{type(error).__name__}: {error}, on the way back; values went by name and type"
        self._lost.append(Lost("AppEntry.upgrade", why, ENTRY_FILE))
        return self._values()

    def _values(self) -> Values:
        values: Values = {state: {} for state in self._parked.states}
        for (state, name), built in self._built.items():
            values[state][name] = built.value
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
        if held is not None and stayed and held.is_default and self._is_unchanged(value, held):
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

    def _is_unchanged(self, value: Any, held: Var) -> bool:
        """Tell whether `upgrade` left a value alone that it might have changed in place."""
        if not self._rewrites:
            return True
        modules = self._version.package.modules
        try:
            return bool(Builder(modules, Room()).take(held.value).value == value)
        except Exception:  # the comparison is the author's, or a data frame's
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
            return f"upgrade put {type(value).__name__} there, which is not {wanted}"
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
        for state, name, var in self._parked.each():
            if (state, name) not in has and not var.is_default:
                taken = None if name in values.get(state, {}) else self._version.info.number
                self._put_aside(state, name, var, taken)
        for (state, name), asides in self._parked.asides.items():
            if (state, name) not in has:
                self._go_on_keeping(state, name, asides)


def _short(type_: str) -> str:
    """Return the text of a type as an author writes it."""
    return _LONG.sub("", type_)
