"""After the switch: every open page that is concerned is told, and old versions are let go."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterable, Sequence
from dataclasses import replace
from functools import partial
from time import perf_counter
from typing import Any

import structlog

from app.bridge.sockets.events import EventCall
from app.bridge.sockets.outbox import Outbox
from app.bridge.states import registration
from app.bridge.states.shared_states import linked, links_of
from app.bridge.states.unload import release
from app.bridge.types import BaseState
from app.cell.compiling.es_module import AppModule
from app.cell.loading.version import LoadedVersion, Version
from app.cell.values.upgrading import rewrites
from app.kernel.actor import acting_as
from app.kernel.tasks import in_background
from app.node.cells.placing import Placing
from app.node.events.resuming import Resumer
from app.node.observe.observed import Observed
from app.node.pages.messages import Coming, Message, as_delta
from app.node.pages.opening import Opener, module_url
from app.node.pages.presenting import Presenter
from app.node.pages.problem_view import ProblemView
from app.node.pages.rounds import one_by_one
from app.node.pages.watching import Watching
from app.node.releases.catalog import AppRecord
from app.node.releases.in_memory import VersionsInMemory
from app.node.releases.served import Served
from app.node.sessions.sessions import Session, Sessions
from app.rules.blame import place_of_function
from app.source.problems import Problem

log = structlog.get_logger("graft")

MOST_EARLY = 20
"""Open pages that fetch the module of a version before they are told to show it."""


class Swapper:
    """Brings open pages to the versions of the moment.

    Args:
        sessions: the node's sessions.
        served: has the apps of the moment.
        versions: what is loaded, previews among them.
        outbox: ways to the sessions.
        opener: says what pages show.
        placing: gives versions what tabs have of their apps.
        presenter: sends that.
        view: tells what is wrong.
        resumer: knows in which tabs something was cut.
        watching: pages that watch all apps.
        observed: told how long it took.
        refresh: the core's event that calls `refresh`, for sessions in which an event runs.
    """

    def __init__(
        self,
        sessions: Sessions,
        served: Served,
        versions: VersionsInMemory,
        outbox: Outbox,
        opener: Opener,
        placing: Placing,
        presenter: Presenter,
        view: ProblemView,
        resumer: Resumer,
        watching: Watching,
        observed: Observed,
        refresh: EventCall,
    ) -> None:
        self.settling: set[asyncio.Task[Any]] = set()
        self._sessions = sessions
        self._served = served
        self._versions = versions
        self._outbox = outbox
        self._opener = opener
        self._placing = placing
        self._presenter = presenter
        self._view = view
        self._resumer = resumer
        self._watching = watching
        self._observed = observed
        self._refresh = refresh
        self._retired: dict[str, list[LoadedVersion]] = {}

    async def coming(self, app_id: str, module: AppModule) -> None:
        """See `Follower.coming`. Many pages are not told: it would only delay telling them of the
        version itself.
        """
        usable = self._served.catalog.usable
        viewing = [s for s in self._sessions.viewing(app_id) if usable(app_id, s.actor)]
        if len(viewing) > MOST_EARLY:
            return
        message = as_delta(
            Coming(
                type="coming",
                app=app_id,
                module=module_url(app_id, module.digest),
                libraries=list(module.libraries),
            )
        )
        for session in viewing:
            await self._outbox.send(session.token, message)

    async def refusal(self, version: Version) -> tuple[Problem, ...]:
        """See `Follower.refusal`: the first page with whose values the app's `upgrade` raises
        decides for all, as some would have a version that others cannot have.
        """
        if not isinstance(version, LoadedVersion) or not rewrites(version.entry):
            return ()
        found: list[Problem] = []

        async def rehearse(session: Session) -> None:
            if found or session.ended:
                return
            try:
                with registration.active(session.registration), acting_as(session.actor):
                    await self._placing.rehearse(session, version)
            except Exception as error:  # whatever the app's code raises
                problem = self._observed.failed(version, "upgrade", error).problem
                place = place_of_function(version.entry.upgrade, version.source.root)
                if not problem.file and place is not None:
                    problem = replace(problem, file=place[0], line=place[1])
                found.append(problem)

        await one_by_one(self._sessions.with_values(version.info.id), rehearse)
        return tuple(found)

    async def switched(
        self, record: AppRecord, previous: Version | None, *, shown: bool = True
    ) -> None:
        """See `Follower.switched`. Tells everybody concerned."""
        began = perf_counter()
        self._watching.tell(record.id)
        self._stop_for_others(record.id, [previous, record.version])
        concerned = self._sessions.viewing(record.id) if shown else []
        if record.failure is not None or record.version is previous:
            await self._view.tell_newest(record, concerned)
        if record.failure is not None and record.version is previous and previous is not None:
            release()
            return
        # One that is loaded still will be used again: in a preview, or when the app is on again.
        staying = [record.version, *self._versions.of(record.id)]
        if isinstance(previous, LoadedVersion) and not any(v is previous for v in staying):
            self._retired.setdefault(record.id, []).append(previous)
        is_swap = None not in (previous, record.version) and previous is not record.version
        self._later(self._settle(record.id, concerned, began if is_swap else None), record.id)

    async def refresh(self, session: Session, root: BaseState) -> None:
        """Bring the page that a session shows to the version of the moment; its lock is held."""
        message: Message | None
        try:
            message = await self._opener.refresh(session, root)
        except Exception as error:
            problems = self._opener.refused(session, error)
            message = None
            if problems:
                app_id = problems[0].app
                log.warning("session not moved", app=app_id, why=problems[0].message)
                message = self._view.over(app_id, problems)
                self._served.note_failure(app_id, problems)
                self._watching.tell(app_id)
        if message is not None:
            await self._presenter.present(session, root, message)
            if message["type"] == "show":
                await self._resumer.resume(session, message["app"])

    def _stop_for_others(self, app_id: str, versions: Iterable[Version | None]) -> None:
        """End what runs of an app in sessions that may not use it any more: it was switched off or
        deleted, or only others see it now.
        """
        known = [*versions, *self._retired.get(app_id, ()), *self._versions.of(app_id)]
        running = [v for v in known if isinstance(v, LoadedVersion) and v.tasks]
        for session in self._sessions if running else ():
            if self._served.catalog.usable(app_id, session.actor) is None:
                for version in running:
                    for task in version.tasks & session.tasks:
                        task.cancel()

    async def _settle(
        self, app_id: str, concerned: Sequence[Session], swapped: float | None
    ) -> None:
        """Move the pages that show an app, and free what is left behind: states in sessions that
        do not show it, and old versions.
        """
        await self._move(concerned)
        if swapped is not None:
            self._observed.swapped(app_id, perf_counter() - swapped)
        if self._served.catalog.get(app_id) is None:
            self._observed.forget(app_id)
        await one_by_one(self._sessions.attached_to(app_id), partial(self._take_out, app_id))
        self._release(app_id)

    async def _move(self, concerned: Sequence[Session]) -> None:
        """Move one session after the other, each between two of its events."""
        queued: list[asyncio.Future[Any]] = []

        async def move(session: Session) -> None:
            nonlocal queued
            try:
                if not await self._outbox.at_once(session.token, partial(self._move_now, session)):
                    queued += await self._outbox.enqueue(session.token, self._refresh.event())
            except Exception:
                log.exception("session not moved")

        await one_by_one(concerned, move)
        await asyncio.gather(*queued, return_exceptions=True)

    async def _move_now(self, session: Session, root: BaseState) -> None:
        if session.ended:
            return
        session.use_root(root)
        with registration.active(session.registration), acting_as(session.actor):
            async with linked(root):
                await self.refresh(session, root)
                if links_of(root) or root.dirty_substates:
                    await self._outbox.flush(root)

    def _later(self, work: Coroutine[Any, Any, None], app_id: str) -> None:
        in_background(work, "telling open pages of a change", tasks=self.settling, app=app_id)

    async def _take_out(self, app_id: str, session: Session) -> None:
        current = self._served.catalog.loaded(app_id)
        if session.attached.get(app_id) is current or session.background.get(app_id):
            return
        async with self._outbox.locked(session.token) as root:
            session.use_root(root)
            version = session.attached.get(app_id)
            if version is None or version is self._served.catalog.loaded(app_id):
                return
            if session.view is None or session.view.app_id != app_id:
                await self._placing.take_out(session, root, version)

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
