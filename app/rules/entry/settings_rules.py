"""Rules about the settings of an AppEntry: a model that an administrator can be shown as a form."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel, PydanticUserError, RootModel, TypeAdapter

from app.rules.entry.subject import Subject, Unknown, type_of
from app.sdk.schema import field_key, settings_schema
from app.source.problems import Problem

MAX_FIELDS = 200
MAX_SCHEMA = 256 * 1024

_EXAMPLE = (
    "Write `class Settings(BaseModel):` (from pydantic import BaseModel) and settings = Settings"
)
_FIELD = re.compile(r"[^\W\d]\w{0,99}")


def settings_can_be_shown(subject: Subject) -> Iterator[Problem]:
    """`settings` is a Pydantic model of fields that JSON can describe."""
    model = subject.value("settings")
    if subject.kind != "dynamic" or model is None or isinstance(model, Unknown):
        return
    if not isinstance(model, type) or not issubclass(model, BaseModel) or model is BaseModel:
        what = f"the class {model.__name__}" if isinstance(model, type) else type_of(model)
        yield subject.problem(
            "settings", f"settings is {what}, not a Pydantic model", f"{_EXAMPLE}."
        )
    elif issubclass(model, RootModel):
        yield subject.problem(
            "settings", "settings is a RootModel, which has no fields", f"{_EXAMPLE}."
        )
    else:
        yield from _names(subject, model)
        yield from _schema(subject, model)


def _names(subject: Subject, model: type[BaseModel]) -> Iterator[Problem]:
    for name, field in model.model_fields.items():
        key = field_key(name, field)
        if not _FIELD.fullmatch(key):
            yield subject.problem(
                "settings",
                f'the setting {name} has the alias "{key[:100]}", which is not a Python name',
                "Settings are set by these names: use letters, digits and _, at most 100.",
            )
    if len(model.model_fields) > MAX_FIELDS:
        yield subject.problem(
            "settings",
            f"there are {len(model.model_fields)} settings; {MAX_FIELDS} are allowed",
            "Put those that belong together into a model of their own, as one setting.",
        )


def _schema(subject: Subject, model: type[BaseModel]) -> Iterator[Problem]:
    try:
        size = len(json.dumps(settings_schema(model).as_dict()))
    except Exception as error:
        where = ", ".join(_culprits(model))
        why = str(error).splitlines()[0] if isinstance(error, PydanticUserError) else repr(error)
        yield subject.problem(
            "settings",
            f"settings cannot be described{f' ({where})' if where else ''}: {why[:300]}",
            "Use types that JSON has: texts, numbers, dates, Enums, lists, models of these.",
        )
        return
    if size > MAX_SCHEMA:
        yield subject.problem(
            "settings",
            f"the settings take {size:,} bytes to describe; {MAX_SCHEMA:,} are allowed",
            "Have fewer choices: a long list of them belongs in a document.",
        )


def _culprits(model: type[BaseModel]) -> Iterator[str]:
    for name, field in model.model_fields.items():
        kind: Any = field.annotation
        try:
            TypeAdapter(kind).json_schema()
        except Exception:
            yield name
