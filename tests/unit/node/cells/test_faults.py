"""What one app does is its own misfortune: real processes, with a neighbour who works on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from app.bridge.types import RegistrationContext
from app.cell.compiling.front_end import FrontEnd
from app.cell.process.protocol import Start
from app.node.cells import zygote
from app.node.cells.processes import ENTRY, InProcesses
from app.node.cells.supervisor import Supervisor
from app.node.cells.versions import VersionInCell
from app.testing import Kit, Page, kit
from app.testing import node as nodes
from tests.support import nursery

BUDGET_SECONDS = 1.0
MB = 1024 * 1024
ENTRY_FILE = """
import asyncio
import ctypes
import logging.config
import os
import re
import signal
import sys
import threading
import time
from pathlib import Path

import reflex as rx

from app.sdk import DynamicApp, folder


class S(rx.State):
    count: int = 0
    text: str = ""

    @rx.event
    def add(self):
        self.count += 1

    @rx.event
    def endless(self):
        while True:
            pass

    @rx.event
    async def endless_async(self):
        while True:
            pass

    @rx.event
    def catching(self):
        while True:
            try:
                while True:
                    pass
            except BaseException:
                pass

    @rx.event
    def regex(self):
        re.match(r"(a+)+$", "a" * 40 + "b")

    @rx.event
    def total(self):
        sum(range(10**11))

    @rx.event
    def exit_process(self):
        os._exit(3)

    @rx.event
    def exit_python(self):
        sys.exit()

    @rx.event
    def crash(self):
        ctypes.string_at(0)

    @rx.event
    def term(self):
        os.kill(os.getpid(), signal.SIGTERM)

    @rx.event
    def close_all(self):
        os.closerange(0, 1000)

    @rx.event
    def memory(self):
        self.text = str(len(bytearray(4 * 1024**3)))

    @rx.event
    async def waits(self):
        await asyncio.Event().wait()

    @rx.event
    def silences(self):
        logging.disable()
        logging.config.dictConfig({"version": 1, "disable_existing_loggers": True})
        rx.State.get_delta = None
        rx.event = None

    @rx.event
    def thread(self):
        def spin():
            while True:
                pass

        threading.Thread(target=spin, daemon=True).start()

    @rx.event
    def look(self, path: str):
        try:
            found = Path(path)
            self.text = str(sorted(os.listdir(found)) if found.is_dir() else found.read_bytes())
        except OSError as error:
            self.text = type(error).__name__

    @rx.event
    def write(self, path: str):
        try:
            Path(path).write_text("mine")
            self.text = "written"
        except OSError as error:
            self.text = type(error).__name__

    @rx.event
    def keep(self):
        (folder() / "note.txt").write_text("kept")
        self.text = (folder() / "note.txt").read_text()

    @rx.event
    def environment(self):
        self.text = " ".join(sorted(os.environ))


def index() -> rx.Component:
    return rx.vstack(rx.text(S.count), rx.text(S.text))


class AppEntry(DynamicApp):
    name = "Tried"
    pages = {"/": index}
"""


class There:
    """A page, by the names of events and vars of `S`."""

    def __init__(self, page: Page, version: VersionInCell) -> None:
        self.page = page
        self.version = version
        self.state = next(iter(version.facts.handlers)).rpartition(".")[0]

    async def begin(self, event: str, **payload: str) -> None:
        """Send an event, and do not wait for it."""
        await self.page._emit({"name": f"{self.state}.{event}", "payload": payload})

    async def send(self, event: str, **payload: str) -> None:
        await self.begin(event, **payload)
        await self.page._node.settle()

    def get(self, var: str) -> object:
        return self.page._states[self.state][f"{var}_rx_state_"]


@pytest.fixture
async def node(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, dry_runs: str
) -> AsyncIterator[Kit]:
    monkeypatch.setattr(zygote, "_spawn", nursery.spawning(dry_runs))
    for app in ("bad", "good"):
        folder = tmp_path / "apps" / "acme" / app
        folder.mkdir(parents=True)
        (folder / "entry.py").write_text(ENTRY_FILE, encoding="utf-8")
    packages = ("app.core.accounts", "app.core.documents", "app.core.files")
    async with Supervisor(Start(ENTRY, packages=packages), spares=0) as supervisor:

        def starts(core: RegistrationContext, front_end: FrontEnd) -> InProcesses:
            return InProcesses(supervisor, event_seconds=BUDGET_SECONDS, rss_bytes=400 * MB)

        monkeypatch.setattr(nodes, "cells_of", lambda: starts)
        async with kit(tmp_path / "apps") as running:
            yield running


async def opened(node: Kit, app: str, user: str = "Ada") -> There:
    version = await node.version(f"acme/{app}")
    assert isinstance(version, VersionInCell)
    return There(await node.open(f"acme/{app}", user=user), version)


ENDS = {
    "endless": "S.endless held it up",
    "endless_async": "S.endless_async held it up",
    "catching": "S.catching held it up",
    "regex": "S.regex held it up",
    "total": "S.total held it up",
    "exit_process": "exit status 3",
    "crash": "SIGSEGV",
    "term": "SIGTERM",
}


@pytest.mark.parametrize("event", ENDS)
async def test_a_handler_that_ends_its_process_takes_nobody_with_it(node: Kit, event: str) -> None:
    bad, other = await opened(node, "bad"), await opened(node, "bad", "Bob")
    good = await opened(node, "good")
    await bad.send("add")
    await other.send("add")
    await bad.begin(event)
    await good.send("add")  # while it happens
    await bad.page._node.settle()
    assert "had to be restarted" in bad.page.toasts[-1].text
    # What everybody has is as it was, and goes on.
    for page in (bad, other, good):
        await page.send("add")
    assert [page.get("count") for page in (bad, other, good)] == [2, 2, 2]
    [entry] = node._node.engine.errors.of("acme/bad")
    assert ENDS[event] in entry.problem.message
    assert entry.event == f"S.{event}"


async def test_where_an_endless_loop_was_is_told(node: Kit) -> None:
    bad = await opened(node, "bad")
    await bad.send("endless")
    [entry] = node._node.engine.errors.of("acme/bad")
    assert "in endless" in entry.problem.detail


async def test_memory_that_it_may_not_have_fails_the_event_alone(node: Kit) -> None:
    bad = await opened(node, "bad")
    await bad.send("add")
    await bad.send("memory")
    [entry] = node._node.engine.errors.of("acme/bad")
    assert "MemoryError" in entry.problem.message
    await bad.send("add")
    assert bad.get("count") == 2


async def test_an_event_that_waits_for_ever_is_stopped_and_its_process_goes_on(node: Kit) -> None:
    bad = await opened(node, "bad")
    process = bad.version.cell.process
    await bad.send("waits")
    await bad.send("add")
    assert bad.get("count") == 1
    assert bad.version.cell.process is process
    assert any("took too long" in toast.text for toast in bad.page.toasts)


@pytest.mark.parametrize("event", ["exit_python", "silences", "thread", "close_all"])
async def test_what_it_does_to_its_own_process_reaches_nobody(node: Kit, event: str) -> None:
    bad, good = await opened(node, "bad"), await opened(node, "good")
    await bad.send("add")
    await bad.send(event)
    await good.send("add")
    assert good.get("count") == 1
    await node.swap("acme/bad", {"entry.py": ENTRY_FILE + "\n# mended\n"})
    assert bad.get("count") == 1


async def test_it_reads_its_own_code_and_nothing_of_the_server(node: Kit, tmp_path: Path) -> None:
    bad = await opened(node, "bad")
    secret = tmp_path / "secret.key"
    secret.write_text("secret", encoding="utf-8")
    good = (await node.version("acme/good")).source.root
    for path in (secret, good / "entry.py", Path("/proc/1/environ"), tmp_path):
        await bad.send("look", path=str(path))
        assert bad.get("text") in ("PermissionError", "FileNotFoundError"), path
    await bad.send("look", path=str(bad.version.source.root / "entry.py"))
    assert "class AppEntry" in str(bad.get("text"))


async def test_it_writes_in_its_folders_and_nowhere_else(node: Kit, tmp_path: Path) -> None:
    bad = await opened(node, "bad")
    for path in (tmp_path / "mine", bad.version.source.root / "mine.txt", Path("/tmp/mine")):
        await bad.send("write", path=str(path))
        assert bad.get("text") == "PermissionError", path
    await bad.send("keep")
    assert bad.get("text") == "kept"


async def test_nothing_of_the_environment_is_there(
    node: Kit, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad = await opened(node, "bad")
    await bad.send("environment")
    assert "GRAFT" not in str(bad.get("text"))
    assert "PYTEST" not in str(bad.get("text"))


async def test_processes_end_with_their_versions(node: Kit) -> None:
    bad = await opened(node, "bad")
    first = bad.version.cell.process
    assert first is not None
    await node.swap("acme/bad", {"entry.py": ENTRY_FILE + "\n# another\n"})
    await asyncio.wait_for(asyncio.shield(first.ended), 60)
