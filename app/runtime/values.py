"""Values of vars between two versions: objects of an app's classes, without the classes.

An object keeps its class alive, the class its module, the module all of its version. So what is put
aside is packed: every object of a class of a client app becomes a note of where the class is found
and what the object holds. Unpacking builds it again from the class that a version has under that
name.

Pickle was refused: values of backend vars (connections, locks, tasks) cannot be pickled and are to
be kept, and a class that changed its fields cannot take its pickled objects.
"""

from __future__ import annotations

import dataclasses
import enum
import marshal
import types
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from app.bridge.client_code import is_client_module
from app.bridge.instances import without_proxy
from app.runtime.contents import (
    attributes,
    built_in_part,
    filler,
    member,
    model,
    set_attributes,
)

_MISSING: Any = object()


class Former(types.SimpleNamespace):
    """Stands for an object whose class is gone or cannot hold it; has the attributes it had."""


@dataclass(frozen=True, eq=False)
class Packed:
    """A value that may hold objects of an app's classes."""

    content: Any


@dataclass(eq=False)
class _Object:
    """An object of an app's class: where the class is, the built-in part, the attributes."""

    module: str
    name: str
    core: Any = None
    attributes: dict[str, Any] = dataclasses.field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class _Reference:
    """A class or function of the app."""

    module: str
    name: str


def pack(value: Any) -> Any:
    """Return `value` without any class of a client app: itself when plain data, else `Packed`."""
    return value if _is_plain(value) else Packed(_Packer().pack(value))


def unpack(value: Any, modules: Mapping[str, types.ModuleType]) -> tuple[Any, bool]:
    """Return what was packed, with the classes of `modules`, and whether all of it could be built.

    Where it could not, a `Former` stands in its place.
    """
    if not isinstance(value, Packed):
        return value, True
    unpacker = _Unpacker(modules)
    made = unpacker.unpack(value.content)
    return made, unpacker.complete


def holds_former(value: Any) -> bool:
    """Tell whether a `Former` is part of a value."""
    seen: set[int] = set()
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, Former):
            return True
        if id(item) not in seen:
            seen.add(id(item))
            waiting.extend(_parts(item))
    return False


def _parts(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [*value, *value.values()]
    if isinstance(value, list | tuple | set | frozenset | deque):
        return list(value)
    return list(attributes(value).values()) if is_client_module(type(value).__module__) else []


def _is_plain(value: Any) -> bool:
    """Tell quickly whether a value, however large, is built-in data through and through.

    `marshal` takes exactly that, and says so faster than any loop.
    """
    try:
        marshal.dumps(value)
    except ValueError:
        return False
    return not isinstance(value, types.CodeType)


class _Packer:
    """Packs one value; the same object inside it becomes the same note."""

    def __init__(self) -> None:
        # The second part keeps temporary objects alive, so that no id comes twice.
        self._done: dict[int, tuple[Any, Any]] = {}

    def pack(self, value: Any) -> Any:
        value = without_proxy(value)
        if type(value) in (str, int, float, bool, bytes, types.NoneType):
            return value
        known = self._done.get(id(value))
        return known[0] if known is not None else self._pack(value)

    def _pack(self, value: Any) -> Any:
        if isinstance(value, type | types.FunctionType):
            if not is_client_module(str(value.__module__)):
                return value
            return self._note(value, _Reference(value.__module__, value.__qualname__))
        cls = type(value)
        if is_client_module(cls.__module__):
            return self._object(value, cls)
        fill = filler(value)
        if fill is None:
            return value
        return fill(value, self.pack, lambda made: self._note(value, made))

    def _object(self, value: Any, cls: type) -> _Object:
        packed = _Object(cls.__module__, cls.__qualname__)
        self._note(value, packed)
        packed.core = self.pack(built_in_part(value))
        packed.attributes = {k: self.pack(v) for k, v in attributes(value).items()}
        return packed

    def _note(self, value: Any, packed: Any) -> Any:
        self._done[id(value)] = (packed, value)
        return packed


class _Unpacker:
    """Builds one packed value with the classes of one version."""

    def __init__(self, modules: Mapping[str, types.ModuleType]) -> None:
        self._modules = modules
        self._done: dict[int, Any] = {}
        self.complete = True

    def unpack(self, packed: Any) -> Any:
        known = self._done.get(id(packed), _MISSING)
        if known is not _MISSING:
            return known
        if isinstance(packed, _Reference):
            return self._note(
                packed, self._find(packed.module, packed.name) or self._former(packed)
            )
        if isinstance(packed, _Object):
            return self._note(packed, self._object(packed))
        fill = filler(packed)
        if fill is None:
            return packed
        return fill(packed, self.unpack, lambda made: self._note(packed, made))

    def _object(self, packed: _Object) -> Any:
        cls = self._find(packed.module, packed.name)
        if not isinstance(cls, type):
            return self._former(packed)
        try:
            return self._build(cls, packed)
        except (TypeError, ValueError, KeyError, AttributeError, LookupError):
            return self._former(packed)

    def _build(self, cls: Any, packed: _Object) -> Any:
        if issubclass(cls, enum.Enum):
            return member(
                cls, packed.attributes["_name_"], self.unpack(packed.attributes["_value_"])
            )
        if issubclass(cls, BaseModel):
            return model(cls, self._all(packed.attributes))
        if packed.core is not None:
            core = self.unpack(packed.core)
            if isinstance(core, dict) and hasattr(cls, "_fields"):
                return cls(**{name: core[name] for name in cls._fields if name in core})
            made = cls(core)
        else:
            made = object.__new__(cls)
        self._note(packed, made)
        set_attributes(made, self._all(packed.attributes))
        return made

    def _former(self, packed: _Object | _Reference) -> Former:
        self.complete = False
        former = Former()
        self._note(packed, former)
        if isinstance(packed, _Object):
            if isinstance(packed.core, dict):
                vars(former).update(self._all(packed.core))
            names = {"_name_": "name", "_value_": "value"}
            for name, value in packed.attributes.items():
                setattr(former, names.get(name, name), self.unpack(value))
        return former

    def _all(self, packed: Mapping[str, Any]) -> dict[str, Any]:
        return {name: self.unpack(value) for name, value in packed.items()}

    def _find(self, module: str, name: str) -> Any:
        found: Any = self._modules.get(module)
        for part in name.split("."):
            found = getattr(found, part, None)
        return found

    def _note(self, packed: Any, made: Any) -> Any:
        self._done[id(packed)] = made
        return made
