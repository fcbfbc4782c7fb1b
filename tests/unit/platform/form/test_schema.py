"""Fields of a form, from models and from whatever else calls itself a JSON schema."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import Enum, IntEnum
from typing import Annotated, Any, Literal, Optional

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import AnyUrl, BaseModel, Field, Secret, SecretStr, create_model

from app.platform.form import as_json, fields_of, fitting, text_of, value_of
from app.platform.form.model import Field as FormField
from app.sdk.schema import SettingsSchema, settings_schema


class Color(Enum):
    RED = "red"
    BLUE = "blue"


class Level(IntEnum):
    LOW = 1
    HIGH = 2


class Inner(BaseModel):
    host: str = "h"


def field(kind: Any, default: Any = ..., **more: Any) -> FormField:
    """Return the field of one setting."""
    model = create_model("Model", setting=(kind, Field(default, **more)))
    (made,) = fields_of(settings_schema(model))
    return made


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (str, "text"),
        (Optional[str], "text"),  # noqa: UP045 - both spellings
        (Annotated[str, Field(max_length=5_000)], "long"),
        (Annotated[str, Field(json_schema_extra={"format": "textarea"})], "long"),
        (int, "integer"),
        (float | None, "number"),
        (bool, "choice"),
        (Color, "choice"),
        (Color | None, "choice"),
        (Level, "choice"),
        (Literal["a", 1, None], "choice"),
        (Literal["a"], "choice"),
        (Literal["a"] | Literal["b"], "choice"),
        (list[str], "list"),
        (set[str], "list"),
        (list[Color], "list"),
        (list[int], "json"),
        (tuple[str, int], "json"),
        (dict[str, str], "json"),
        (Inner, "json"),
        (int | str, "json"),
        (Decimal, "json"),
        (date, "date"),
        (datetime, "text"),
        (timedelta, "text"),
        (AnyUrl, "text"),
        (Any, "json"),
        (SecretStr, "text"),
        (Secret[int], "integer"),
    ],
)
def test_every_type_has_its_kind_of_field(kind: Any, expected: str) -> None:
    assert field(kind).kind == expected


def test_a_field_says_what_it_is_and_what_it_accepts() -> None:
    made = field(int, 25, ge=1, lt=10, multiple_of=2, description="Of the\nserver")
    assert (made.label, made.description, made.default) == ("Setting", "Of the server", "25")
    assert made.hint == "A whole number, at least 1, below 10, a multiple of 2."
    assert field(str, "x", min_length=2, max_length=9, pattern="^a").hint == (
        "At least 2 characters. At most 9 characters. Must match ^a"
    )
    assert field(list[Color], []).hint == "One per line, each one of red, blue."
    assert field(datetime).hint == "Like 2026-12-31T08:30:00Z."


def test_a_title_is_shown_and_one_that_pydantic_made_is_written_plainly() -> None:
    model = create_model("M", api_key=(str, ""), host=(str, Field("", title="Mail server")))
    assert [made.label for made in fields_of(settings_schema(model))] == ["Api key", "Mail server"]


def test_what_is_required_has_no_default_and_a_secret_shows_none() -> None:
    assert (field(str).required, field(str).default) == (True, "")
    secret = field(SecretStr, SecretStr("hunter22"))
    assert (secret.secret, secret.required, secret.default) == (True, False, "")
    assert "hunter22" not in repr(secret)


def test_choices_are_told_apart_by_type() -> None:
    made = field(Literal["1", 1, None], "1")
    assert [(c.text, c.label) for c in made.choices] == [
        ('"1"', "1"),
        ("1", "1"),
        ("null", "No value"),
    ]
    assert [c.label for c in field(bool | None, True).choices] == ["Yes", "No", "No value"]
    # Leaving it unset says the same.
    assert [c.label for c in field(bool | None, None).choices] == ["Yes", "No"]
    assert field(bool, False).default == "No"


@pytest.mark.parametrize(
    ("kind", "default", "blank"),
    [
        (str, "x", '""'),
        (str, "", ""),
        (str, ..., ""),
        (str | None, "x", "null"),
        (str | None, None, ""),
        (int | None, 3, "null"),
        (int, 3, ""),
        (Annotated[str, Field(min_length=1)], "x", ""),
        (list[str], ["a"], "[]"),
        (list[str], ..., "[]"),
        (list[str], [], ""),
        (SecretStr, SecretStr("x"), ""),
    ],
)
def test_an_empty_value_can_be_chosen_where_it_is_not_the_same_as_none(
    kind: Any, default: Any, blank: str
) -> None:
    assert field(kind, default).blank == blank


# Models of any fields: each value is shown, and comes back as it was.

_TYPES: dict[str, tuple[Any, st.SearchStrategy[Any]]] = {
    "str": (str, st.text(max_size=20)),
    "long": (Annotated[str, Field(max_length=1_000)], st.text(max_size=20)),
    "int": (int, st.integers(-(10**12), 10**12)),
    "float": (float, st.floats(allow_nan=False, allow_infinity=False)),
    "bool": (bool, st.booleans()),
    "enum": (Color, st.sampled_from(["red", "blue"])),
    "literal": (Literal["a", 1, None], st.sampled_from(["a", 1, None])),
    "list": (list[str], st.lists(st.text(max_size=9), max_size=3)),
    "ints": (list[int], st.lists(st.integers(), max_size=3)),
    "date": (date, st.dates().map(str)),
    "model": (Inner, st.fixed_dictionaries({"host": st.text(max_size=5)})),
    "table": (dict[str, float], st.dictionaries(st.text(max_size=5), st.just(0.5), max_size=2)),
    "either": (int | str, st.integers() | st.text(max_size=5)),
    "secret": (SecretStr, st.text(max_size=9)),
}


@st.composite
def models(draw: st.DrawFn) -> tuple[type[BaseModel], dict[str, Any]]:
    """Make a model, and values for it."""
    names = draw(st.lists(st.sampled_from(sorted(_TYPES)), min_size=1, max_size=6, unique=True))
    fields: dict[str, Any] = {}
    values: dict[str, Any] = {}
    for name in names:
        kind, some = _TYPES[name]
        optional, required = draw(st.booleans()), draw(st.booleans())
        fields[name] = (kind | None if optional else kind, ... if required else draw(some))
        values[name] = draw(some | st.none() if optional else some)
    return create_model("Made", **fields), values


@settings(max_examples=150, deadline=None)
@given(models())
def test_every_value_of_a_model_is_shown_and_comes_back(
    made: tuple[type[BaseModel], dict[str, Any]],
) -> None:
    model, values = made
    schema = settings_schema(model)
    for declared in fields_of(schema):
        value = values[declared.name]
        shown = fitting(declared, value)
        assert as_json(value_of(shown, text_of(shown, value))) == as_json(value)
        assert declared.secret == (declared.name == "secret")
    # What the form would send is what the model takes.
    model.model_validate_json(json.dumps(values))


_WORDS = (
    *("type", "enum", "const", "anyOf", "allOf", "$ref", "items", "format", "default", "minimum"),
    *("maxLength", "pattern", "title", "description", "properties", "prefixItems", "minItems"),
)
_JUNK = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=8)
    | st.sampled_from(["string", "array", "integer", "null", "#/$defs/A", "date", "textarea"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(_WORDS), inner, max_size=4)
    ),
    max_leaves=12,
)


@settings(max_examples=200, deadline=None)
@given(
    st.dictionaries(st.sampled_from(["a", "b"]), _JUNK, max_size=2),
    st.dictionaries(st.just("A"), _JUNK, max_size=1),
    _JUNK,
)
def test_whatever_a_schema_says_there_is_a_field(
    parts: dict[str, Any], definitions: dict[str, Any], value: Any
) -> None:
    schema = SettingsSchema({"properties": parts, "$defs": definitions}, frozenset("b"))
    made = fields_of(schema)
    assert [each.name for each in made] == list(parts)
    for each in made:
        shown = fitting(each, value)
        assert as_json(value_of(shown, text_of(shown, value))) == as_json(value)


def test_a_schema_that_refers_to_itself_has_an_end() -> None:
    loop = {"$ref": "#/$defs/A"}
    schema = SettingsSchema({"properties": {"a": loop}, "$defs": {"A": {"anyOf": [loop, loop]}}})
    assert fields_of(schema)[0].kind == "json"
