"""What objects hold, and how to make others that hold it: used to pack and unpack values."""

from __future__ import annotations

import contextlib
import copy
import copyreg
import enum
import functools
import types
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from app.bridge.client_code import is_client_module
from app.cell.values.rows import STATE

Convert = Callable[[Any], Any]
_Fill = Callable[[Any, Convert, Convert], Any]

_BUILT_IN: tuple[Any, ...] = (
    *(bytes, bytearray, int, float, list, tuple, set, frozenset, dict, deque),
)


class Arguments(tuple[Any, ...]):
    """What a built-in type makes an object of that is none of `_BUILT_IN`: a date, an error."""


def filler(value: Any) -> _Fill | None:
    """Return how to make a container of this type with converted items; None when it is none."""
    if isinstance(value, dict):
        return _fill_dict
    if isinstance(value, list | set | deque):
        return _fill_list
    if isinstance(value, tuple | frozenset):
        return _fill_tuple
    if isinstance(value, types.MappingProxyType):
        return _fill_view
    return None


def _fill_dict(value: Any, convert: Convert, note: Convert) -> Any:
    made = note(copy.copy(value))
    made.clear()
    made.update({convert(k): convert(v) for k, v in value.items()})
    return _with_all(made, value)


def _fill_view(value: Any, convert: Convert, note: Convert) -> Any:
    return note(types.MappingProxyType(convert(dict(value))))


def _fill_list(value: Any, convert: Convert, note: Convert) -> Any:
    made = note(copy.copy(value))
    made.clear()
    (made.update if isinstance(made, set) else made.extend)(map(convert, value))
    return made if isinstance(made, deque) else _with_all(made, value)


def _fill_tuple(value: Any, convert: Convert, note: Convert) -> Any:
    items = [convert(item) for item in value]
    if hasattr(value, "_fields"):
        return note(type(value)(*items))
    return note(_with_all(type(value)(items), value))


def _with_all(made: Any, value: Any) -> Any:
    """Return a container if it has as many items as the one before.

    Raises:
        ValueError: what told keys or items apart is gone.
    """
    if len(made) != len(value):
        raise ValueError("some of its keys or items are the same now that were different")
    return made


def built_in_part(value: Any) -> Any:
    """Return the built-in value inside an object whose class derives from such a type, or None.

    Raises:
        TypeError: it derives from one whose objects cannot be made anew.
    """
    if isinstance(value, enum.Enum | BaseModel):
        return None
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return dict(zip(value._fields, value, strict=True))
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, deque):
        return deque(value, value.maxlen)
    if isinstance(value, PurePath):
        return Arguments(PurePath.parts.fget(value))  # type: ignore[attr-defined]
    for kind in _BUILT_IN:
        if isinstance(value, kind):
            return kind(value)
    return _arguments(value)


def _arguments(value: Any) -> Arguments | None:
    """Return what an object was made of, as its built-in type says for pickle, or None."""
    cls, base = type(value), _maker(type(value))
    if base is object:
        return None
    if base.__reduce_ex__ is object.__reduce_ex__ and base.__reduce__ is not object.__reduce__:
        made = base.__reduce__(value)  # not the one that the author wrote
    else:
        made = base.__reduce_ex__(value, 4)
    function, arguments, state, *items = (*made, None, None)[:5]
    is_whole = isinstance(state, dict | None) and not any(one is not None for one in items)
    if is_whole and function is copyreg.__newobj__:  # type: ignore[attr-defined]
        return Arguments(arguments[1:])
    if is_whole and function is cls:
        return Arguments(arguments)
    raise TypeError(f"an object of {base.__name__} cannot be made anew")


def _maker(cls: type) -> Any:
    """Return the built-in type that makes the objects of a class."""
    return next(
        base
        for base in cls.__mro__
        if isinstance(vars(base).get("__new__"), types.BuiltinFunctionType)
    )


def with_built_in_part(cls: Any, core: Any) -> Any:
    """Make an object of a class that derives from a built-in type, around a value of that type.

    No code of the class runs: what it checks or changes, it checked and changed already.
    """
    if isinstance(core, Arguments) and issubclass(cls, PurePath):
        made = PurePath.__new__(cls, *core)
        if PurePath.__init__ is not object.__init__:  # since Python 3.12
            PurePath.__init__(made, *core)
        return made
    if isinstance(core, Arguments):
        return _maker(cls).__new__(cls, *core)
    base = next(c for c in cls.__mro__ if not is_client_module(c.__module__))
    if isinstance(core, str | bytes | int | float | tuple | frozenset):
        return base.__new__(cls, core)
    made = base.__new__(cls)
    if isinstance(core, deque):
        base.__init__(made, maxlen=core.maxlen)
    else:
        base.__init__(made)
    (base.extend if isinstance(core, list | deque | bytearray) else base.update)(made, core)
    return made


def attributes(value: Any) -> dict[str, Any]:
    """Return the attributes that an object itself holds.

    What a `cached_property` keeps is none of them: it is computed anew. Nor is what paths remember
    of themselves, such as a hash that is another one in the next process.
    """
    if isinstance(value, enum.Enum):
        return {"_name_": value._name_, "_value_": value._value_}
    cls = type(value)
    held = {
        name: content
        for name, content in getattr(value, "__dict__", {}).items()
        if name != STATE and not isinstance(getattr(cls, name, None), functools.cached_property)
    }
    if isinstance(value, defaultdict):
        held["default_factory"] = value.default_factory
    for base in cls.__mro__:
        slots = () if base.__module__ == PurePath.__module__ else vars(base).get("__slots__", ())
        for slot in (slots,) if isinstance(slots, str) else slots:
            name = _mangled(base, slot)
            if name not in ("__dict__", "__weakref__", *_OF_PYDANTIC) and hasattr(value, name):
                held.setdefault(name, getattr(value, name))
    return held


_OF_PYDANTIC = ("__pydantic_fields_set__", "__pydantic_extra__", "__pydantic_private__")


def _mangled(cls: type, slot: str) -> str:
    """Return the name under which a class keeps a private slot."""
    private = slot.startswith("__") and not slot.endswith("__")
    return f"_{cls.__name__.lstrip('_')}{slot}" if private else slot


@dataclass(eq=False)
class ModelParts:
    """What a Pydantic model holds besides its fields."""

    private: dict[str, Any]
    extra: dict[str, Any]
    fields_set: frozenset[str]

    def converted(self, convert: Convert) -> ModelParts:
        """Return the same with converted content."""
        return ModelParts(
            {name: convert(content) for name, content in self.private.items()},
            {name: convert(content) for name, content in self.extra.items()},
            self.fields_set,
        )


def model_parts(value: BaseModel) -> ModelParts:
    """Take the rest of a model apart."""
    private, extra = (dict(getattr(value, name, None) or {}) for name in _OF_PYDANTIC[:0:-1])
    return ModelParts(private, extra, frozenset(value.model_fields_set))


def blank_model(cls: type[BaseModel]) -> BaseModel:
    """Return a model without any field, private attribute or validation."""
    made = cls.__new__(cls)
    is_open = cls.model_config.get("extra") == "allow"
    object.__setattr__(made, "__pydantic_fields_set__", set())
    object.__setattr__(made, "__pydantic_extra__", {} if is_open else None)
    has_private = bool(cls.__private_attributes__)
    object.__setattr__(made, "__pydantic_private__", {} if has_private else None)
    return made


def fill_private(made: BaseModel) -> None:
    """Give the private attributes of a model their defaults where they have no value."""
    private = made.__pydantic_private__
    if private is None:
        return
    for name, declared in type(made).__private_attributes__.items():
        with contextlib.suppress(Exception):  # a factory of the author's may raise
            data = {**vars(made), **private}
            if name not in private:
                default = declared.get_default(call_default_factory=True, validated_data=data)
                if default is not PydanticUndefined:
                    private[name] = default


def member(cls: Any, name: str | None, value: Any) -> Any:
    """Return the member of an Enum with this name, or else with this value."""
    return cls[name] if name in cls.__members__ else cls(value)
