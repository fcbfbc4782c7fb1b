"""Settings models from outside: their schema, and what of them is secret."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Annotated, NamedTuple, NewType, Optional

import pytest
from pydantic import (
    AliasChoices,
    BaseModel,
    Field,
    PydanticUserError,
    Secret,
    SecretBytes,
    SecretStr,
)

from app.sdk.schema import SettingsSchema, secret_values, settings_schema


class Server(BaseModel):
    host: str
    password: SecretStr = SecretStr("within-a-model")


@dataclass
class Pair:
    key: SecretStr
    default: int = 0


class Point(NamedTuple):
    x: int
    pin: Secret[int]


Token = NewType("Token", SecretStr)


class Settings(BaseModel):
    name: str = "x"
    day: date = date(2026, 1, 2)
    key: SecretStr | None = None
    old: Optional[SecretBytes] = None  # noqa: UP045 - both spellings
    limited: Annotated[SecretStr, Field(min_length=3)] = SecretStr("abc")
    servers: list[Server] = []
    main: Server = Server(host="h")
    tokens: dict[str, SecretStr] = {}
    pair: Pair | None = None
    point: Point | None = None
    born: Secret[date] = Secret(date(2026, 1, 1))
    token: Token | None = None
    careless: SecretStr = Field("written-in-clear", examples=["written-in-clear"])


SECRET = {
    *("key", "old", "limited", "servers", "main", "tokens", "pair", "point", "born", "token"),
    "careless",
}


class Tree(BaseModel):
    secret: SecretStr = SecretStr("")
    below: list[Tree] = []
    plain: int = 0


class Named(BaseModel):
    inner: SecretStr = Field(validation_alias=AliasChoices("outer", "other"))
    properties: int = 0


def test_a_field_with_a_secret_anywhere_in_it_is_secret() -> None:
    assert settings_schema(Settings).secret == SECRET


def test_no_value_of_a_secret_is_in_the_schema() -> None:
    text = json.dumps(settings_schema(Settings).as_dict())
    assert "written-in-clear" not in text
    assert "within-a-model" not in text
    assert settings_schema(Settings).fields["day"]["default"] == "2026-01-02"


def test_every_secret_is_marked_as_one_that_is_only_written() -> None:
    fields = settings_schema(Settings).fields
    assert {name for name, shown in fields.items() if shown.get("writeOnly")} == SECRET


def test_a_model_within_itself_has_an_end() -> None:
    assert settings_schema(Tree).secret == {"secret", "below"}


def test_fields_have_the_names_under_which_they_are_set() -> None:
    schema = settings_schema(Named)
    assert schema.required == {"outer"}
    assert schema.secret == {"outer"}
    assert set(schema.fields) == {"outer", "properties"}


def test_a_schema_is_the_same_after_being_stored() -> None:
    schema = settings_schema(Settings)
    assert SettingsSchema.from_dict(json.loads(json.dumps(schema.as_dict()))) == schema


def test_what_json_cannot_say_is_refused() -> None:
    class Odd(BaseModel):
        back: Callable[[], int] = int

    with pytest.raises(PydanticUserError):
        settings_schema(Odd)


def test_all_secrets_of_an_instance_are_found() -> None:
    made = Settings(
        key=SecretStr("one"),
        old=SecretBytes(b"two"),
        servers=[Server(host="h", password=SecretStr("three"))],
        main=Server(host="h", password=SecretStr("four")),
        tokens={"a": SecretStr("five")},
        pair=Pair(SecretStr("six")),
        point=Point(1, Secret(777)),
        token=Token(SecretStr("eight")),
        careless=SecretStr("nine"),
    )
    expected = {"one", "two", "three", "four", "five", "six", "777", "eight", "nine", "abc"}
    assert set(secret_values(made)) == {*expected, "2026-01-01"}
