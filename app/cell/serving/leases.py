"""A background event of a former version that changes its tab: the cell that the tab is in by now
lends it, and takes back what was changed.
"""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator, Callable, Collection, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial

from app.bridge.sockets.without_sockets import AppWithoutSockets
from app.bridge.states import instances
from app.bridge.types import BaseState
from app.cell.attach import parked_now
from app.cell.loading.version import LoadedVersion
from app.cell.serving.asking import Asking
from app.cell.serving.running import Running
from app.cell.serving.seats import Seat
from app.cell.values import written
from app.cell.values.carry import unpark
from app.cell.values.parked import Parked, Var

LEASE_SECONDS = 30.0
"""How long a former version may hold a tab that it changes."""


class Leases:
    """Both sides of it, in one cell.

    Args:
        app: runs the events of tabs.
        version: what is loaded.
        seats: the tabs that are here.
        left: tokens of those among them that have another version by now.
        running: enters the scope of an event.
        asking: asks the server, which finds the other cell.
    """

    def __init__(
        self,
        app: AppWithoutSockets,
        version: LoadedVersion,
        seats: Mapping[str, Seat],
        left: Collection[str],
        running: Running,
        asking: Asking,
    ) -> None:
        self._app = app
        self._version = version
        self._seats = seats
        self._left = left
        self._running = running
        self._asking = asking
        self._lent: dict[str, tuple[asyncio.Future[bytes], asyncio.Task[None]]] = {}

    def lease(self, tab: str) -> Callable[[BaseState], AbstractAsyncContextManager[None]] | None:
        """Return how to change a tab that has another version by now; None: it is here."""
        seat = self._seats.get(tab) if tab in self._left else None
        return partial(self._changing_elsewhere, seat) if seat is not None else None

    @asynccontextmanager
    async def _changing_elsewhere(self, seat: Seat, root: BaseState) -> AsyncIterator[None]:
        """Let states here have what the tab has elsewhere, and that what is changed here."""
        version = self._version
        there = base64.b64decode(await self._asking.ask(seat.token, "lease", {}))
        changes = b""
        try:
            with self._running.acting(seat):
                unpark(written.from_bytes(there), instances.find(root, version.tree), version)
                before = written.to_bytes(parked_now(seat, root, version), [])
                try:
                    yield
                finally:
                    after = written.to_bytes(parked_now(seat, root, version), [])
                    changes = written.different(before, after)
        finally:
            text = base64.b64encode(changes).decode()
            await self._asking.ask(seat.token, "release", {"changes": text})

    async def lend(self, tab: str) -> bytes:
        """Hold a tab for another version that changes it; return what it has."""
        loop, seat = asyncio.get_running_loop(), self._seats[tab]
        values: asyncio.Future[bytes] = loop.create_future()
        changes: asyncio.Future[bytes] = loop.create_future()
        task = loop.create_task(self._hold(seat, values, changes))
        self._lent[tab] = (changes, task)
        return await values

    async def _hold(
        self, seat: Seat, values: asyncio.Future[bytes], changes: asyncio.Future[bytes]
    ) -> None:
        async with self._app.locked(seat.token, seat.router) as root:
            with self._running.acting(seat):
                values.set_result(written.to_bytes(parked_now(seat, root, self._version), []))
                async with asyncio.timeout(LEASE_SECONDS):
                    self._take_changes(seat, root, await changes)
                await self._app.flush(root)

    def _take_changes(self, seat: Seat, root: BaseState, changes: bytes) -> None:
        states: dict[str, dict[str, Var]] = {}
        for state, name, var in written.vars_in(changes):
            states.setdefault(state, {})[name] = var
        version, found = self._version, instances.find(root, self._version.tree)
        mine = {state: found[state] for state in states if state in found}
        parked = Parked(
            version.info.version,
            {state: states[state] for state in mine},
            number=version.info.number,
            source=version.source.digest,
        )
        unpark(parked, mine, version)
        for state, instance in mine.items():
            instances.mark_changed(instance, states[state])

    async def take_back(self, tab: str, changed: bytes) -> None:
        """Take what another version changed of a tab that it held."""
        changes, task = self._lent.pop(tab)
        changes.set_result(changed)
        await task
