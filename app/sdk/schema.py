"""What a settings model looks like from outside: its JSON schema, and which fields are secret.

A field with a secret anywhere in it (a list of them, a model with one) is secret as a whole: it is
encrypted as a whole, and nothing of it is shown.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, get_args, get_origin, get_type_hints

from pydantic import AliasChoices, BaseModel, Secret, SecretBytes, SecretStr
from pydantic.fields import FieldInfo
from pydantic.json_schema import GenerateJsonSchema

_SECRETS = (SecretStr, SecretBytes, Secret)
# Where a schema can show a value that somebody wrote into the code.
_VALUES = ("default", "example", "examples")
# What holds schemas by names that the author chose.
_NAMED = ("properties", "patternProperties", "$defs")


@dataclass(frozen=True, slots=True)
class SettingsSchema:
    """A settings model, without the model.

    Attributes:
        schema: its JSON schema, without default values of secrets.
        secret: names of the fields that are secret.
    """

    schema: Mapping[str, Any]
    secret: frozenset[str] = frozenset()

    @property
    def fields(self) -> Mapping[str, Mapping[str, Any]]:
        """Schemas of the fields by name, in the order of the model."""
        found: Mapping[str, Mapping[str, Any]] = self.schema.get("properties", {})
        return found

    @property
    def required(self) -> frozenset[str]:
        """Names of the fields that must be set."""
        return frozenset(self.schema.get("required", ()))

    @property
    def is_open(self) -> bool:
        """Whether fields may be set that the model does not declare."""
        return bool(self.schema.get("additionalProperties", False))

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON."""
        return {"schema": dict(self.schema), "secret": sorted(self.secret)}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> SettingsSchema:
        """Read what `as_dict` returned."""
        return cls(values["schema"], frozenset(values["secret"]))


class _Generator(GenerateJsonSchema):
    # A secret's default cannot be written, and is not wanted.
    ignored_warning_kinds = {"skipped-choice", "non-serializable-default"}


def settings_schema(model: type[BaseModel]) -> SettingsSchema:
    """Return what a settings model looks like from outside.

    Raises:
        pydantic.PydanticUserError: it has a type that JSON does not have.
    """
    schema = model.model_json_schema(schema_generator=_Generator, mode="validation")
    if "$ref" in schema:  # a model within itself is one of its definitions
        schema = {**schema["$defs"][_definition(schema)], "$defs": schema["$defs"]}
    fields: dict[str, Any] = schema.setdefault("properties", {})
    definitions: dict[str, Any] = schema.get("$defs", {})
    declared = {field_key(name, field): field for name, field in model.model_fields.items()}
    secret = {
        key
        for key, field in fields.items()
        if _is_marked(field, definitions, frozenset())
        or (key in declared and _can_hold_secret(declared[key].annotation, ()))
    }
    schema["properties"] = fields | {
        key: {**_without_values(fields[key]), "writeOnly": True} for key in secret
    }
    if secret and definitions:
        schema["$defs"] = _without_values_in(definitions)
    return SettingsSchema(schema, frozenset(secret))


def field_key(name: str, field: FieldInfo) -> str:
    """Return the name under which a field of a model is set: its alias, if it has one."""
    alias = field.validation_alias or field.alias
    choices = alias.choices if isinstance(alias, AliasChoices) else [alias]
    return next((choice for choice in choices if isinstance(choice, str)), name)


def secret_values(model: BaseModel) -> Iterator[str]:
    """Yield the secrets that a model's instance holds, as text."""
    for _, value in model:
        yield from _secrets_in(value)
    yield from _secrets_in(model.model_extra or {})


def _secrets_in(value: Any) -> Iterator[str]:
    if isinstance(value, SecretBytes):
        yield value.get_secret_value().decode(errors="replace")
    elif isinstance(value, SecretStr | Secret):
        yield from _texts_in(value.get_secret_value())
    elif isinstance(value, BaseModel):
        yield from secret_values(value)
    elif dataclasses.is_dataclass(value) and not isinstance(value, type):
        yield from _secrets_in(vars(value) if hasattr(value, "__dict__") else {})
    elif isinstance(value, Mapping):
        yield from _secrets_in([*value, *value.values()])
    elif isinstance(value, list | tuple | set | frozenset):
        for inner in value:
            yield from _secrets_in(inner)


def _texts_in(value: Any) -> Iterator[str]:
    """Yield the texts of a secret of any type."""
    if isinstance(value, Mapping):
        yield from _texts_in([*value, *value.values()])
    elif isinstance(value, list | tuple | set | frozenset):
        for inner in value:
            yield from _texts_in(inner)
    elif isinstance(value, BaseModel):
        yield from _texts_in(value.model_dump())
    elif value is not None and not isinstance(value, bool):
        yield str(value)


def _is_marked(schema: Any, definitions: Mapping[str, Any], above: frozenset[str]) -> bool:
    """Tell whether a part of a schema is marked as one that can be written only."""
    if isinstance(schema, Mapping) and schema.get("writeOnly") is True:
        return True
    name = _definition(schema)
    if name in definitions and name not in above:
        return _is_marked(definitions[name], definitions, above | {name})
    return any(_is_marked(part, definitions, above) for part in _parts(schema))


def _definition(schema: Any) -> str:
    return str(schema.get("$ref", "")).rpartition("/")[2] if isinstance(schema, Mapping) else ""


def _parts(schema: Any) -> Iterator[Any]:
    """Yield the schemas within a schema."""
    if isinstance(schema, list):
        yield from schema
    elif isinstance(schema, Mapping):
        for key, part in schema.items():
            if key in _NAMED and isinstance(part, Mapping):
                yield from part.values()
            elif key not in _VALUES:
                yield part


def _can_hold_secret(kind: Any, above: tuple[Any, ...]) -> bool:
    """Tell whether a value of a type can hold a secret; not every such type marks its schema."""
    if isinstance(kind, type) and issubclass(kind, _SECRETS):
        return True
    if any(kind is known for known in above):
        return False
    return any(_can_hold_secret(part, (*above, kind)) for part in _types_in(kind))


def _types_in(kind: Any) -> tuple[Any, ...]:
    """Return the types that a type is made of."""
    # `type X = …` and NewType.
    named = getattr(kind, "__value__", None) or getattr(kind, "__supertype__", None)
    if named is not None:
        return (named,)
    if get_origin(kind) is not None:
        return (get_origin(kind), *get_args(kind))
    if not isinstance(kind, type):
        return ()
    if issubclass(kind, BaseModel):
        return tuple(field.annotation for field in kind.model_fields.values())
    is_record = dataclasses.is_dataclass(kind) or hasattr(kind, "__total__")
    return _hints(kind) if is_record or hasattr(kind, "_fields") else ()


def _hints(kind: type) -> tuple[Any, ...]:
    try:
        return tuple(get_type_hints(kind).values())
    except NameError:
        # A name that only exists where the class was made: its schema has to tell.
        return ()


def _without_values(schema: Any) -> Any:
    """Return a schema without the values that the code gives."""
    if isinstance(schema, list):
        return [_without_values(part) for part in schema]
    if not isinstance(schema, Mapping):
        return schema
    return {
        key: _without_values_in(part)
        if key in _NAMED and isinstance(part, Mapping)
        else _without_values(part)
        for key, part in schema.items()
        if key not in _VALUES
    }


def _without_values_in(named: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _without_values(part) for name, part in named.items()}
