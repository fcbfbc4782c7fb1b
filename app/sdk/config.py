"""Settings of the running app, checked against the model that the app declares."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import UnionType
from typing import Any, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, SecretBytes, SecretStr, ValidationError

from app.core.errors import CoreError
from app.sdk.scope import scope

Model = TypeVar("Model", bound=BaseModel)


class SettingsInvalid(CoreError):
    """What is set for an app does not fit the model that it declares.

    Attributes:
        app_id: the app.
        fields: path of each wrong or missing field, such as "mail.host".
        remedy: what to do about it.
    """

    def __init__(self, app_id: str, error: ValidationError) -> None:
        wrong = [(".".join(map(str, e["loc"])) or "settings", e["msg"]) for e in error.errors()]
        # Pydantic's own text shows the values, and one of them may be a secret.
        super().__init__(
            f"settings of {app_id}: " + "; ".join(f"{name}: {why}" for name, why in wrong)
        )
        self.app_id = app_id
        self.fields = tuple(name for name, _ in wrong)
        self.remedy = (
            f"Set {', '.join(self.fields)} on the page /admin/apps/{app_id}; in development mode in"
            f" the file settings/{app_id}.toml of the data folder."
        )


def settings(model: type[Model]) -> Model:
    """Return the app's settings as an instance of `model`, as they are at this moment.

    Raises:
        SettingsInvalid: what an administrator set does not fit the model.
    """
    running = scope()
    return checked(model, running.app.id, running.host.settings_values(running.app))


def checked(model: type[Model], app_id: str, values: Mapping[str, Any]) -> Model:
    """Return `values` as an instance of `model`.

    Raises:
        SettingsInvalid: they do not fit.
    """
    try:
        return model.model_validate(dict(values))
    except ValidationError as error:
        invalid = SettingsInvalid(app_id, error)
    # Outside of the block: the cause would show the values in the traceback.
    raise invalid


def settings_schema(model: type[BaseModel]) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Return the JSON schema of a settings model, and the paths of its secret fields."""
    return model.model_json_schema(), tuple(sorted(set(_secrets(model, (), ()))))


def secret_values(model: BaseModel) -> Iterator[str]:
    """Yield the secrets that a model's instance holds."""
    for _, value in model:
        yield from _secrets_in(value)


def _secrets_in(value: Any) -> Iterator[str]:
    if isinstance(value, SecretStr):
        yield value.get_secret_value()
    elif isinstance(value, SecretBytes):
        yield value.get_secret_value().decode(errors="replace")
    elif isinstance(value, BaseModel):
        yield from secret_values(value)
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _secrets_in(inner)
    elif isinstance(value, list | tuple | set | frozenset):
        for inner in value:
            yield from _secrets_in(inner)


def _secrets(
    model: type[BaseModel], path: tuple[str, ...], above: tuple[type, ...]
) -> Iterator[str]:
    if model in above:
        return
    for name, field in model.model_fields.items():
        yield from _secrets_of(field.annotation, (*path, name), (*above, model))


def _secrets_of(kind: Any, path: tuple[str, ...], above: tuple[type, ...]) -> Iterator[str]:
    if get_origin(kind) is not None or isinstance(kind, UnionType) or get_origin(kind) is Union:
        for inner in get_args(kind):
            yield from _secrets_of(inner, path, above)
    elif isinstance(kind, type) and issubclass(kind, SecretStr | SecretBytes):
        yield ".".join(path)
    elif isinstance(kind, type) and issubclass(kind, BaseModel):
        yield from _secrets(kind, path, above)
