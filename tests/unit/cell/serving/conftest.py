"""A cell in the process of the test, and its server's end of the wire."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from app.bridge import patches
from app.bridge.compiling.wraps import BUILT_IN_WRAPS
from app.bridge.states import registration
from app.cell.compiling.front_end import FrontEnd
from app.cell.serving import messages as say
from app.cell.serving.frames import Kind
from app.cell.serving.streams import Streams
from app.frontend.libraries import is_available
from app.node.cells.remote import RemoteCell
from app.node.cells.starting import InThisProcess
from app.testing.isolated import own_modules, own_registry

ADA = say.Who(user=("u1", "Ada", "ada@example.org"), organisation=("o1", "Home"))
ROUTER = {
    "pathname": "/",
    "asPath": "/apps/acme-tried",
    "query": {},
    "token": "t1",
    "headers": {},
    "ip": "127.0.0.1",
    "session_id": "s1",
}


@dataclass
class Heard:
    """What a cell told, see `app.node.cells.remote.Listener`."""

    updates: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    ran_events: list[say.Ran] = field(default_factory=list)
    calls: list[say.Call] = field(default_factory=list)
    journal: dict[str, list[bytes]] = field(default_factory=dict)
    why: list[str] = field(default_factory=list)
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    def updated(self, update: say.Update, text: bytes) -> None:
        self.updates.append((update.tab, json.loads(text)))
        self.changed.set()

    def journaled(self, tab: str, changes: bytes) -> None:
        self.journal.setdefault(tab, []).append(changes)

    def ran(self, ran: say.Ran) -> None:
        self.ran_events.append(ran)
        self.changed.set()

    async def asked(self, call: say.Call, streams: Streams) -> Any:
        self.calls.append(call)

    def ended(self, why: str) -> None:
        self.why.append(why)

    def value(self, var: str) -> Any:
        """What the browser of some tab has of a var by now."""
        for _, update in reversed(self.updates):
            for values in update.get("delta", {}).values():
                if f"{var}_rx_state_" in values:
                    return values[f"{var}_rx_state_"]
        return None


@dataclass
class Served:
    """A version in a cell.

    Attributes:
        state: full name of its state `S`.
    """

    cell: RemoteCell
    heard: Heard
    starter: InThisProcess
    facts: say.Facts
    bundle: bytes
    folder: Path

    @property
    def state(self) -> str:
        return next(iter(self.facts.handlers)).rpartition(".")[0]

    async def open(self, tab: str = "t1", values: bytes = b"") -> dict[str, Any]:
        """Open a tab; returns the vars of `S`."""
        order = say.Open(tab=tab, who=ADA, router=ROUTER)
        text, blob = await self.cell.ask(Kind.OPEN, order, values)
        opened = say.Opened.model_validate_json(text)
        found: dict[str, Any] = json.loads(blob[: len(blob) - opened.values])[self.state]
        return {name.removesuffix("_rx_state_"): value for name, value in found.items()}

    async def send(self, event: str, tab: str = "t1", **payload: Any) -> None:
        """Run an event, as a browser sends it."""
        await self.cell.run(
            tab, f"{self.state}.{event}", payload, ROUTER, by_browser=True, is_background=False
        )

    async def park(self, tab: str = "t1") -> bytes:
        """Take the values of a tab."""
        _, values = await self.cell.ask(Kind.PARK, say.OfTab(tab=tab))
        return values


class Server:
    """Loads versions in cells of this process."""

    def __init__(self, root: Path) -> None:
        self._root = root
        front_end = FrontEnd(is_available, BUILT_IN_WRAPS)
        self.starter = InThisProcess(registration.core_registration(), front_end)

    async def load(self, text: str, number: int = 1) -> Served:
        """Load a version whose `entry.py` has a text."""
        folder = self._root / str(number) / "acme" / "tried"
        folder.mkdir(parents=True)
        (folder / "entry.py").write_text(text, encoding="utf-8")
        heard = Heard()
        cell = RemoteCell(heard)
        await self.starter.start(cell)
        order = say.Load(folder=str(folder), number=number)
        facts, bundle = await cell.ask(Kind.LOAD, order)
        known = say.Facts.model_validate_json(facts)
        return Served(cell, heard, self.starter, known, bundle, folder)


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Server]:
    patches.install()
    with own_registry(), own_modules():
        made = Server(tmp_path)
        yield made
        await made.starter.close()
