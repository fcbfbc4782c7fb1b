"""Settings models: schemas for the admin's form, checks, secrets."""

from __future__ import annotations

import traceback
from typing import Annotated, Optional

import pytest
from pydantic import BaseModel, Field, SecretBytes, SecretStr

from app.sdk.config import SettingsInvalid, checked, secret_values, settings_schema


class Server(BaseModel):
    host: str
    password: SecretStr


class Settings(BaseModel):
    name: str = "x"
    key: SecretStr | None = None
    old: Optional[SecretBytes] = None  # noqa: UP045 - both spellings
    limited: Annotated[SecretStr, Field(min_length=3)] = SecretStr("abc")
    servers: list[Server] = []
    main: Server | None = None
    tokens: dict[str, SecretStr] = {}


class Tree(BaseModel):
    secret: SecretStr = SecretStr("")
    below: list[Tree] = []


def test_the_schema_says_which_fields_are_secret() -> None:
    schema, secrets = settings_schema(Settings)
    assert schema["properties"]["name"]["default"] == "x"
    assert secrets == ("key", "limited", "main.password", "old", "servers.password", "tokens")


def test_a_model_within_itself_has_an_end() -> None:
    assert settings_schema(Tree)[1] == ("secret",)


def test_all_secrets_of_an_instance_are_found() -> None:
    made = Settings(
        key=SecretStr("one"),
        old=SecretBytes(b"two"),
        servers=[Server(host="h", password=SecretStr("three"))],
        main=Server(host="h", password=SecretStr("four")),
        tokens={"a": SecretStr("five")},
    )
    assert sorted(secret_values(made)) == ["abc", "five", "four", "one", "three", "two"]


def test_what_is_wrong_names_the_fields_and_no_value() -> None:
    secret = "".join(["hun", "ter", "22"])  # not in the source line that a traceback shows
    with pytest.raises(SettingsInvalid) as refused:
        checked(Settings, "acme/x", {"main": {"host": 7, "password": secret}, "limited": "pw"})
    error = refused.value
    assert error.fields == ("limited", "main.host")
    assert "main.host: Input should be a valid string" in str(error)
    assert error.remedy.startswith("Set limited, main.host on the page /admin/apps/acme/x")
    shown = "".join(traceback.format_exception(error))
    assert secret not in shown


def test_what_fits_is_an_instance() -> None:
    assert checked(Settings, "acme/x", {"name": "y"}).name == "y"
