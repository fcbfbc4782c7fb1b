"""The rows of the form for an app's settings, and what somebody changed in it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypedDict, cast

from app.core.app_settings import Settings
from app.kernel.errors import sentence
from app.platform.app_settings import AppSettings
from app.platform.form import (
    Choice,
    Field,
    Kind,
    NotReadable,
    as_json,
    fields_of,
    fitting,
    text_of,
    value_of,
)
from app.sdk.config import FieldProblem
from app.web.admin.rows import when

# What a field of the form is called when it is sent: the value, "empty on purpose", "remove".
VALUE, BLANK, REMOVE = "value.", "blank.", "remove."

_INPUTS: Mapping[Kind, str] = {
    "text": "line",
    "integer": "line",
    "number": "line",
    "date": "date",
    "choice": "choice",
    "long": "lines",
    "list": "lines",
    "json": "lines",
}
_BLANKS = {
    "null": "Set to no value (null)",
    '""': "Set to an empty text",
    "[]": "Set to an empty list",
}
_KEYBOARDS: Mapping[Kind, str] = {"integer": "numeric", "number": "decimal"}


class OptionRow(TypedDict):
    """One choice; `text` is the value as JSON."""

    text: str
    label: str


class SettingRow(TypedDict):
    """One field of the form.

    `input` is how it is entered: "line", "lines", "date", "choice", "secret", "secret lines", or
    "unused" for what is set and not declared. `text` and `blank` are what it began with; never of a
    secret. `state` says of a secret whether it is set.
    """

    name: str
    label: str
    about: str
    hint: str
    kind: str
    input: str
    keyboard: str
    text: str
    placeholder: str
    required: bool
    blank: bool
    blank_text: str
    blank_label: str
    options: list[OptionRow]
    unchosen: str
    state: str
    removable: bool
    by: str
    at: str
    error: str
    described: str


@dataclass(frozen=True)
class Changes:
    """What somebody changed in the form.

    Attributes:
        values: field to value.
        remove: fields to unset.
        wrong: field to what is wrong with its text.
    """

    values: dict[str, Any] = field(default_factory=dict)
    remove: list[str] = field(default_factory=list)
    wrong: dict[str, str] = field(default_factory=dict)


def rows_of(seen: AppSettings) -> list[SettingRow]:
    """Return the rows of the form, in the order of the app's model; unused settings last."""
    fields = [] if seen.schema is None else fields_of(seen.schema)
    rows = [_row(seen.stored, declared) for declared in fields]
    return [*rows, *(_unused(seen.stored, name) for name in seen.unused)]


def changes_in(rows: Iterable[SettingRow], form: Mapping[str, Any]) -> Changes:
    """Return what differs in the form that was sent from what its rows began with.

    What nobody touched is not sent on: another administrator may have changed it meanwhile.
    """
    found = Changes()
    for row in rows:
        name = row["name"]
        text = str(form.get(VALUE + name, ""))
        removed = REMOVE + name in form
        if row["input"].startswith(("secret", "unused")):
            if text:
                _read(found, row, text)
            elif removed:
                found.remove.append(name)
            continue
        blank = bool(row["blank_text"]) and BLANK + name in form
        if blank == row["blank"] and (blank or text == row["text"]):
            continue
        if blank and text.strip():
            found.wrong[name] = f"This has a text, and “{row['blank_label']}” is ticked: choose."
        elif blank:
            found.values[name] = json.loads(row["blank_text"])
        elif not text.strip():
            found.remove.append(name)
        else:
            _read(found, row, text)
    return found


def with_errors(rows: Iterable[SettingRow], errors: Mapping[str, str]) -> list[SettingRow]:
    """Return the rows with these errors at their fields, and no others."""
    return [cast("SettingRow", {**row, "error": errors.get(row["name"], "")}) for row in rows]


def errors_of(
    rows: Iterable[SettingRow], problems: Iterable[FieldProblem]
) -> tuple[dict[str, str], list[str]]:
    """Return errors by field, and those that belong to none."""
    names = {row["name"] for row in rows}
    errors: dict[str, str] = {}
    others: list[str] = []
    for problem in problems:
        inner = problem.path.removeprefix(problem.field).lstrip(".")
        text = sentence(f"{inner}: {problem.message}" if inner else problem.message)
        if problem.field in names:
            known = errors.get(problem.field)
            errors[problem.field] = f"{known} {text}" if known else text
        else:
            others.append(sentence(str(problem)) if problem.path else text)
    return errors, others


def differences(rows: Iterable[SettingRow], before: Settings, now: Settings) -> list[str]:
    """Say what others changed since the form was made."""
    labels = {row["name"]: row["label"] for row in rows}
    told = []
    for name in sorted({*before.touched, *now.touched}):
        touch = now.touched.get(name)
        if touch == before.touched.get(name):
            continue
        label = labels.get(name, name)
        if touch is None:
            told.append(f"{label} was unset.")
        elif name in now.secrets:
            told.append(f"{label} was set to another secret by {touch.by_name}.")
        else:
            value = json.dumps(now.values.get(name), ensure_ascii=False)
            told.append(f"{label} was set to {_short(value)} by {touch.by_name}.")
    return told


def _row(stored: Settings, declared: Field) -> SettingRow:
    name = declared.name
    value = stored.values.get(name)
    is_blank = name in stored.values and declared.blank == as_json(value) != ""
    is_set = name in stored.values and not is_blank and not (value is None and declared.nullable)
    shown = fitting(declared, value) if is_set else declared
    entered = _INPUTS[shown.kind]
    if declared.secret:
        entered = "secret lines" if entered == "lines" else "secret"
    touch = stored.touched.get(name)
    return SettingRow(
        name=name,
        label=declared.label,
        about=declared.description,
        hint=shown.hint,
        kind=shown.kind,
        input=entered,
        keyboard=_KEYBOARDS.get(shown.kind, "text"),
        text=text_of(shown, value) if is_set else "",
        placeholder=_placeholder(declared, stored),
        required=declared.required,
        blank=is_blank,
        blank_text=shown.blank,
        blank_label=_BLANKS.get(shown.blank, ""),
        options=[OptionRow(text=choice.text, label=choice.label) for choice in shown.choices],
        unchosen=_unchosen(declared),
        state=_state(stored, name) if declared.secret else "",
        removable=declared.secret and name in stored.touched and not declared.required,
        by=f"Set by {touch.by_name}, " if touch else "",
        at=when(touch.at) if touch else "",
        error="",
        described=f"about-{name} error-{name}",
    )


def _unused(stored: Settings, name: str) -> SettingRow:
    is_secret = name in stored.secrets
    value = "a secret" if is_secret else _short(as_json(stored.values.get(name)))
    touch = stored.touched[name]
    return SettingRow(
        name=name,
        label=name,
        about="",
        hint="",
        kind="json",
        input="unused",
        keyboard="",
        text=value,
        placeholder="",
        required=False,
        blank=False,
        blank_text="",
        blank_label="",
        options=[],
        unchosen="",
        state="",
        removable=True,
        by=f"Set by {touch.by_name}, ",
        at=when(touch.at),
        error="",
        described=f"about-{name} error-{name}",
    )


def _placeholder(declared: Field, stored: Settings) -> str:
    if declared.secret:
        return "Type a new one to replace it" if declared.name in stored.touched else ""
    return declared.default


def _unchosen(declared: Field) -> str:
    """Return what the choice says that stands for no value."""
    if declared.required:
        return "Choose …"
    return f"Not set ({declared.default})" if declared.default else "Not set"


def _state(stored: Settings, name: str) -> str:
    if name in stored.lost:
        return "lost"
    return "set" if stored.secrets.get(name) else "not set"


def _read(found: Changes, row: SettingRow, text: str) -> None:
    """Note the value of a text, or what is wrong with it."""
    choices = tuple(Choice(option["text"], option["label"]) for option in row["options"])
    declared = Field(row["name"], row["label"], kind=cast("Kind", row["kind"]), choices=choices)
    try:
        found.values[row["name"]] = value_of(declared, text)
    except NotReadable as error:
        found.wrong[row["name"]] = sentence(f"This {error}")


def _short(text: str) -> str:
    return text if len(text) <= 200 else f"{text[:200]} …"
