"""What code of apps may do with files: its folders, and the folder of its own code."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from app.core.app_folders import AppFolders
from app.kernel.actor import Actor, Organisation, User
from app.node.app_files import AppFiles
from app.node.events import guard
from app.node.releases.served import Served
from app.packages.pack import left_out, make_manifest
from app.sdk import FolderFull, ReadOnlyFolder, folder
from app.sdk.scope import AppInfo, Scope, enter
from app.source.app_source import read_source
from app.testing import EventFailed, Kit, kit
from tests.unit.apps.helpers import newest
from tests.unit.apps.loading import QuietHost

APP = "acme/keeper"
ENTRY = """
import json, sqlite3
from contextlib import closing
from pathlib import Path

import reflex as rx
from app.sdk import DynamicApp, folder

HERE = Path(__file__).parent


class KeeperState(rx.State):
    found: list[str] = []

    @rx.event
    def keep(self, name: str, size: int, shared: bool = False):
        (folder(shared=shared) / name).write_bytes(b"x" * size)

    @rx.event
    def look(self, shared: bool = False):
        self.found = sorted(path.name for path in folder(shared=shared).iterdir())

    @rx.event
    def drop(self, name: str):
        (folder() / name).unlink()

    @rx.event
    def write_here(self, name: str, text: str):
        (HERE / name).write_text(text)

    @rx.event
    def count_here(self):
        with closing(sqlite3.connect(HERE / "notes.db")) as database:
            database.execute("pragma journal_mode=wal")
            database.execute("create table if not exists note (text)")
            database.execute("insert into note values ('x')")
            database.commit()
            self.found = [str(database.execute("select count(*) from note").fetchone()[0])]

    @rx.event
    def read_here(self):
        with closing(sqlite3.connect(HERE / "towns.db")) as database:
            self.found = [row[0] for row in database.execute("select name from town")]


def index() -> rx.Component:
    return rx.el.main(rx.foreach(KeeperState.found, rx.text))


class AppEntry(DynamicApp):
    name = "Keeper"
    pages = {"/": index}
"""


@pytest.fixture
def apps(tmp_path: Path) -> Path:
    made = tmp_path / "client_apps" / APP
    made.mkdir(parents=True)
    (made / "entry.py").write_text(ENTRY)
    return tmp_path / "client_apps"


@pytest.fixture
async def node(apps: Path) -> AsyncIterator[Kit]:
    async with kit(apps) as running:
        yield running


async def keeper(node: Kit) -> Any:
    return await newest(node, APP, "KeeperState")


# Folders


async def test_what_an_app_keeps_stays_over_new_versions(node: Kit) -> None:
    page = await node.open(APP)
    await page.send((await keeper(node)).keep, "plan.txt", 3)
    await node.swap(APP, {"entry.py": ENTRY.replace('name = "Keeper"', 'name = "Two"')})
    state = await keeper(node)
    await page.send(state.look)
    assert page.get(state.found) == ["plan.txt"]


async def test_each_organisation_has_its_own_folder_and_all_have_one(node: Kit) -> None:
    state = await keeper(node)
    ada = await node.open(APP, user="Ada", organisation="Acme")
    bob = await node.open(APP, user="Bob", organisation="Globex")
    await ada.send(state.keep, "secret.txt", 3)
    await ada.send(state.keep, "common.txt", 3, True)
    await bob.send(state.look)
    assert bob.get(state.found) == []
    await bob.send(state.look, True)
    assert bob.get(state.found) == ["common.txt"]


async def test_a_full_folder_takes_nothing_more_until_something_is_removed(node: Kit) -> None:
    node.core.folders.quota, node.core.folders.pause = 1000, 0
    state, page = await keeper(node), await node.open(APP)
    await page.send(state.keep, "large", 1000)
    with pytest.raises(EventFailed, match="the folder of acme/keeper is full: 1,000 bytes"):
        await page.send(state.keep, "more", 1)
    assert page.toasts[-1].text == "Keeper has no more room for its files."
    [error] = node._node.engine.errors.of(APP)
    assert "have an administrator allow more" in error.problem.remedy
    # Others have room of their own.
    other = await node.open(APP, organisation="Globex")
    await other.send(state.keep, "more", 1)
    await page.send(state.drop, "large")
    await page.send(state.keep, "more", 1)
    await page.send(state.look)
    assert page.get(state.found) == ["more"]


# The folder of the code, in development


async def test_what_an_app_writes_beside_its_code_is_no_new_version_and_not_packaged(
    node: Kit,
) -> None:
    root, state, page = node._apps / APP, await keeper(node), await node.open(APP)
    before = await node.version(APP)
    for count in ("1", "2"):
        await page.send(state.count_here)
        assert page.get(state.found) == [count]
    await page.send(state.write_here, "state.json", "{}")
    assert (root / "notes.db").is_file()
    await node._node.engine.releases.changed([APP])
    assert await node.version(APP) is before
    source = read_source(root)
    assert [file.path for file in make_manifest(source).files] == ["entry.py"]
    assert [warning.message for warning in left_out(source)] == [
        "notes.db is left out: the app itself wrote it",
        "state.json is left out: the app itself wrote it",
    ]


async def test_what_the_author_saves_beside_the_code_is_part_of_the_app(node: Kit) -> None:
    before = await node.version(APP)
    changed = await node.swap(APP, {"prices.txt": "1"})
    assert changed is not before
    assert "prices.txt" in changed.source.by_path


async def test_source_and_assets_that_an_app_writes_are_part_of_it(node: Kit) -> None:
    root, state, page = node._apps / APP, await keeper(node), await node.open(APP)
    (root / "assets").mkdir()
    await page.send(state.write_here, "words.py", "hello = 1")
    await page.send(state.write_here, "assets/plan.svg", "<svg/>")
    assert set(read_source(root).by_path) == {"entry.py", "words.py", "assets/plan.svg"}


async def test_a_file_of_the_author_that_an_app_changes_is_no_new_version_either(
    node: Kit,
) -> None:
    root = node._apps / APP
    saved = await node.swap(APP, {"prices.txt": "1"})
    state, page = await keeper(node), await node.open(APP)
    await page.send(state.write_here, "prices.txt", "22")
    await node._node.engine.releases.changed([APP])
    assert await node.version(APP) is saved
    assert [file.path for file in make_manifest(read_source(root)).files] == ["entry.py"]
    (root / "prices.txt").write_text("1")
    files = make_manifest(read_source(root)).files
    assert [file.path for file in files] == ["entry.py", "prices.txt"]


async def test_a_database_that_an_app_only_reads_is_part_of_it(node: Kit) -> None:
    root = node._apps / APP
    with sqlite3.connect(root / "towns.db") as database:
        database.execute("create table town (name)")
        database.execute("insert into town values ('Ulm')")
    database.close()
    state, page = await keeper(node), await node.open(APP)
    await page.send(state.read_here)
    assert page.get(state.found) == ["Ulm"]
    assert "towns.db" in {file.path for file in make_manifest(read_source(root)).files}


# The folder of the code, in production


class ProductionHost(QuietHost):
    """A host that answers about files as a production server does."""

    def __init__(self, root: Path) -> None:
        self._files = AppFiles(AppFolders(root), Served(), is_development=False)
        self.folder = self._files.folder  # type: ignore[method-assign]  # apps get the real one
        self.changes_file = self._files.changes_file  # type: ignore[method-assign]  # apps get the real one


@pytest.fixture
def code(tmp_path: Path) -> Any:
    """The folder of an app that runs in production, with a file in it."""
    guard.install()
    root = tmp_path / "unpacked" / APP
    root.mkdir(parents=True)
    (root / "data.txt").write_text("as it was")
    with sqlite3.connect(root / "towns.db") as database:
        database.execute("create table town (name)")
    database.close()
    ada = Actor(User("u1", "Ada", ""), Organisation("o1", "Demo"))
    info = AppInfo(APP, "acme-keeper", "1", 1)
    host = ProductionHost(tmp_path / "folders")
    with enter(Scope(info, host, ada, "tab", None, root)):
        yield root


def test_writing_beside_the_code_says_what_to_use_instead(code: Path) -> None:
    for change in (
        lambda: (code / "new.txt").write_text("x"),
        lambda: (code / "data.txt").open("a"),
        lambda: (code / "more").mkdir(),
        lambda: (code / "data.txt").unlink(),
        lambda: (code / "data.txt").rename(code / "other.txt"),
        lambda: (code / "link").symlink_to("/etc"),
        lambda: (code / "data.txt").chmod(0o600),
        lambda: shutil.rmtree(code),
        lambda: sqlite3.connect(code / "notes.db"),
    ):
        with pytest.raises(ReadOnlyFolder, match=r"Keep it in app\.sdk\.folder\(\)"):
            change()
    assert sorted(path.name for path in code.iterdir()) == ["data.txt", "towns.db"]
    assert (code / "data.txt").read_text() == "as it was"


def test_a_link_that_leads_beside_the_code_is_no_way_round(code: Path) -> None:
    (folder() / "out").symlink_to(code)
    with pytest.raises(ReadOnlyFolder):
        (folder() / "out" / "new.txt").write_text("x")


def test_a_database_beside_the_code_can_be_read_and_not_changed(code: Path) -> None:
    database = sqlite3.connect(code / "towns.db")
    assert database.execute("select * from town").fetchall() == []
    with pytest.raises(sqlite3.OperationalError, match="readonly database"):
        database.execute("insert into town values ('Ulm')")
    database.close()
    own = sqlite3.connect(folder() / "own.db")
    own.execute("create table town (name)")
    own.close()


def test_a_full_folder_is_told_by_python_as_an_error_of_the_system(code: Path) -> None:
    folders = AppFolders(code.parents[2] / "folders", quota=10)
    (folders.make(APP, "o1") / "large").write_bytes(b"x" * 10)
    with pytest.raises(FolderFull):
        folders.require_room(folders.of(APP, "o1"))
    with pytest.raises(OSError, match="is full"):
        folders.require_room(folders.of(APP, "o1"))
    folders.require_room(folders.of(APP, None))
