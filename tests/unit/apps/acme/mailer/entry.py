"""An app with settings: required, secret, checked by code of its own."""

import reflex as rx
from pydantic import BaseModel, Field, SecretStr, field_validator

from app.sdk import DynamicApp, log, settings


class Mail(BaseModel):
    host: str = Field(description="Server that takes the mail")
    port: int = Field(25, ge=1, le=65535)
    key: SecretStr = Field(SecretStr("the-default-key"), min_length=4)

    @field_validator("host")
    @classmethod
    def _host(cls, host: str) -> str:
        if "." not in host and host != "localhost":
            raise ValueError(f"{host} is no host")
        return host

    @field_validator("key")
    @classmethod
    def _key(cls, key: SecretStr) -> SecretStr:
        if not key.get_secret_value().startswith(("sk_", "the-")):
            raise ValueError(f"{key.get_secret_value()} does not begin with sk_")
        return key


class MailerState(rx.State):
    sent: int = 0
    changes: int = 0

    @rx.var
    def server(self) -> str:
        mail = settings(Mail)
        return f"{mail.host}:{mail.port}"

    @rx.event
    def send(self):
        log.info("sending", using=settings(Mail).key.get_secret_value())
        self.sent += 1

    @rx.event
    def changed(self):
        self.changes += 1


def index() -> rx.Component:
    return rx.text(MailerState.server, MailerState.sent)


class AppEntry(DynamicApp):
    name = "Mailer"
    url = "mailer"
    settings = Mail
    on_settings = MailerState.changed
    pages = {"/": index}
