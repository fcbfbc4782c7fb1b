"""From the JSON schema of a settings model to the fields of a form."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any, TypeGuard

from app.platform.form.model import Choice, Field, Kind
from app.platform.form.texts import as_json, text_of
from app.sdk.schema import SettingsSchema

MOST_CHOICES = 500
_LONG = 300  # characters; what may be longer gets a field of several lines
_DEEPEST = 20
_MISSING: Any = object()
_LIKE = {
    "date-time": "Like 2026-12-31T08:30:00Z.",
    "time": "Like 08:30:00.",
    "duration": "Like PT90M (90 minutes) or P7D (7 days).",
    "email": "An address like ada@example.org.",
    "uri": "An address like https://example.org.",
    "uuid": "Like 123e4567-e89b-12d3-a456-426614174000.",
}


def fields_of(schema: SettingsSchema) -> list[Field]:
    """Return the fields of a form, in the order of the model."""
    found = schema.schema.get("$defs")
    definitions = found if isinstance(found, Mapping) else {}
    return [
        _field(str(name), part, definitions, name in schema.required, name in schema.secret)
        for name, part in schema.fields.items()
    ]


def _field(
    name: str, schema: Any, definitions: Mapping[str, Any], required: bool, secret: bool
) -> Field:
    given = schema if isinstance(schema, Mapping) else {}
    part, nullable = _plain(given, definitions, 0)
    kind = _kind(part, definitions)
    default = _MISSING if required or secret else given.get("default", _MISSING)
    choices = _choices(part, nullable and default is not None) if kind == "choice" else ()
    field = Field(
        name=name,
        label=_label(name, given.get("title")),
        description=_text(given.get("description") or part.get("description"), 1_000),
        kind=kind,
        secret=secret,
        required=required,
        nullable=nullable,
        hint=_hint(kind, part, definitions),
        choices=choices,
        blank="" if secret else _blank(kind, part, nullable, default),
    )
    return dataclasses.replace(field, default=_shown_default(field, default))


def _plain(
    schema: Mapping[str, Any], definitions: Mapping[str, Any], depth: int
) -> tuple[Mapping[str, Any], bool]:
    """Return a schema without references and alternatives, and whether null is one of these."""
    name = str(schema.get("$ref", "")).rpartition("/")[2]
    if name in definitions and isinstance(definitions[name], Mapping) and depth < _DEEPEST:
        return _plain({**definitions[name], **_without(schema, "$ref")}, definitions, depth + 1)
    one = schema.get("allOf")
    if isinstance(one, list) and len(one) == 1 and isinstance(one[0], Mapping) and depth < _DEEPEST:
        return _plain({**one[0], **_without(schema, "allOf")}, definitions, depth + 1)
    for key in ("anyOf", "oneOf"):
        parts = schema.get(key)
        if isinstance(parts, list) and depth < _DEEPEST:
            return _alternatives(schema, key, parts, definitions, depth)
    kinds = schema.get("type")
    if isinstance(kinds, list):
        rest = [kind for kind in kinds if kind != "null"]
        kind = {"type": rest[0]} if len(rest) == 1 else {}
        return {**_without(schema, "type"), **kind}, "null" in kinds
    values = schema.get("enum")
    return schema, kinds == "null" or (isinstance(values, list) and None in values)


def _alternatives(
    schema: Mapping[str, Any],
    key: str,
    parts: list[Any],
    definitions: Mapping[str, Any],
    depth: int,
) -> tuple[Mapping[str, Any], bool]:
    known = [_plain(part, definitions, depth + 1) for part in parts if isinstance(part, Mapping)]
    nullable = any(is_nullable for _, is_nullable in known)
    rest = [part for part, _ in known if part.get("type") != "null"]
    around = _without(schema, key)
    if len(rest) == 1:
        return {**rest[0], **around}, nullable
    values = [_enum(part) for part in rest]
    if rest and all(values):
        return {**around, "enum": [value for each in values for value in each]}, nullable
    return around, nullable


def _without(schema: Mapping[str, Any], key: str) -> dict[str, Any]:
    return {name: value for name, value in schema.items() if name != key}


def _enum(part: Mapping[str, Any]) -> list[Any]:
    if "const" in part:
        return [part["const"]]
    values = part.get("enum")
    return values if isinstance(values, list) else []


def _kind(part: Mapping[str, Any], definitions: Mapping[str, Any]) -> Kind:
    values = _enum(part)
    if values:
        plain = all(value is None or isinstance(value, str | int | float) for value in values)
        return "choice" if plain and len(values) <= MOST_CHOICES else "json"
    match part.get("type"):
        case "boolean":
            return "choice"
        case "integer":
            return "integer"
        case "number":
            return "number"
        case "string" if part.get("format") == "date":
            return "date"
        case "string":
            longest = part.get("maxLength")
            is_long = part.get("format") == "textarea" or (_is_int(longest) and longest > _LONG)
            return "long" if is_long else "text"
        case "array" if _is_list_of_texts(part, definitions):
            return "list"
        case _:
            return "json"


def _is_list_of_texts(part: Mapping[str, Any], definitions: Mapping[str, Any]) -> bool:
    items = part.get("items")
    if "prefixItems" in part or not isinstance(items, Mapping):
        return False
    item, nullable = _plain(items, definitions, 0)
    values = _enum(item)
    is_text = (
        item.get("type") == "string" if not values else all(isinstance(v, str) for v in values)
    )
    return is_text and not nullable


def _choices(part: Mapping[str, Any], nullable: bool) -> tuple[Choice, ...]:
    values: list[Any] = _enum(part) or [True, False]
    if nullable and None not in values:
        values = [*values, None]
    made = {as_json(value): Choice(as_json(value), _choice_label(value)) for value in values}
    return tuple(made.values())


def _choice_label(value: Any) -> str:
    if value is None:
        return "No value"
    if isinstance(value, bool):
        return "Yes" if value else "No"
    return _text(str(value), 200) or "(empty)"


def _blank(kind: Kind, part: Mapping[str, Any], nullable: bool, default: Any) -> str:
    """Return the empty value, where leaving the field empty does not mean it."""
    if kind in ("choice", "json"):
        return ""
    if nullable:
        return "" if default is None else "null"
    if kind == "list" and not part.get("minItems") and default != []:
        return "[]"
    takes_empty = not part.get("minLength") and "pattern" not in part and "format" not in part
    if kind in ("text", "long") and takes_empty and isinstance(default, str) and default:
        return '""'
    return ""


def _shown_default(field: Field, default: Any) -> str:
    if default is _MISSING or default in (None, "", [], {}):
        return ""
    if field.kind == "choice":
        return next((c.label for c in field.choices if c.text == as_json(default)), "")
    text = text_of(field, default)
    return text if len(text) <= 1_000 else ""


def _hint(kind: Kind, part: Mapping[str, Any], definitions: Mapping[str, Any]) -> str:
    match kind:
        case "integer" | "number":
            return _range(kind, part)
        case "text" | "long":
            return " ".join(_of_texts(part))
        case "list":
            item, _ = _plain(part["items"], definitions, 0)
            names = ", ".join(map(str, _enum(item)))
            return f"One per line, each one of {_text(names, 300)}." if names else "One per line."
        case "json":
            return "JSON."
        case _:
            return ""


def _range(kind: Kind, part: Mapping[str, Any]) -> str:
    whole = "A whole number" if kind == "integer" else "A number"
    words = (
        ("minimum", "at least"),
        ("exclusiveMinimum", "above"),
        ("maximum", "at most"),
        ("exclusiveMaximum", "below"),
        ("multipleOf", "a multiple of"),
    )
    limits = [f"{word} {part[key]}" for key, word in words if _is_number(part.get(key))]
    return f"{whole}{', ' if limits else ''}{', '.join(limits)}."


def _of_texts(part: Mapping[str, Any]) -> Iterable[str]:
    like = _LIKE.get(str(part.get("format")))
    if like:
        yield like
    least, most = part.get("minLength"), part.get("maxLength")
    if _is_int(least) and least > 1:
        yield f"At least {least} characters."
    if _is_int(most):
        yield f"At most {most} characters."
    if isinstance(part.get("pattern"), str):
        yield f"Must match {_text(part['pattern'], 200)}"


def _label(name: str, title: Any) -> str:
    """Return the author's title; Pydantic's own, made of the name, has a capital in every word."""
    own = isinstance(title, str) and title and title != name.title().replace("_", " ").strip()
    text = _text(title, 200) if own else ""
    words = name.replace("_", " ").strip()
    return text or words[:1].upper() + words[1:]


def _text(value: Any, longest: int) -> str:
    """Return a text of one line, cut; "" when it is none."""
    return " ".join(value.split())[:longest] if isinstance(value, str) else ""


def _is_int(value: Any) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_number(value: Any) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool)
