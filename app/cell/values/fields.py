"""What classes declare of the objects that they make: fields, their types and their defaults."""

from __future__ import annotations

import dataclasses
import re
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

from pydantic import BaseModel

from app.bridge.states import instances

_ADDRESS = re.compile(r" at 0x[0-9a-f]+")
# How a generic model of Pydantic's names itself in its own fields, with the addresses of classes:
# `PydanticRecursiveRef(type_ref='….Page:946883106[….Item:946883117]')`.
_RECURSIVE = re.compile(r"(?<=PydanticRecursiveRef\(type_ref=)'[^']*'")
_ADDRESS_OF_CLASS = re.compile(r":\d+")

_names: WeakKeyDictionary[type, Mapping[str, str]] = WeakKeyDictionary()


@dataclass(frozen=True)
class DeclaredField:
    """A field of a dataclass, a Pydantic model or a named tuple.

    Attributes:
        annotation: its type as it was declared; perhaps still a text.
        default: makes its default from the values of the other fields; None when it has none.
    """

    annotation: Any
    default: Callable[[dict[str, Any]], Any] | None


def fields_of(cls: Any) -> dict[str, DeclaredField]:
    """Return the fields that a class declares, by name; none for an ordinary class."""
    if issubclass(cls, BaseModel) or hasattr(cls, "__pydantic_fields__"):
        return {name: _of_model(field) for name, field in cls.__pydantic_fields__.items()}
    if dataclasses.is_dataclass(cls):
        return {field.name: _of_dataclass(field) for field in dataclasses.fields(cls)}
    if issubclass(cls, tuple) and hasattr(cls, "_fields"):
        return {name: _of_tuple(cls, name) for name in cls._fields}
    return {}


def type_names(cls: type) -> Mapping[str, str]:
    """Return the types of a class's fields as texts that are the same for the same types in two
    versions.
    """
    found = _names.get(cls)
    if found is None:
        found = {name: type_name(field.annotation) for name, field in fields_of(cls).items()}
        _names[cls] = found
    return found


def type_name(annotation: Any) -> str:
    """Return a text for a type; equal types of two versions have the same."""
    text = annotation if isinstance(annotation, str) else instances.type_name(annotation)
    text = _RECURSIVE.sub(lambda found: _ADDRESS_OF_CLASS.sub("", found[0]), text)
    return _ADDRESS.sub("", text)


def declared_type(
    cls: type, name: str, declared: DeclaredField, namespace: Mapping[str, Any]
) -> Any:
    """Return the type of a field; what a text names is looked for in `namespace`. `Any` where that
    cannot be told.
    """
    if not isinstance(declared.annotation, str):
        return declared.annotation
    try:
        return typing.get_type_hints(cls, dict(namespace)).get(name, Any)
    except Exception:  # names that are there for type checkers only
        return Any


def stand_in(annotation: Any) -> Any:
    """Return what stands for the value of a field without a default: as for a var without one."""
    return instances.value_without_default(annotation)


def _of_model(field: Any) -> DeclaredField:
    if field.is_required():
        return DeclaredField(field.annotation, None)

    def default(others: dict[str, Any]) -> Any:
        return field.get_default(call_default_factory=True, validated_data=others)

    return DeclaredField(field.annotation, default)


def _of_dataclass(field: dataclasses.Field[Any]) -> DeclaredField:
    annotation, default, factory = field.type, field.default, field.default_factory
    if default is not dataclasses.MISSING:
        return DeclaredField(annotation, lambda others: default)
    if factory is not dataclasses.MISSING:
        return DeclaredField(annotation, lambda others: factory())
    return DeclaredField(annotation, None)


def _of_tuple(cls: Any, name: str) -> DeclaredField:
    annotation = cls.__annotations__.get(name, Any) if hasattr(cls, "__annotations__") else Any
    if name in cls._field_defaults:
        return DeclaredField(annotation, lambda others: cls._field_defaults[name])
    return DeclaredField(annotation, None)
