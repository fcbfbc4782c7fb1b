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
from app.kernel.errors import Unavailable
from app.node.app_settings import StoredSettings, TomlSettings, check_settings, know_secrets
from app.node.redact import REDACTED, Redactor
from app.source.problems import AppError
from app.testing.isolated import own_modules, own_registry
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
    times: int = 0

    @rx.var
    def shown(self) -> str:
        return f"from {settings(Mail).host}"

    @rx.event
    def look(self):
        self.host = settings(Mail).host

    @rx.event
    def note(self):
        self.times += 1

def index():
    return rx.text(MailState.host, MailState.shown)

class AppEntry(DynamicApp):
    name = "Made"
    settings = Mail
    on_settings = MailState.note
    pages = {"/": index}
"""


class Mail(BaseModel):
    host: str
    password: SecretStr = SecretStr("")


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
    found = node.engine.errors.of(APP)
    assert {entry.event for entry in found} >= {"settings", "opening"}
    for entry in found:
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


async def test_an_open_page_shows_a_change_by_itself(node: Node, tmp_path: Path) -> None:
    write(tmp_path, 'host = "one"')
    page, states = await opened(node)
    assert page.get(states.shown) == "from one"
    write(tmp_path, 'host = "another"')
    await node.engine.renewer.changed(APP)
    await node.settle()
    assert page.get(states.shown) == "from another"
    assert page.get(states.times) == 1


async def test_a_page_of_another_app_is_left_alone(node: Node, tmp_path: Path) -> None:
    write(tmp_path, 'host = "one"')
    page, states = await opened(node)
    await page.goto("/")
    write(tmp_path, 'host = "another"')
    await node.engine.renewer.changed(APP)
    await node.settle()
    await page.goto("/apps/acme-made")
    assert page.get(states.times) == 0


async def test_a_change_that_breaks_the_page_leaves_it_as_it_is(node: Node, tmp_path: Path) -> None:
    write(tmp_path, 'host = "one"')
    page, states = await opened(node)
    write(tmp_path, "host = 7")
    await node.engine.renewer.changed(APP)
    await node.settle()
    assert page.get(states.shown) == "from one"
    assert page.get(states.times) == 0
    assert node.engine.observed.wrong_settings[APP].message.startswith("SettingsInvalid: settings")
    write(tmp_path, 'host = "two"')
    await node.engine.renewer.changed(APP)
    await node.settle()
    assert (page.get(states.shown), page.get(states.times)) == ("from two", 1)
    assert node.engine.observed.wrong_settings == {}


async def test_a_file_that_is_no_toml_is_an_error_of_the_app_and_stops_nothing(
    node: Node, tmp_path: Path
) -> None:
    write(tmp_path, 'host = "one"')
    page, states = await opened(node)
    write(tmp_path, 'host = "hunter22')
    await node.engine.renewer.changed(APP)
    await page.send(states.look)
    latest = node.engine.errors.of(APP)[0].problem
    assert "made.toml: is not TOML: " in latest.message
    assert latest.remedy == f"Correct the file settings/{APP}.toml of the data folder."
    assert "hunter22" not in f"{latest.message}{latest.detail}"
    write(tmp_path, 'host = "two"')
    await page.send(states.look)
    assert page.get(states.host) == "two"


@pytest.mark.parametrize("content", [b"host = 1", b"\xff\xfe", b"= =", b'host = "x"\nhots = "y"'])
def test_a_bad_file_is_told(tmp_path: Path, content: bytes) -> None:
    write(tmp_path, "")
    (tmp_path / "settings" / f"{APP}.toml").write_bytes(content)
    assert check_settings(Mail, APP, TomlSettings(tmp_path / "settings")) is not None


def test_a_mistyped_name_in_the_file_is_told(tmp_path: Path) -> None:
    write(tmp_path, 'host = "one"\npasword = "x"')
    wrong = check_settings(Mail, APP, TomlSettings(tmp_path / "settings"))
    assert wrong is not None
    assert "pasword: there is no such setting; did you mean password?" in str(wrong)


async def test_what_other_versions_have_in_the_database_is_no_mistake() -> None:
    database = Database()
    database.values = {"host": "one", "gone": 1}
    stored = StoredSettings(database.read)
    await stored.prepare(APP)
    assert check_settings(Mail, APP, stored) is None


def test_secrets_of_every_version_that_runs_are_known_to_the_log(tmp_path: Path) -> None:
    write(tmp_path, 'host = "one"\npassword = "hunter22"\ntoken = "sk_live_1"')

    class Newer(BaseModel):
        token: SecretStr

    redactor, source = Redactor(), TomlSettings(tmp_path / "settings")
    know_secrets([Mail, Newer], APP, source, redactor)
    assert redactor.clean("hunter22 sk_live_1 at one") == f"{REDACTED} {REDACTED} at one"
    know_secrets([Newer], APP, source, redactor)
    assert redactor.clean("hunter22 sk_live_1") == f"hunter22 {REDACTED}"


READING = """
import reflex as rx
from pydantic import BaseModel
from app.sdk import DynamicApp, settings

class Mail(BaseModel):
    host: str = ""

def index():
    return rx.text({0})

class AppEntry(DynamicApp):
    name = "Made"
    settings = Mail
    pages = {{"/": index}}
"""


async def test_settings_cannot_become_part_of_a_page(tmp_path: Path) -> None:
    folder = tmp_path / "client_apps" / APP
    folder.mkdir(parents=True)
    (folder / "entry.py").write_text(READING.format("settings(Mail).host"))
    with own_registry(), own_modules():
        async with Node.running(tmp_path / "client_apps", InMemoryBus()) as node:
            with pytest.raises(AppError, match="read them in an event handler or a computed var"):
                await node.engine.version_of(APP)


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
