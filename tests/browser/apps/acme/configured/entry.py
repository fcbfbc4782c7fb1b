"""An app with settings of every kind."""

from datetime import date
from enum import Enum
from typing import Literal

import reflex as rx
from pydantic import BaseModel, Field, SecretStr, field_validator

from app.sdk import DynamicApp, log, settings


class Level(Enum):
    LOW = "low"
    HIGH = "high"


class Quota(BaseModel):
    pages: int = 10
    per: Literal["day", "week"] = "day"


class Settings(BaseModel):
    host: str = Field(title="Mail server", description="Takes the mail that the app sends.")
    port: int = Field(25, ge=1, le=65535)
    api_key: SecretStr | None = Field(None, description="From the provider's own pages.")
    level: Level = Level.LOW
    debug: bool = False
    greeting: str = Field("Hello", max_length=40)
    footer: str = Field("", json_schema_extra={"format": "textarea"})
    recipients: list[str] = Field(["ada@example.org"], description="Who gets a copy.")
    starts: date | None = None
    ratio: float | None = Field(0.5, ge=0, le=1)
    quota: Quota = Quota()
    private_key: SecretStr = Field(SecretStr(""), json_schema_extra={"format": "textarea"})

    @field_validator("host")
    @classmethod
    def _host(cls, host: str) -> str:
        if " " in host:
            raise ValueError("a host has no blanks in its name")
        return host


class ConfiguredState(rx.State):
    changes: int = 0

    @rx.var
    def host(self) -> str:
        return settings(Settings).host

    @rx.var
    def level(self) -> str:
        return settings(Settings).level.value

    @rx.var
    def has_key(self) -> bool:
        return settings(Settings).api_key is not None

    @rx.event
    def changed(self):
        key = settings(Settings).api_key
        log.info("settings changed", using=key.get_secret_value() if key else "")
        self.changes += 1


def index() -> rx.Component:
    state = ConfiguredState
    return rx.vstack(
        rx.heading(state.host, id="host"),
        rx.text(state.level, id="level"),
        rx.text(rx.cond(state.has_key, "with a key", "without a key"), id="key"),
        rx.text(state.changes, id="changes"),
        rx.el.input(id="typed", aria_label="Notes"),
        align="start",
        padding="1rem",
    )


class AppEntry(DynamicApp):
    name = "Configured"
    settings = Settings
    on_settings = ConfiguredState.changed
    pages = {"/": index}
