"""Settings of apps against their models: what is wrong, told without any value that is secret."""

from __future__ import annotations

import traceback
from datetime import date
from enum import Enum
from typing import Any

import pytest
from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

from app.sdk.config import FieldProblem, SettingsInvalid, checked, names_of, problems_of


class Server(BaseModel):
    host: str


class Settings(BaseModel):
    name: str = "x"
    limited: SecretStr = Field(SecretStr("abc"), min_length=3)
    tokens: dict[str, SecretStr] = {}
    main: Server | None = None


class Careful(BaseModel):
    """Its validators quote what they refuse."""

    key: SecretStr
    user: str = ""

    @field_validator("key")
    @classmethod
    def _begins(cls, key: SecretStr) -> SecretStr:
        if not key.get_secret_value().startswith("sk_"):
            raise ValueError(f"{key.get_secret_value()} does not begin with sk_")
        return key

    @model_validator(mode="after")
    def _differs(self) -> Careful:
        if self.user == self.key.get_secret_value():
            raise ValueError(f"{self.user!r} is user and key")
        return self


class Color(Enum):
    RED = "red"


class Strict(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")

    day: date = date(2026, 1, 1)
    color: Color = Color.RED
    inner: str = Field("", alias="outer")


def test_what_is_wrong_names_the_fields_and_no_value() -> None:
    secret = "".join(["hun", "ter", "22"])  # not in the source line that a traceback shows
    with pytest.raises(SettingsInvalid) as refused:
        checked(Settings, "acme/x", {"main": {"host": 7}, "limited": "pw", "tokens": {secret: 1}})
    error = refused.value
    assert error.fields == ("limited", "tokens", "main.host")
    assert "main.host: Input should be a valid string" in str(error)
    assert error.remedy.startswith("Set limited, tokens, main.host on the page /admin/apps/acme/x")
    shown = "".join(traceback.format_exception(error))
    assert secret not in shown


def test_the_authors_message_is_told_without_the_secret_in_it() -> None:
    assert problems_of(Careful, {"key": "hunter22"}) == (
        FieldProblem("key", "key", "[redacted] does not begin with sk_"),
    )
    assert problems_of(Careful, {"key": "sk_same", "user": "sk_same"}) == (
        FieldProblem("", "", "'[redacted]' is user and key"),
    )


def test_a_secret_too_short_to_be_found_takes_the_message_with_it() -> None:
    (problem,) = problems_of(Careful, {"key": "do"})
    assert problem.message == "is not accepted"


def test_code_of_the_model_that_fails_is_one_of_the_problems() -> None:
    class Failing(BaseModel):
        key: SecretStr

        @field_validator("key")
        @classmethod
        def _fail(cls, key: SecretStr) -> SecretStr:
            raise KeyError(key.get_secret_value())

    (problem,) = problems_of(Failing, {"key": "hunter22"})
    assert problem.message == "the model's own code fails with KeyError"


def test_strict_models_take_what_json_has() -> None:
    made = checked(Strict, "acme/x", {"day": "2026-02-03", "color": "red"})
    assert (made.day, made.color) == (date(2026, 2, 3), Color.RED)
    assert checked(Strict, "acme/x", {"day": date(2026, 2, 3)}).day == date(2026, 2, 3)


def test_what_another_version_has_is_no_mistake() -> None:
    assert checked(Strict, "acme/x", {"gone": 1, "outer": "o"}).inner == "o"
    assert names_of(Strict) == {"day", "color", "inner", "outer"}


@pytest.mark.parametrize("value", [None, 7, ["a"], {"a": "b"}, float("nan")])
def test_any_value_is_answered(value: Any) -> None:
    assert all(p.field == "name" for p in problems_of(Settings, {"name": value}))


def test_what_fits_is_an_instance() -> None:
    assert checked(Settings, "acme/x", {"name": "y"}).name == "y"
