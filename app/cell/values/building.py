"""Values of vars on their way into a version: what `values.py` packed, with the version's classes.

Three things may be in the way: a class is gone, a field is new and has no default, a field has
another type. First everything is built as far as it goes, for the app's `upgrade` to see; what it
leaves as it is, is settled then: a default stands where a value does not fit, and the value is kept
beside the object until a version has a place for it again.
"""

from __future__ import annotations

import functools
import operator
import types
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from app.cell.values.beside import Room
from app.cell.values.contents import filler
from app.cell.values.objects import ObjectBuilder, Unsettled
from app.cell.values.packed import (
    Body,
    Former,
    Memory,
    Method,
    Packed,
    PackedObject,
    Partial,
    Reference,
    Refused,
    Remembered,
    Subscripted,
)
from app.cell.values.values import why_not_carried

_MISSING: Any = object()


@dataclass
class Built:
    """A value that was built.

    `why` says what is in the way of parts of it, and what is not as it was, and how often.
    """

    value: Any
    why: Counter[str] = field(default_factory=Counter)


class Builder:
    """Builds the values of one session with the classes of one version.

    Args:
        modules: the version's modules.
        room: how much may be kept of what the version has no place for.
        fresh: whether to copy plain data too, so that nobody changes what was put aside.

    Attributes:
        remembered: what the objects had that the version has no place for.
        complete: whether all could be built; a `Former` stands for what could not.
    """

    def __init__(
        self, modules: Mapping[str, types.ModuleType], room: Room, *, fresh: bool = False
    ) -> None:
        self.remembered: Remembered = {}
        self.complete = True
        self._modules = modules
        self._fresh = fresh
        self._done: dict[int, Any] = {}
        self._unsettled: list[Unsettled] = []
        self._built = Built(None)
        self._room = room

    def take(self, value: Any) -> Built:
        """Build a value of a var."""
        self._built = built = Built(value)
        if not isinstance(value, Packed) and not self._fresh:
            return built
        packed = value.content if isinstance(value, Packed) else value
        before, unsettled = len(self._done), len(self._unsettled)
        try:
            built.value = self._unpack(packed)
        except Exception as error:  # such as a key of a dictionary that has no hash any more
            for half_done in list(self._done)[before:]:
                del self._done[half_done]
            del self._unsettled[unsettled:]
            self.complete = False
            built.why[why_not_carried(error)] += 1
            built.value = self._note(packed, Former())
        return built

    def settle(self) -> None:
        """Put defaults where values do not fit that `upgrade` left as they were."""
        for one in self._unsettled:
            one.settle()
            self._remember(one.made, one.builder)
        self._unsettled.clear()

    def _unpack(self, packed: Any) -> Any:
        known = self._done.get(id(packed), _MISSING)
        if known is not _MISSING:
            return known
        make = _MAKERS.get(type(packed))
        if make is not None:
            return self._note(packed, make(self, packed))
        fill = filler(packed)
        if fill is None:
            return packed
        return fill(packed, self._unpack, lambda made: self._note(packed, made))

    # Definitions

    def _reference(self, packed: Reference) -> Any:
        found = self._find(packed)
        if found is None and packed.body is not None and packed.module in self._modules:
            code = packed.body.code
            if isinstance(code, Refused):
                return self._former(packed, code.why)
            found = self._function(packed, packed.body, code)
        return found if found is not None else self._former(packed, f"{packed.name} is gone")

    def _function(self, packed: Reference, body: Body, code: types.CodeType) -> Any:
        """Return a function without a name: it goes on with the code that it had."""
        defaults, named = self._unpack(body.defaults), self._unpack(body.named_defaults)
        cells = self._all(body.cells)
        if any(isinstance(one, Former) for one in (*cells, *(defaults or ()))):
            return None
        made = types.FunctionType(
            code,
            vars(self._modules[packed.module]),
            argdefs=defaults,
            closure=tuple(map(types.CellType, cells)),
        )
        made.__kwdefaults__, made.__qualname__ = named, packed.name
        return made

    def _subscripted(self, packed: Subscripted) -> Any:
        origin, arguments = self._unpack(packed.origin), self._all(packed.arguments)
        if any(isinstance(part, Former) for part in (origin, *arguments)):
            return self._former(packed)
        if origin is types.UnionType:
            return functools.reduce(operator.or_, arguments)
        return origin[arguments if len(arguments) != 1 else arguments[0]]

    def _method(self, packed: Method) -> Any:
        found = getattr(self._unpack(packed.owner), packed.name, None)
        return found if found is not None else self._former(packed, f"{packed.name} is gone")

    def _partial(self, packed: Partial) -> Any:
        function = self._unpack(packed.function)
        if isinstance(function, Former):
            return self._former(packed)
        named = {name: self._unpack(one) for name, one in packed.named.items()}
        return functools.partial(function, *self._all(packed.arguments), **named)

    def _refused(self, packed: Refused) -> Any:
        return self._former(packed, packed.why)

    def _find(self, packed: Reference) -> Any:
        found: Any = self._modules.get(packed.module)
        for part in packed.name.split("."):
            found = getattr(found, part, None)
        return found

    def _object(self, packed: PackedObject) -> Any:
        cls = self._unpack(packed.cls)
        if not isinstance(cls, type):
            is_said = isinstance(cls, Former)
            return self._former(
                packed, "" if is_said else f"{packed.cls.name} is no longer a class"
            )
        namespace = vars(self._modules.get(cls.__module__, types.ModuleType("")))
        building = ObjectBuilder(
            packed,
            cls,
            namespace,
            self._unpack,
            lambda: self.complete,
            self._built.why,
            self._room,
        )
        try:
            made = building.build(lambda blank: self._note(packed, blank))
        except RecursionError:
            raise
        except Exception as error:  # whatever a class may have against objects that are made so
            why = f"{cls.__qualname__} cannot be built from what it was ({error})"
            return self._former(packed, why)
        self._unsettled += building.unsettled
        self._remember(made, building)
        return made

    def _remember(self, made: Any, building: ObjectBuilder) -> None:
        if building.dropped:
            self.remembered[id(made)] = Memory(made, building.dropped, building.put_instead)

    def _former(self, packed: Any, why: str = "") -> Former:
        self.complete = False
        if why:
            self._built.why[why] += 1
        former = Former()
        self._note(packed, former)
        if isinstance(packed, PackedObject):
            if isinstance(packed.core, dict):
                vars(former).update(self._named(packed.core))
            names = {"_name_": "name", "_value_": "value"}
            for name, value in packed.attributes.items():
                setattr(former, names.get(name, name), self._unpack(value))
        return former

    def _all(self, packed: Iterable[Any]) -> tuple[Any, ...]:
        return tuple(self._unpack(one) for one in packed)

    def _named(self, packed: Mapping[str, Any]) -> dict[str, Any]:
        return {name: self._unpack(value) for name, value in packed.items()}

    def _note(self, packed: Any, made: Any) -> Any:
        self._done[id(packed)] = made
        return made


_MAKERS: Mapping[type, Any] = {
    PackedObject: Builder._object,
    Reference: Builder._reference,
    Subscripted: Builder._subscripted,
    Method: Builder._method,
    Partial: Builder._partial,
    Refused: Builder._refused,
}
