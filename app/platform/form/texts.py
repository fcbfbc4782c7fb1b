"""Texts in the fields of a form, and the values that they mean."""

from __future__ import annotations

import dataclasses
import json
import math
import re
from typing import Any

from app.platform.form.model import Field, Kind, NotReadable

_INTEGER = re.compile(r"[+-]?[0-9]{1,400}")
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")


def fitting(field: Field, value: Any) -> Field:
    """Return the field with which `value` can be shown and comes back as it is.

    What another version of the app stored may be nothing that this one asks for.
    """
    kinds: tuple[Kind, ...] = (field.kind, "long") if field.kind == "text" else (field.kind,)
    for kind in kinds:
        if kind == "text" and isinstance(value, str) and set(value) & {"\n", "\r"}:
            continue  # a browser would make one line of it
        candidate = dataclasses.replace(field, kind=kind)
        try:
            if as_json(value_of(candidate, text_of(candidate, value))) == as_json(value):
                return candidate
        except (NotReadable, TypeError, AttributeError):
            continue
    return dataclasses.replace(field, kind="json", hint="JSON.", choices=(), blank="")


def text_of(field: Field, value: Any) -> str:
    """Return a value as the text that is in the field."""
    match field.kind:
        case "text" | "long" | "date":
            return value if isinstance(value, str) else as_json(value)
        case "list" if isinstance(value, list):
            return "\n".join(str(item) for item in value)
        case "json":
            return json.dumps(value, indent=2, ensure_ascii=False)
        case _:
            return as_json(value)


def value_of(field: Field, text: str) -> Any:
    """Return the value that a text means; the text is not empty.

    Raises:
        NotReadable: it means none.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")  # as browsers do
    match field.kind:
        case "text" | "long":
            return text
        case "date":
            return text.strip()
        case "integer":
            return _integer(text.strip())
        case "number":
            return _number(text.strip())
        case "choice":
            if text not in {choice.text for choice in field.choices}:
                raise NotReadable("is not one of the choices")
            return json.loads(text)
        case "list":
            return [line for line in text.split("\n") if line.strip()]
        case "json":
            return parse_json(text)


def parse_json(text: str) -> Any:
    """Return what a JSON text says.

    Raises:
        NotReadable: it is no JSON; the place is told.
    """
    try:
        return json.loads(text, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise NotReadable(f"is not JSON: {error.msg} at {where}") from None
    except (ValueError, RecursionError):
        raise NotReadable("is not JSON") from None


def as_json(value: Any) -> str:
    """Return the JSON text of a value."""
    return json.dumps(value, ensure_ascii=False)


def _integer(text: str) -> int:
    if not _INTEGER.fullmatch(text):
        raise NotReadable("is not a whole number, such as 25")
    return int(text)


def _number(text: str) -> int | float:
    if not _NUMBER.fullmatch(text):
        raise NotReadable("is not a number, such as 2.5")
    if _INTEGER.fullmatch(text):
        return int(text)
    number = float(text)
    if not math.isfinite(number):
        raise NotReadable("is too large a number")
    return number


def _refuse_constant(name: str) -> Any:
    raise ValueError(name)
