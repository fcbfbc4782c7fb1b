"""After the switch: every open page that is concerned is told, and old versions are let go."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from time import perf_counter
from typing import Any

from app.bridge.events import EventCall, Outbox
from app.bridge.release import release
from app.runtime.applog import AppLog
from app.runtime.attach import take_out
from app.runtime.catalog import AppRecord, Catalog
from app.runtime.messages import as_delta
from app.runtime.observed import Observed
from app.runtime.opening import Opener
from app.runtime.sessions import Session, Sessions
from app.runtime.version import LoadedVersion, Version


class Swapper:
    """Brings open pages to the versions of the moment.

    Args:
        sessions: the node's sessions.
        catalog: returns the catalog of the moment.
        outbox: ways to the sessions.
        opener: says what pages show when there is no new version.
        observed: told how long it took.
        logs: forgets apps that are gone.
        refresh: the core's event that brings a page to the version of the moment.
    """

    def __init__(
        self,
        sessions: Sessions,
        catalog: Callable[[], Catalog],
        outbox: Outbox,
        opener: Opener,
        observed: Observed,
        logs: AppLog,
        refresh: Any,
    ) -> None:
        self.settling: set[asyncio.Task[None]] = set()
        self._sessions = sessions
        self._catalog = catalog
        self._outbox = outbox
        self._opener = opener
        self._observed = observed
        self._logs = logs
        self._refresh = refresh
        self._watching: dict[str, EventCall] = {}
        self._retired: dict[str, list[LoadedVersion]] = {}

    def watch(self, token: str, event: EventCall) -> None:
        """Run an event in a session whenever an app changes."""
        self._watching[token] = event

    def unwatch(self, token: str) -> None:
        """Stop telling a session of changes."""
        self._watching.pop(token, None)

    async def tell_watching(self, app_id: str) -> None:
        """Tell the sessions that watch the catalog that an app changed."""
        for token, event in tuple(self._watching.items()):
            await self._outbox.enqueue(token, event.event(app_id))

    async def switched(self, record: AppRecord, previous: Version | None) -> None:
        """Tell everybody concerned about a change of one app."""
        began = perf_counter()
        await self.tell_watching(record.id)
        if record.failure is not None or record.version is previous:
            await self._tell_problems(record)
        if record.failure is not None and record.version is previous and previous is not None:
            release()
            return
        refreshing: list[asyncio.Future[Any]] = []
        for session in self._sessions.viewing(record.id):
            refreshing += await self._outbox.enqueue(session.token, self._refresh)
        if not record.access.enabled and isinstance(record.version, LoadedVersion):
            _stop(record.version)
        if isinstance(previous, LoadedVersion) and previous is not record.version:
            self._retired.setdefault(record.id, []).append(previous)
        is_swap = None not in (previous, record.version) and previous is not record.version
        swapped = began if is_swap else None
        settling = asyncio.create_task(self._settle(record.id, refreshing, swapped))
        self.settling.add(settling)
        settling.add_done_callback(self.settling.discard)

    async def _tell_problems(self, record: AppRecord) -> None:
        problems = record.failure.problems if record.failure else ()
        message = as_delta(self._opener.problems(record.id, problems))
        for session in self._sessions.viewing(record.id):
            await self._outbox.send(session.token, message)

    async def _settle(
        self, app_id: str, refreshing: Sequence[asyncio.Future[Any]], swapped: float | None
    ) -> None:
        """Free what the swap left behind: states in sessions that do not show the app, and old
        versions.
        """
        await asyncio.gather(*refreshing, return_exceptions=True)
        if swapped is not None:
            self._observed.swapped(app_id, perf_counter() - swapped)
        if self._catalog().get(app_id) is None:
            self._observed.forget(app_id)
            self._logs.forget(app_id)
        current = self._catalog().loaded(app_id)
        for session in self._sessions.attached_to(app_id):
            if session.attached.get(app_id) is not current and not session.background.get(app_id):
                await self._take_out(session, app_id)
        self._release(app_id)

    async def _take_out(self, session: Session, app_id: str) -> None:
        async with self._outbox.locked(session.token) as root:
            session.use_root(root)
            version = session.attached.get(app_id)
            if version is None or version is self._catalog().loaded(app_id):
                return
            if session.view is None or session.view.app_id != app_id:
                take_out(session, root, version)

    def _release(self, app_id: str) -> None:
        """Let go of retired versions that nothing uses; of those in use, only the youngest may go
        on.

        Like Erlang's code server: work in flight ends on the code it began with, until a third
        version comes.
        """
        retired = self._retired.pop(app_id, [])
        in_use = {id(s.attached[app_id]) for s in self._sessions.attached_to(app_id)}
        kept = []
        gone: list[LoadedVersion] = []
        for age, version in enumerate(reversed(retired)):
            if age > 0:
                _stop(version)
            if id(version) in in_use or (version.tasks and age == 0):
                kept.append(version)
            else:
                gone.append(version)
        if kept:
            self._retired[app_id] = kept[::-1]
        if gone:
            namespaces = {id(vars(module)) for v in gone for module in v.package.modules.values()}
            for version in gone:
                version.package.forget()
            release(namespaces)


def _stop(version: LoadedVersion) -> None:
    """End what runs of a version."""
    for task in tuple(version.tasks):
        task.cancel()
