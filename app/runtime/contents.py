"""What objects hold, and how to make others that hold it: used to pack and unpack values."""

from __future__ import annotations

import copy
import dataclasses
import enum
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

from pydantic import BaseModel

Convert = Callable[[Any], Any]
_Fill = Callable[[Any, Convert, Convert], Any]


def filler(value: Any) -> _Fill | None:
    """Return how to make a container of this type with converted items; None when it is none."""
    if isinstance(value, dict):
        return _fill_dict
    if isinstance(value, list | set | deque):
        return _fill_list
    if isinstance(value, tuple | frozenset):
        return _fill_tuple
    return None


def _fill_dict(value: Any, convert: Convert, note: Convert) -> Any:
    made = note(copy.copy(value))
    made.clear()
    made.update({convert(k): convert(v) for k, v in value.items()})
    if getattr(value, "default_factory", None) is not None:
        made.default_factory = convert(value.default_factory)
    return made


def _fill_list(value: Any, convert: Convert, note: Convert) -> Any:
    made = note(copy.copy(value))
    made.clear()
    (made.update if isinstance(made, set) else made.extend)(map(convert, value))
    return made


def _fill_tuple(value: Any, convert: Convert, note: Convert) -> Any:
    items = [convert(item) for item in value]
    if hasattr(value, "_fields"):
        return note(type(value)(*items))
    return note(type(value)(items))


def built_in_part(value: Any) -> Any:
    """Return the built-in value inside an object whose class derives from such a type, or None."""
    if isinstance(value, enum.Enum | BaseModel):
        return None
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return dict(zip(value._fields, value, strict=True))
    if isinstance(value, str):
        return str.__str__(value)
    kinds: tuple[Any, ...] = (bytes, int, float, list, tuple, set, frozenset, dict)
    for kind in kinds:
        if isinstance(value, kind):
            return kind(value)
    return None


def attributes(value: Any) -> dict[str, Any]:
    """Return the attributes that an object itself holds."""
    if isinstance(value, enum.Enum):
        return {"_name_": value._name_, "_value_": value._value_}
    held = dict(getattr(value, "__dict__", {}))
    for cls in type(value).__mro__:
        slots = vars(cls).get("__slots__", ())
        for name in (slots,) if isinstance(slots, str) else slots:
            if name not in ("__dict__", "__weakref__") and hasattr(value, name):
                held.setdefault(name, getattr(value, name))
    if isinstance(value, BaseModel):
        held = {**(value.__pydantic_extra__ or {}), **value.__dict__}
    return held


def member(cls: Any, name: str | None, value: Any) -> Any:
    """Return the member of an Enum with this name, or else with this value."""
    return cls[name] if name in cls.__members__ else cls(value)


def model(cls: type[BaseModel], held: dict[str, Any]) -> BaseModel:
    if cls.model_config.get("extra") != "allow":
        held = {name: value for name, value in held.items() if name in cls.model_fields}
    return cls.model_validate(held, by_name=True)


def set_attributes(made: Any, held: Mapping[str, Any]) -> None:
    """Give an object its attributes; a dataclass those it declares, and defaults for the others.

    Raises:
        TypeError: a field of a dataclass has neither a value nor a default.
    """
    if not dataclasses.is_dataclass(made):
        for name, value in held.items():
            object.__setattr__(made, name, value)
        return
    for field in dataclasses.fields(made):
        object.__setattr__(
            made, field.name, held[field.name] if field.name in held else _default(field)
        )


def _default(field: dataclasses.Field[Any]) -> Any:
    if field.default is not dataclasses.MISSING:
        return field.default
    if field.default_factory is not dataclasses.MISSING:
        return field.default_factory()
    raise TypeError(f"no value for {field.name}")
