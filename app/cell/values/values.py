"""Values of vars on their way out of a version: objects of an app's classes, without the classes.

An object keeps its class alive, the class its module, the module all of its version. So what is put
aside is packed: every object of a class of a client app becomes a note of where the class is found
and what the object holds. `building.py` makes it again from the class that a version has under that
name. Nothing is validated on the way: a value was right, or was not yet, where it comes from.

Pickle was refused: values of backend vars (connections, locks, tasks) cannot be pickled and are to
be kept, and a class that changed its fields cannot take its pickled objects.
"""

from __future__ import annotations

import functools
import marshal
import types
import typing
from collections import ChainMap, UserDict, UserList, defaultdict, deque
from typing import Any

from pydantic import BaseModel

from app.bridge.client_code import is_client_module
from app.bridge.states.instances import without_proxy
from app.bridge.types import BaseState
from app.cell.values import rows
from app.cell.values.contents import (
    attributes,
    built_in_part,
    filler,
    model_parts,
)
from app.cell.values.fields import fields_of, type_names
from app.cell.values.packed import (
    Body,
    Former,
    Method,
    Packed,
    PackedObject,
    Partial,
    Reference,
    Refused,
    Remembered,
    Subscripted,
)

OF_A_STATE = "it holds a state; take it with get_state when it is needed"
TOO_DEEP = "it is nested too deeply to be carried"

HOLDERS = (UserDict, UserList, ChainMap, defaultdict, types.SimpleNamespace, BaseException)
"""Of the standard library, besides what `filler` knows: what holds whatever one puts into it."""


def is_plain(value: Any) -> bool:
    """Tell quickly whether a value, however large, is built-in data through and through.

    `marshal` takes exactly that, and says so faster than any loop.
    """
    try:
        marshal.dumps(value)
    except ValueError:
        return False
    return not isinstance(value, types.CodeType)


class Packer:
    """Packs the values that a session has of a version; the same object becomes the same note.

    Args:
        remembered: what objects of this version had in former ones.
    """

    def __init__(self, remembered: Remembered | None = None) -> None:
        self._remembered = remembered or {}
        # The second part keeps temporary objects alive, so that no id comes twice.
        self._done: dict[int, tuple[Any, Any]] = {}
        self._of_app = 0
        self._functions = 0

    def take(self, value: Any) -> Any:
        """Return `value` without any class of a client app: itself when it is plain data, else
        `Packed`. One that cannot be packed keeps no other from it.
        """
        if is_plain(value):
            return value
        before = len(self._done)
        try:
            return Packed(self.pack(value))
        except Exception as error:  # classes of apps may raise anything
            for half_done in list(self._done)[before:]:
                del self._done[half_done]
            return Packed(Refused(why_not_carried(error)))

    def pack(self, value: Any) -> Any:
        """Return a part of a value without any class of a client app."""
        value = without_proxy(value)
        if type(value) in (str, int, float, bool, bytes, types.NoneType):
            return value
        known = self._done.get(id(value))
        if known is None:
            return self._pack(value)
        self._of_app += known[0] is not value
        return known[0]

    def _pack(self, value: Any) -> Any:
        if isinstance(value, type | types.FunctionType):
            return self._definition(value)
        if typing.get_origin(value) is not None:
            return self._subscripted(value, _origin(value), typing.get_args(value))
        if isinstance(value, types.MethodType):
            owner = self.pack(value.__self__)
            return Method(owner, value.__name__) if owner is not value.__self__ else value
        if rows.is_collection(value):
            value = rows.plain_collection(value)
        cls = type(value)
        if isinstance(value, BaseState):
            return self._note(value, Refused(OF_A_STATE))
        if is_client_module(cls.__module__):
            return self._object(value, cls)
        if isinstance(value, functools.partial):
            return self._partial(value)
        has_fields = isinstance(value, BaseModel) or fields_of(cls)
        if isinstance(value, HOLDERS) or (has_fields and not isinstance(value, tuple)):
            return self._of_library(value, cls)
        fill = filler(value)
        if fill is None:
            return value
        return fill(value, self.pack, lambda made: self._note(value, made))

    def _definition(self, value: Any) -> Any:
        generic = getattr(value, "__pydantic_generic_metadata__", None)
        if isinstance(value, type) and generic and generic["origin"] is not None:
            return self._subscripted(value, generic["origin"], generic["args"])
        if not is_client_module(str(value.__module__)):
            return value
        # A library's object that only calls a function of the app (a connection) stays what it is.
        self._of_app += isinstance(value, type)
        self._functions += not isinstance(value, type)
        packed = self._note(value, Reference(value.__module__, value.__qualname__))
        if not isinstance(value, type) and "<" in value.__qualname__:
            packed.body = self._body(value)
        return packed

    def _body(self, value: types.FunctionType) -> Body:
        named = value.__kwdefaults__
        return Body(
            value.__code__,
            self.pack(value.__defaults__),
            self.pack(named) if named is not None else None,
            tuple(self.pack(cell.cell_contents) for cell in value.__closure__ or ()),
        )

    def _subscripted(self, value: Any, origin: Any, arguments: tuple[Any, ...]) -> Any:
        met = self._of_app
        packed_origin = self.pack(origin) if isinstance(origin, type) else origin
        packed = Subscripted(packed_origin, tuple(self.pack(one) for one in arguments))
        return self._note(value, packed) if self._of_app > met else value

    def _partial(self, value: functools.partial[Any]) -> Any:
        arguments = tuple(self.pack(one) for one in value.args)
        named = {name: self.pack(one) for name, one in value.keywords.items()}
        packed = Partial(self.pack(value.func), arguments, named)
        before = (value.func, *value.args, *value.keywords.values())
        after = (packed.function, *arguments, *named.values())
        same = all(one is other for one, other in zip(before, after, strict=True))
        return value if same else self._note(value, packed)

    def _of_library(self, value: Any, cls: type) -> Any:
        """Pack an object with fields of a library's class, if it holds anything of the app."""
        met, functions = self._of_app, self._functions
        packed = self._object(value, cls)
        # The traceback of an error has the frames of what raised it.
        has_frames = isinstance(value, BaseException) and value.__traceback__ is not None
        calls = isinstance(value, HOLDERS) and self._functions > functions
        if self._of_app > met + 1 or has_frames or calls:
            return packed
        self._of_app = met
        self._done[id(value)] = (value, value)
        return value

    def _object(self, value: Any, cls: type) -> Any:
        self._of_app += 1
        if rows.is_row(value):
            why_not = rows.why_not(value)
            if why_not:
                return self._note(value, Refused(why_not))
        memory = self._remembered.get(id(value))
        packed = PackedObject(None, types=type_names(cls))
        self._note(value, packed)
        packed.cls = self._definition(cls)
        core, held = built_in_part(value), attributes(value)
        model = model_parts(value) if isinstance(value, BaseModel) else None
        if memory is not None:
            packed.dropped = {name: dict(found) for name, found in memory.dropped.items()}
            parts = (model.private, model.extra) if model is not None else ()
            for some in (core, held, *parts):
                for name in memory.instead if isinstance(some, dict) else ():
                    if name in some and memory.is_untouched(name, some[name]):
                        del some[name]
        packed.core = self.pack(core)
        packed.attributes = {k: self.pack(v) for k, v in held.items()}
        packed.model = model.converted(self.pack) if model is not None else None
        if rows.is_row(value):
            packed.row = rows.parts(value, self.pack)
        return packed

    def _note(self, value: Any, packed: Any) -> Any:
        self._done[id(value)] = (packed, value)
        return packed


def why_not_carried(error: Exception) -> str:
    """Return what to say of a value that cannot be taken apart, or made again."""
    if isinstance(error, RecursionError):
        return TOO_DEEP
    return f"it cannot be carried ({type(error).__name__}: {error})"


def _origin(alias: Any) -> Any:
    """Return what an alias is made of: `typing.List` and `list` make different ones."""
    origin = typing.get_origin(alias)
    bare = getattr(typing, getattr(alias, "_name", None) or "", None)
    return bare if typing.get_origin(bare) is origin else origin


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
    if isinstance(value, dict | types.MappingProxyType):
        factory = [value.default_factory] if isinstance(value, defaultdict) else []
        return [*value, *value.values(), *factory]
    if isinstance(value, list | tuple | set | frozenset | deque):
        return list(value)
    if isinstance(value, functools.partial):
        return [value.func, *value.args, *value.keywords.values()]
    cls = type(value)
    has_parts = is_client_module(cls.__module__) or isinstance(value, (BaseModel, *HOLDERS))
    if not has_parts and not fields_of(cls):
        return []
    parts = list(attributes(value).values())
    if isinstance(value, BaseException):
        parts += value.args
    if isinstance(value, BaseModel):
        model = model_parts(value)
        parts += [*model.private.values(), *model.extra.values()]
    return parts
