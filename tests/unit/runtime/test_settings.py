"""Settings of running apps: from files or the database, checked, followed, kept out of logs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import anyio.to_thread
import pytest
from pydantic import BaseModel, SecretStr

from app.core.bus import InMemoryBus
from app.core.errors import Unavailable
from app.runtime.redact import REDACTED, Redactor
from app.runtime.settings import StoredSettings, TomlSettings, check_settings
from app.sdk import DynamicApp
from app.testing.kit import own_modules, own_registry
from app.testing.node import Node
from app.testing.page import Page
from tests.unit.apps.helpers import find
from tests.unit.apps.loading import ADA

APP = "acme/made"
ENTRY = """
import reflex as rx
from pydantic import BaseModel, SecretStr
from app.sdk import DynamicApp, settings

class Mail(BaseModel):
    host: str
    password: SecretStr = SecretStr("")

class MailState(rx.State):
    host: str = ""

    @rx.event
    def look(self):
        self.host = settings(Mail).host

def index():
    return rx.text(MailState.host)

class AppEntry(DynamicApp):
    name = "Made"
    settings = Mail
    pages = {"/": index}
"""


class Mail(BaseModel):
    host: str
    password: SecretStr = SecretStr("")


class Entry(DynamicApp):
    settings = Mail


@pytest.fixture
async def node(tmp_path: Path) -> AsyncIterator[Node]:
    folder = tmp_path / "client_apps" / APP
    folder.mkdir(parents=True)
    (folder / "entry.py").write_text(ENTRY)
    source = TomlSettings(tmp_path / "settings")
    with own_registry(), own_modules():
        async with Node.running(tmp_path / "client_apps", InMemoryBus(), settings=source) as made:
            yield made


def write(folder: Path, text: str) -> None:
    path = folder / "settings" / f"{APP}.toml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


async def opened(node: Node) -> tuple[Page, Any]:
    page = Page(node, ADA, {})
    page.raises = False
    await page.goto("/apps/acme-made")
    return page, find(await node.engine.version_of(APP), "MailState")


async def test_a_change_reaches_the_open_page(node: Node, tmp_path: Path) -> None:
    write(tmp_path, 'host = "one"')
    page, states = await opened(node)
    await page.send(states.look)
    assert page.get(states.host) == "one"
    write(tmp_path, 'host = "another"')
    await page.send(states.look)
    assert page.get(states.host) == "another"


async def test_what_does_not_fit_is_in_the_apps_errors(node: Node, tmp_path: Path) -> None:
    write(tmp_path, 'password = "hunter22"')
    page, states = await opened(node)
    await page.send(states.look)
    latest, first = node.engine.errors.of(APP)
    assert first.event == "settings"
    for entry in (latest, first):
        assert "host: Field required" in entry.problem.message
        assert "Set host on the page /admin/apps/acme/made" in entry.problem.remedy
        assert "hunter22" not in f"{entry.problem.message}{entry.problem.detail}"


async def test_a_change_that_does_not_fit_is_told_before_the_app_reads_it(
    node: Node, tmp_path: Path
) -> None:
    write(tmp_path, 'host = "one"')
    await opened(node)
    assert node.engine.errors.of(APP) == []
    write(tmp_path, "host = 7")
    node.engine.observed.settings_changed(APP)
    assert "host: Input should be a valid string" in node.engine.errors.of(APP)[0].problem.message


def test_secrets_become_known_to_the_log(tmp_path: Path) -> None:
    write(tmp_path, 'host = "one"\npassword = "hunter22"')
    redactor = Redactor()
    assert check_settings(Entry, APP, TomlSettings(tmp_path / "settings"), redactor) is None
    assert redactor.clean("hunter22 at one") == f"{REDACTED} at one"


def test_an_app_without_a_model_has_nothing_to_check(tmp_path: Path) -> None:
    assert check_settings(DynamicApp, APP, TomlSettings(tmp_path), Redactor()) is None


class Database:
    def __init__(self) -> None:
        self.values: dict[str, Any] = {"host": "one"}
        self.reads = 0
        self.down = False

    async def read(self, app_id: str) -> Mapping[str, Any]:
        self.reads += 1
        if self.down:
            raise Unavailable("the database did not answer in time")
        return dict(self.values)


async def test_stored_settings_are_read_once_and_when_they_change() -> None:
    database = Database()
    stored = StoredSettings(database.read)
    await stored.prepare(APP)
    await stored.prepare(APP)
    database.values = {"host": "two"}
    assert stored.values(APP) == {"host": "one"}
    await stored.changed(APP)
    assert stored.values(APP) == {"host": "two"}
    assert database.reads == 2


async def test_an_app_that_is_being_loaded_can_read_its_settings() -> None:
    stored = StoredSettings(Database().read)
    assert await anyio.to_thread.run_sync(stored.values, APP) == {"host": "one"}


async def test_without_the_database_the_values_before_go_on() -> None:
    database = Database()
    stored = StoredSettings(database.read)
    await stored.prepare(APP)
    database.down = True
    await stored.changed(APP)
    assert stored.values(APP) == {"host": "one"}
    database.down, database.values = False, {"host": "two"}
    await stored.prepare(APP)
    assert stored.values(APP) == {"host": "two"}


async def test_an_app_whose_values_were_never_read_runs_without() -> None:
    database = Database()
    database.down = True
    stored = StoredSettings(database.read)
    await stored.prepare(APP)
    assert stored.values(APP) == {}
    await asyncio.sleep(0)
