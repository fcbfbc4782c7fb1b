"""One object on its way into a version: an instance of the new class that holds what it held."""

from __future__ import annotations

import contextlib
import copy
import dataclasses
import enum
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Set
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, TypeAdapter

from app.bridge.states.instances import fits
from app.cell.values import rows
from app.cell.values.beside import Room
from app.cell.values.contents import (
    ModelParts,
    blank_model,
    fill_private,
    member,
    with_built_in_part,
)
from app.cell.values.fields import DeclaredField, declared_type, fields_of, stand_in, type_name
from app.cell.values.packed import Dropped, PackedObject
from app.cell.values.values import holds_former

Convert = Callable[[Any], Any]

_MISSING: Any = object()
UNTYPED = ""
"""In place of the type of what has none: a private attribute, an extra field."""

FIELDS_SET = "__pydantic_fields_set__"
"""Kept with what a class has no place for: the names of those fields that were set."""


@dataclass(frozen=True)
class Unsettled:
    """An attribute whose value may not be what the new class wants there.

    What fits there is for the builder of the object to say.
    """

    builder: ObjectBuilder
    made: Any
    name: str
    value: Any

    def settle(self) -> None:
        """Put the default there if it does not fit, and if it is still what it was."""
        now = getattr(self.made, self.name, _MISSING)
        if now is self.value and (holds_former(now) or not self.builder.fits(self.name, now)):
            object.__setattr__(self.made, self.name, self.builder.instead(self.name))


class ObjectBuilder:
    """Builds one object.

    Args:
        packed: what is built.
        cls: of what class.
        namespace: where types are found that the class declares as texts.
        unpack: builds the parts.
        is_whole: tells whether all of the session's values could be built so far.
        why: is told what is not as it was.
        room: how much may be kept of what the class has no place for.

    Attributes:
        dropped: what the class has no place for; it is remembered beside the object.
        put_instead: attribute -> what was put there because what it was does not fit.
        unsettled: attributes to look at again when the app's `upgrade` has seen the object.
    """

    def __init__(
        self,
        packed: PackedObject,
        cls: Any,
        namespace: Mapping[str, Any],
        unpack: Convert,
        is_whole: Callable[[], bool],
        why: Counter[str],
        room: Room,
    ) -> None:
        self.dropped: Dropped = {}
        self.put_instead: dict[str, Any] = {}
        self.unsettled: list[Unsettled] = []
        self._packed = packed
        self._cls = cls
        self._namespace = namespace
        self._unpack = unpack
        self._is_whole = is_whole
        self._why = why
        self._room = room
        self._declared: Mapping[str, DeclaredField] = fields_of(cls)
        self._held = self._old_value()
        self._restored_fields: set[str] = set()

    def build(self, note: Convert) -> Any:
        """Return the object; it is noted before its parts are built, for they may refer to it.

        Raises whatever the class has against it.
        """
        cls, packed = self._cls, self._packed
        is_member = "_name_" in packed.attributes and "_value_" in packed.attributes
        if issubclass(cls, enum.Enum) != is_member:
            raise TypeError("it was an Enum" if is_member else "it was not an Enum")
        if is_member:
            held = packed.attributes
            return member(cls, held["_name_"], self._unpack(held["_value_"]))
        self._drop_again()
        if issubclass(cls, tuple) and self._declared:
            return self._tuple()
        made = note(self._blank())
        if rows.is_mapped(cls):
            values = {**self._fields(None), **dict(self._others())}
            rows.fill(made, packed.row or rows.RowParts(), values, self._unpack)
        else:
            self._fields(made)
            for name, value in self._others():
                self._set(made, name, value)
            if not self._declared:
                self._set_again(made)
        if isinstance(made, BaseModel):
            self._model(made)
        return made

    def fits(self, name: str, value: Any) -> bool:
        """Tell whether a field can hold a value of a type that it did not have before."""
        before = self._packed.types.get(name)
        wanted = type_name(self._declared[name].annotation)
        return before in (None, wanted) or fits(value, self._type(name))

    def instead(self, name: str, others: Mapping[str, Any] | None = None) -> Any:
        """Return what stands where a value does not fit, which is kept, and say so."""
        self._drop(name, self._packed.types.get(name, UNTYPED), self._held[name])
        value = self._default(name, others or {})
        self._note_instead(name, value)
        return value

    def _note_instead(self, name: str, value: Any) -> None:
        self._why[f"{self._cls.__name__}.{name} cannot hold its old value, so it is {value!r}"] += 1
        self._give_way(name, value)

    def _give_way(self, name: str, value: Any) -> None:
        """Let a value go as soon as there is a place again for what it stands in place of."""
        try:
            self.put_instead[name] = copy.deepcopy(value)  # somebody may add to it
        except Exception as error:  # then it counts as changed
            self.put_instead[name] = error

    def _old_value(self) -> dict[str, Any]:
        packed = self._packed
        held = packed.attributes
        if packed.model is not None:
            held = {**packed.model.extra, **held}
        if isinstance(packed.core, dict) and not issubclass(self._cls, dict):
            held = {**packed.core, **held}  # it was a named tuple
        return held

    def _blank(self) -> Any:
        cls, core = self._cls, self._packed.core
        if rows.is_mapped(cls):
            return rows.blank(cls)
        if issubclass(cls, BaseModel):
            return blank_model(cls)
        if core is not None and not (isinstance(core, dict) and not issubclass(cls, dict)):
            return with_built_in_part(cls, self._unpack(core))
        return object.__new__(cls)

    def _tuple(self) -> Any:
        made = tuple.__new__(self._cls, self._fields(None).values())
        for name in self._held.keys() - self._declared.keys():
            self._drop(name, self._packed.types.get(name, UNTYPED), self._held[name])
        return made

    def _is_broken(self, value: Any) -> bool:
        return not self._is_whole() and holds_former(value)

    # Fields that the class declares

    def _fields(self, made: Any) -> dict[str, Any]:
        """Return the values of all fields, and give them to `made`; it is None when they cannot be
        changed again.
        """
        values: dict[str, Any] = {}
        for name in self._declared:
            values[name] = self._field(made, name, values)
            if made is not None:  # at once: a later one may hold the object itself, as a key
                object.__setattr__(made, name, values[name])
        return values

    def _field(self, made: Any, name: str, others: Mapping[str, Any]) -> Any:
        if name not in self._held:
            restored = self._restored(name)
            return self._new(name, others) if restored is _MISSING else restored
        value = self._unpack(self._held[name])
        is_broken = self._is_broken(value)
        if not is_broken and self.fits(name, value):
            before = self._packed.types.get(name)
            if before is not None and before != self._type_name(name):
                self._drop(name, before, self._held[name])  # of each type what it had last
            return value
        instead = self._restored(name)
        if instead is _MISSING and not is_broken and issubclass(self._cls, BaseModel):
            instead = _converted(value, self._declared[name].annotation)
        if instead is not _MISSING:
            self._drop(name, self._packed.types.get(name, UNTYPED), self._held[name])
            return instead
        if made is None:
            return self.instead(name, others)
        self.unsettled.append(Unsettled(self, made, name, value))
        return value

    def _restored(self, name: str) -> Any:
        """Return what a former version had there that this one has a place for again."""
        found = self._packed.dropped.get(name, {})
        kind = self._type_name(name)
        if kind not in found:
            return _MISSING
        value = self._unpack(found[kind])
        if self._is_broken(value):
            self._drop(name, kind, found[kind])
            return _MISSING
        self._restored_fields.add(name)
        return value

    def _new(self, name: str, others: Mapping[str, Any]) -> Any:
        value = self._default(name, others)
        if name in self._packed.dropped:
            self._give_way(name, value)
        if self._declared[name].default is None:
            text = f"{self._cls.__name__}.{name} is new and has no default, so it is {value!r}"
            self._why[text] += 1
        return value

    def _default(self, name: str, others: Mapping[str, Any]) -> Any:
        default = self._declared[name].default
        if default is not None:
            with contextlib.suppress(Exception):  # a factory of the author's may raise
                return default(dict(others))
        return stand_in(self._type(name))

    def _type(self, name: str) -> Any:
        return declared_type(self._cls, name, self._declared[name], self._namespace)

    def _type_name(self, name: str) -> str:
        return type_name(self._declared[name].annotation) if name in self._declared else UNTYPED

    # What else an object holds

    def _others(self) -> Iterator[tuple[str, Any]]:
        """Give the attributes that are no fields, without what only the old class declared."""
        extra = self._packed.model.extra if self._packed.model is not None else {}
        for name in [name for name in self._held if name not in self._declared]:
            kind = self._packed.types.get(name)
            if name in extra:
                continue
            if kind is not None and _declares_fields(self._cls):
                self._drop(name, kind, self._held[name])
            else:
                yield name, self._unpack(self._held[name])

    def _set(self, made: Any, name: str, value: Any) -> None:
        try:
            object.__setattr__(made, name, value)
        except AttributeError:  # there is a property of this name now, or no slot
            self._drop(name, UNTYPED, self._held[name])

    def _set_again(self, made: Any) -> None:
        """Give an ordinary object what a former class had a place for and this one has again."""
        for name, found in self._packed.dropped.items():
            if name in self._held or UNTYPED not in found:
                continue
            value = self._unpack(found[UNTYPED])
            if not self._is_broken(value):
                with contextlib.suppress(AttributeError):
                    object.__setattr__(made, name, value)
                    self.dropped.pop(name, None)

    def _model(self, made: BaseModel) -> None:
        """Give a Pydantic model what is no field, and say which of its fields were set."""
        parts = self._packed.model or ModelParts({}, {}, self._set_before(frozenset(self._held)))
        again, broken = {*self._restored_fields}, []
        for held, kept in (
            (parts.extra, made.__pydantic_extra__),
            (parts.private, made.__pydantic_private__),
        ):
            for name, content in {**self._untyped(held is parts.private), **held}.items():
                if name in self._declared:
                    continue
                if kept is None or (held is parts.private and not _is_private(self._cls, name)):
                    self._drop(name, UNTYPED, content)
                    continue
                value = self._unpack(content)
                if self._is_broken(value):
                    self._drop(name, UNTYPED, content)
                    broken.append(name)
                else:
                    kept[name] = value
                    self.dropped.pop(name, None)
                    again.add(name)
        fill_private(made)
        for name in broken:
            self._note_instead(name, getattr(made, name, None))
        self._set_fields(made, parts.fields_set, again)

    def _set_fields(self, made: BaseModel, now: Set[str], again: Set[str]) -> None:
        """Say which fields of a model were set.

        Args:
            now: what was set of what it had.
            again: what it has again from a former version.
        """
        former = self._set_before(frozenset())
        known = {*self._declared, *(made.__pydantic_extra__ or {})}
        object.__setattr__(made, FIELDS_SET, {*(now & known), *(former & again & known)})
        self.dropped.pop(FIELDS_SET, None)
        waiting = {name for name in now | former if name not in known or name in self.dropped}
        if waiting:
            self._drop(FIELDS_SET, UNTYPED, frozenset(waiting))

    def _set_before(self, unknown: Set[str]) -> frozenset[str]:
        """Return which fields were set that a former version had; `unknown` if nobody knows."""
        return frozenset(self._packed.dropped.get(FIELDS_SET, {}).get(UNTYPED, unknown))

    def _untyped(self, is_private: bool) -> dict[str, Any]:
        """Return extra fields or private attributes that a former version had."""
        return {
            name: found[UNTYPED]
            for name, found in self._packed.dropped.items()
            if UNTYPED in found and name.startswith("_") == is_private and name != FIELDS_SET
        }

    # What the class has no place for

    def _drop(self, name: str, kind: str, content: Any) -> None:
        if self._room.take(content):
            self.dropped.setdefault(name, {})[kind] = content

    def _drop_again(self) -> None:
        """Go on to keep what former versions had, but for what has a place again; and what only a
        Pydantic model has, if this is none any more.
        """
        for name, found in self._packed.dropped.items():
            for kind, content in found.items():
                if kind != self._type_name(name) or name not in self._declared:
                    self._drop(name, kind, content)
        model = self._packed.model
        if model is not None and not issubclass(self._cls, BaseModel):
            were_set = model.fields_set | self._set_before(frozenset())
            self._drop(FIELDS_SET, UNTYPED, were_set)
            for name, content in model.private.items():
                self._drop(name, UNTYPED, content)


def _converted(value: Any, annotation: Any) -> Any:
    """Return a value as Pydantic takes it for a field that has another type now."""
    try:
        return TypeAdapter(annotation).validate_python(value)
    except Exception:  # a type that Pydantic does not know, or a value that is none of it
        return _MISSING


def _declares_fields(cls: type) -> bool:
    return dataclasses.is_dataclass(cls) or issubclass(cls, BaseModel) or hasattr(cls, "_fields")


def _is_private(cls: type[BaseModel], name: str) -> bool:
    return name in cls.__private_attributes__
