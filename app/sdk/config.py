"""Settings of the running app, checked against the model that the app declares."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails, to_json
from pydantic_core.core_schema import ErrorType

from app.kernel.errors import CoreError
from app.sdk.schema import field_key, settings_schema
from app.sdk.scope import OutsideApp, scope

Model = TypeVar("Model", bound=BaseModel)

# Errors that Pydantic words itself.
_KNOWN = frozenset(get_args(ErrorType)) - {"value_error", "assertion_error"}
# A shorter text is part of many words.
_SHORTEST = 4


@dataclass(frozen=True, slots=True)
class FieldProblem:
    """What is wrong with one setting. No value is part of it that could be a secret.

    Attributes:
        field: the field of the model; "" for all of it.
        path: the place, such as "mail.host"; no deeper than `field` when that is secret.
        message: what is wrong.
    """

    field: str
    path: str
    message: str

    def __str__(self) -> str:
        return f"{self.path or 'settings'}: {self.message}"


class SettingsInvalid(CoreError):
    """What is set for an app does not fit the model that it declares.

    Attributes:
        app_id: the app.
        problems: what is wrong with each field.
        fields: path of each wrong or missing field, such as "mail.host".
        remedy: what to do about it.
    """

    def __init__(self, app_id: str, problems: Iterable[FieldProblem]) -> None:
        self.app_id = app_id
        self.problems = tuple(problems)
        self.fields = tuple(problem.path or "settings" for problem in self.problems)
        super().__init__(f"settings of {app_id}: " + "; ".join(map(str, self.problems)))
        self.remedy = (
            f"Set {', '.join(self.fields)} on the page /admin/apps/{app_id}; in development mode in"
            f" the file settings/{app_id}.toml of the data folder."
        )


class SettingsUndeclared(RuntimeError):
    """An app reads settings that its AppEntry does not name; the message says what to write."""

    remedy = "Write settings = … in AppEntry, with the model that the app reads."


def settings(model: type[Model]) -> Model:
    """Return the app's settings as an instance of `model`, as they are at this moment.

    Raises:
        SettingsInvalid: what an administrator set does not fit the model.
        SettingsUndeclared: AppEntry does not name the settings, so that nobody can set them.
        OutsideApp: while the app is loaded, its pages are built, or nothing of it runs.
    """
    running = scope()
    if running.session is None:
        raise OutsideApp(
            "Settings can change while the app runs, so they are not read while it is loaded or a"
            " page is built: read them in an event handler or a computed var."
        )
    if not running.has_settings:
        raise SettingsUndeclared(
            f"{running.app.id} reads settings that nobody can set: write"
            f" settings = {model.__name__} in AppEntry."
        )
    return checked(model, running.app.id, running.host.settings_values(running.app))


def checked(model: type[Model], app_id: str, values: Mapping[str, Any]) -> Model:
    """Return `values` as an instance of `model`.

    Values that only other versions of the app know are no mistake, even if the model forbids them.

    Raises:
        SettingsInvalid: they do not fit.
    """
    known = dict(values)
    if model.model_config.get("extra") == "forbid":
        known = {name: known[name] for name in known.keys() & names_of(model)}
    try:
        # As JSON, which they are in the database: a strict model then takes dates and Enums.
        return model.model_validate_json(to_json(known, inf_nan_mode="constants"))
    except ValidationError as error:
        invalid = SettingsInvalid(app_id, _problems(error, model, values))
    # Outside of the block: the cause would show the values in the traceback.
    raise invalid


def names_of(model: type[BaseModel]) -> frozenset[str]:
    """Return all names under which fields of a model can be set."""
    fields = model.model_fields.items()
    return frozenset(name for pair in fields for name in (pair[0], field_key(*pair)))


def problems_of(model: type[BaseModel], values: Mapping[str, Any]) -> tuple[FieldProblem, ...]:
    """Return what keeps `values` from being an instance of `model`; nothing when they fit.

    That the model's own code fails is one of the problems.
    """
    try:
        checked(model, "", values)
    except SettingsInvalid as invalid:
        return invalid.problems
    except Exception as error:
        # Without its text, which may have a secret in it.
        kind = type(error).__name__
        return (FieldProblem("", "", f"the model's own code fails with {kind}"),)
    return ()


def _problems(
    error: ValidationError, model: type[BaseModel], values: Mapping[str, Any]
) -> Iterator[FieldProblem]:
    secret = settings_schema(model).secret
    hidden = _hidden(model, secret, values)
    for found in error.errors(include_url=False, include_input=False):
        steps = [str(step) for step in found["loc"]]
        field = steps[0] if steps else ""
        # Keys within a secret may be secret, too.
        path = field if field in secret else ".".join(steps)
        yield FieldProblem(field, path, _message(found, hidden))


def _hidden(
    model: type[BaseModel], secret: Collection[str], values: Mapping[str, Any]
) -> list[str]:
    """Return what no message may say, the longest first."""
    names = {
        key
        for name, field in model.model_fields.items()
        for key in (name, field_key(name, field))
        if field_key(name, field) in secret
    }
    return sorted({t for name in names for t in _texts(values.get(name))}, key=len, reverse=True)


def _message(found: ErrorDetails, hidden: Iterable[str]) -> str:
    """Return an error's text; Pydantic's own have no values, those of the author may."""
    text = found["msg"].removeprefix("Value error, ").removeprefix("Assertion failed, ")
    if found["type"] in _KNOWN:
        return text
    for value in hidden:
        if value in text and len(value) < _SHORTEST:
            return "is not accepted"
        text = text.replace(value, "[redacted]")
    return text


def _texts(value: Any) -> Iterator[str]:
    """Yield the texts in a value of JSON, as a message could quote them."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from (*_texts(key), *_texts(inner))
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _texts(inner)
    elif value not in (None, "", True, False):
        yield from {str(value), repr(str(value))[1:-1]}
