"""A running engine whose sockets are simulated pages."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import tempfile
from collections.abc import AsyncIterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Protocol

from reflex.state import StateUpdate
from reflex_base.config import get_config
from reflex_base.constants import StateManagerMode
from reflex_base.registry import RegistrationContext
from reflex_base.utils.format import json_dumps

from app.bridge.compiling.wraps import BUILT_IN_WRAPS
from app.bridge.sockets.events import GraftApp, Namespace
from app.browser.component import EVENTS, HostState, host_page
from app.cell.compiling.bundle import Bundle
from app.cell.compiling.front_end import FrontEnd
from app.core.app_folders import AppFolders
from app.core.bus import Bus, InMemoryBus
from app.frontend.libraries import is_available
from app.kernel.actor import Actor
from app.node.app_settings import SettingsSource, StoredSettings
from app.node.cells.starting import InThisProcess, Starter
from app.node.engine import Engine, NextStart, StarterOf
from app.node.events.admission import EVENT
from app.node.front_door import FrontDoor, Unlock, no_preview
from app.node.releases.folder import AppsFolder
from app.node.releases.provider import Provider
from app.node.sessions.keeping import Shelf

# Many tests load the same source, each on a node of its own. It is compiled for the first of them,
# as an installed app is for its first server; the others only import it.
COMPILED: dict[str, Bundle] = {}


class _InMemory(GraftApp):
    """Keeps states in memory, whatever the folder in which tests run says: where it says nothing,
    Reflex would write them to a disk there, which no class of a client app can be.
    """

    def _setup_state(self) -> None:
        get_config().state_manager_mode = StateManagerMode.MEMORY
        super()._setup_state()


class Receiver(Protocol):
    """What a simulated page is to the node."""

    actor: Actor

    def receive(self, update: Mapping[str, Any]) -> None:
        """Take an update as a browser would get it."""
        ...


def cells_of() -> StarterOf | None:
    """Return what starts the cells of nodes; None: code of apps runs as part of the node."""
    return InThisProcess if os.environ.get("GRAFT_CELLS") else None


class Node:
    """An engine, the Reflex app it serves, and the pages that are connected.

    Attributes:
        refused: names of events that were not let in.
    """

    def __init__(self, app: GraftApp, engine: Engine, bus: Bus) -> None:
        self.app = app
        self.engine = engine
        self.pages: dict[str, Receiver] = {}
        self.refused: list[str] = []
        self.starters: list[InThisProcess] = []
        self._bus = bus

    @staticmethod
    @contextlib.asynccontextmanager
    async def running(
        apps: Path | Provider,
        bus: Bus,
        *,
        settings: SettingsSource | None = None,
        folders: AppFolders | None = None,
        unlock: Unlock = no_preview,
        shelf: Shelf | None = None,
    ) -> AsyncIterator[Node]:
        """Run a node on a folder of client apps, or on whatever else apps come from."""
        app = _InMemory()
        app.backend_exception_handler = _silent  # whoever sends an event gets its error
        app.add_page(host_page, route="/apps/[[...splat]]", on_load=HostState.open)
        pages: dict[str, Receiver] = {}
        compiled = COMPILED if isinstance(apps, Path | AppsFolder) else None
        refused: list[str] = []
        starters: list[Starter] = []

        starts_cells = cells_of()

        def started(core: RegistrationContext, front_end: FrontEnd) -> Starter:
            assert starts_cells is not None
            starters.append(starts_cells(core, front_end))
            return starters[0]

        engine = Engine(
            app,
            AppsFolder(apps) if isinstance(apps, Path) else apps,
            bus=bus,
            settings=settings or StoredSettings(_no_settings),
            folders=folders or AppFolders(Path(tempfile.gettempdir(), "graft-folders")),
            events=EVENTS,
            front_end=FrontEnd(is_available, BUILT_IN_WRAPS, compiled=compiled),
            door=FrontDoor(_identify(pages), unlock, partial(_note_refusal, refused)),
            development=True,
            next_start=NextStart(shelf) if shelf is not None else None,
            starter=started if starts_cells is not None else None,
        )
        node = Node(app, engine, bus)
        node.pages, node.refused = pages, refused
        node.starters = [one for one in starters if isinstance(one, InThisProcess)]
        node.namespace.emit = node._emit  # type: ignore[method-assign]
        node.namespace.send_text = node._take  # type: ignore[method-assign]
        await engine.releases.start()
        async with app._setup_event_processor():
            yield node
            for sid in tuple(pages):
                node.namespace.on_disconnect(sid)
            if engine.cells is not None:
                await engine.cells.close()
        await app.state_manager.close()  # type: ignore[no-untyped-call]

    @property
    def namespace(self) -> Namespace:
        """The end of the socket on the server."""
        namespace = self.app.event_namespace
        if not isinstance(namespace, Namespace):
            raise RuntimeError("the app has no states")
        return namespace

    async def _emit(self, event: str, data: Any = None, to: str | None = None, **_: Any) -> None:
        """Deliver what Reflex sends over the socket, as JSON text would arrive."""
        if event == "event" and isinstance(data, StateUpdate) and to in self.pages:
            text = self.namespace.noted(partial(json_dumps, data), to)
            self.pages[to].receive(json.loads(text))

    def _take(self, sid: str, update: str) -> None:
        """Deliver what a cell sends."""
        if sid in self.pages:
            self.pages[sid].receive(json.loads(update))

    async def settle(self) -> None:
        """Wait until no event is queued or running, but for background events."""
        processor = self.app.event_processor
        while True:
            # First: who hears of something on the bus may have something to do then.
            if isinstance(self._bus, InMemoryBus):
                await self._bus.idle()
            running = [task for task in processor._tasks.values() if not self._is_background(task)]
            queued = processor._queue is not None and not processor._queue.empty()
            engine = self.engine
            settling = [
                *engine.swapper.settling,
                *engine.watching.telling,
                *engine.live._telling,
                *engine.resumer.resuming,
            ]
            busy = not all(starter.is_idle for starter in self.starters)
            if not running and not queued and not settling and not self._waiting() and not busy:
                return
            if running or settling:
                await asyncio.wait([*running, *settling], return_when=asyncio.FIRST_COMPLETED)
            else:
                await asyncio.sleep(0)

    def running_events(self, token: str, name: str) -> list[asyncio.Task[Any]]:
        """Return the tasks of events with this name that run for a tab."""
        tasks = self.app.event_processor._tasks.values()
        return [task for task in tasks if task.get_name().split("|")[1:3] == [name, token]]

    def _waiting(self) -> bool:
        return any(self.app.event_processor._token_queues.values())

    def _is_background(self, task: asyncio.Task[Any]) -> bool:
        name = task.get_name().split("|")[1]
        handler = RegistrationContext.get().event_handlers.get(name)
        return handler is not None and handler.handler.is_background


def _silent(error: Exception) -> None:
    """Log nothing."""


def _identify(pages: Mapping[str, Receiver]) -> Any:
    async def identify(environ: Mapping[str, Any], token: str) -> Actor:
        return pages[environ["graft.sid"]].actor

    return identify


async def _note_refusal(refused: list[str], action: str, target: str) -> bool:
    if action == EVENT:
        refused.append(target)
    return True


async def _no_settings(app_id: str) -> Mapping[str, Any]:
    return {}
