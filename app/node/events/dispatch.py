"""Events: which version's handler runs, in which scope, or why none does."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import nullcontext

from app.bridge.sockets import arguments
from app.bridge.sockets.events import current_router
from app.bridge.sockets.hosts import Execute
from app.bridge.sockets.outbox import Outbox
from app.bridge.states import on_demand, registration
from app.bridge.types import BaseState, Event, RegisteredEventHandler, RegistrationContext
from app.cell.attach import attach
from app.cell.loading.version import LoadedVersion, Version
from app.core.refusals import RefusalLimiter
from app.kernel.actor import acting_as
from app.kernel.capabilities import friendly, refusal_in
from app.kernel.client_address import coming_from
from app.kernel.errors import FolderFull, first_in
from app.node.cells.deaths import Deaths
from app.node.cells.placing import Placing
from app.node.cells.remote import CellEnded
from app.node.cells.versions import VersionInCell
from app.node.events.admission import Admission
from app.node.events.names import app_of, is_page_of_core
from app.node.events.redirects import running
from app.node.events.resuming import Resumer
from app.node.events.scopes import Scopes
from app.node.observe.error_lists import AppErrorEntry
from app.node.observe.observed import Observed
from app.node.releases.catalog import AppRecord
from app.node.releases.served import Served
from app.node.sessions.chooser import Chooser
from app.node.sessions.decision import Decision
from app.node.sessions.sessions import Session, Sessions
from app.sdk.scope import enter


class Dispatcher:
    """See `app.bridge.sockets.hosts.EventHost`.

    Args:
        sessions: the node's sessions.
        served: has the apps of the moment.
        chooser: says which version a session gets.
        scopes: in whose name app code runs.
        observed: told of every event.
        admission: notes what is refused.
        core: registry with the core's states.
        resumer: told of events that were cut.
        outbox: ways to the sessions.
        placing: gives versions what tabs have of their apps.
        revive: starts the cell of a version anew that ended; None where there are none.
        failed: told of an error in an app's event.
        blames_authors: count arguments that do not fit as errors of the app, as in development,
            where whoever sends them wrote it.
    """

    def __init__(
        self,
        sessions: Sessions,
        served: Served,
        chooser: Chooser,
        scopes: Scopes,
        observed: Observed,
        admission: Admission,
        core: RegistrationContext,
        resumer: Resumer,
        outbox: Outbox,
        placing: Placing,
        revive: Callable[[VersionInCell], Awaitable[None]] | None,
        failed: Callable[[Session, AppErrorEntry], Awaitable[None]],
        *,
        blames_authors: bool,
    ) -> None:
        self._sessions = sessions
        self._served = served
        self._chooser = chooser
        self._scopes = scopes
        self._observed = observed
        self._refuse = admission.refuse_queued
        self._core = core
        self._resumer = resumer
        self._outbox = outbox
        self._placing = placing
        self._revive = revive
        self._deaths = Deaths()
        self._failed = failed
        self._blames_authors = blames_authors
        self._tracebacks = RefusalLimiter()

    def find_handler(self, name: str) -> RegisteredEventHandler | None:
        """See `EventHost`."""
        app_id = app_of(name)
        if app_id is None:
            return None
        version = self._served.catalog.loaded(app_id)
        known = version.handlers.get(name) if version else None
        return known or self._placeholder()

    async def run_event(
        self, token: str, event: Event, handler: RegisteredEventHandler, execute: Execute
    ) -> None:
        """See `EventHost`."""
        session = self._sessions.get(token)
        if session is None or session.ended:
            if session is not None:
                self._note_lost(session, event, app_of(event.name))
            await self._refuse(session, event, "event of an unknown session refused")
            return
        with coming_from(session.client_address):
            decision = session.decision(event.name, self._served.catalog)
            if decision is None:
                app_id = app_of(event.name)
                if app_id is None and session.actor.on_apps and is_page_of_core(event.name):
                    # Reflex runs what a page does when it is opened; this one is elsewhere.
                    return
                if app_id is None:
                    with registration.active(session.registration), acting_as(session.actor):
                        await self._execute(session, event, handler, execute)
                    return
                decision = await self._decide(session, app_id, event)
            if decision is None:
                return
            if event.router_data and not _is_open(session, event, decision):
                app_id = decision.version.info.id
                await self._refuse(session, event, "unknown event refused", app_id)
                return
            await self._run(session, event, decision, execute)

    def explain(self, error: Exception) -> str | None:
        """See `EventHost`."""
        full = first_in(error, FolderFull)
        if full is not None:
            return f"{self._name_of(full.app_id)} has no more room for its files."
        refused = refusal_in(error)
        if refused is None:
            return None
        name = self._name_of(refused.app_id)
        return f"{name} may not {friendly(refused.capability)}. An administrator can allow it."

    def _name_of(self, app_id: str) -> str:
        record = self._served.catalog.get(app_id)
        return record.name if record is not None else app_id

    def is_logged(self, token: str, error: Exception) -> bool:
        """See `EventHost`. A browser may send an event that fails as often as it likes."""
        if isinstance(error, arguments.WrongArguments):
            return False
        return self._tracebacks.admit(token) is not None

    async def before_handler(self, token: str, root: BaseState, event: Event) -> None:
        """See `EventHost`."""
        session = self._sessions.get(token)
        if session is None:
            return
        session.use_root(root)
        await on_demand.before_hydrate(root, event, self._core)
        version = running.get()
        if version is not None and version.info.id not in session.attached:
            self._observed.not_carried(version, attach(session, root, version))

    async def _decide(self, session: Session, app_id: str, event: Event) -> Decision | None:
        """Find what runs an event; None if it is refused."""
        record = self._record_for(session, app_id)
        attached = session.attached.get(app_id)
        version: Version | None = attached
        if record is not None and attached is None:
            version = await self._chooser.version_for(session, record)
            # Meanwhile it may have been switched off, deleted, or given to others.
            record = self._record_for(session, app_id)
        if record is None:
            self._note_lost(session, event, app_id)
            await self._refuse(session, event, "event refused", app_id)
            return None
        if not isinstance(version, LoadedVersion) or event.name not in version.handlers:
            await self._refuse(session, event, "unknown event refused", app_id)
            return None
        scope, actor = self._scopes.of(session, version)
        decision = Decision(
            serial=self._served.catalog.serial,
            user=session.actor,
            version=version,
            handler=version.handlers[event.name],
            registration=session.registration if attached else version.registration,
            scope=scope,
            actor=actor,
            is_open=event.name in version.open_events.events,
        )
        if attached:
            session.decisions[event.name] = decision
        return decision

    def _note_lost(self, session: Session, event: Event, app_id: str | None) -> None:
        """Note that an event is not run, if the app queued it; what a browser sends is its own."""
        if app_id is not None and not event.router_data:
            self._resumer.lost(session, app_id)

    def _record_for(self, session: Session, app_id: str) -> AppRecord | None:
        """Return the app if a session may send events to it now."""
        record = self._served.catalog.usable(app_id, session.actor)
        preview = session.previews.get(app_id)
        return record if record is not None and record.is_for(session.actor, preview) else None

    async def _execute(
        self,
        session: Session,
        event: Event,
        handler: RegisteredEventHandler,
        execute: Execute,
        app_id: str | None = None,
    ) -> None:
        """Run a handler; when it fails for arguments that a browser should not have sent, say so.

        Also a page of an older version may send arguments that a newer handler does not take.
        """
        try:
            await execute(handler)
        except Exception:
            if self._blames_authors or not event.router_data:
                raise
            if arguments.fit(handler, event.payload):
                raise
            await self._refuse(session, event, "event with wrong arguments refused", app_id)
            raise arguments.WrongArguments(event.name) from None

    async def _run(
        self, session: Session, event: Event, decision: Decision, execute: Execute
    ) -> None:
        version, handler = decision.version, decision.handler
        name = handler.handler.fn.__qualname__
        app_id = version.info.id
        background = handler.handler.is_background
        task = asyncio.current_task()
        if task is not None:
            version.tasks.add(task)
            session.tasks.add(task)
        session.background[app_id] = session.background.get(app_id, 0) + background
        marker = running.set(version)
        try:
            with (
                registration.active(decision.registration),
                enter(decision.scope),
                acting_as(decision.actor),
                self._observed.event(app_id, background=background)
                if not isinstance(version, VersionInCell)
                else nullcontext(),
            ):
                if isinstance(version, VersionInCell):
                    if self._deaths.refuses(version, session.token, name):
                        await self._outbox.complain(session.token, _refused(version))
                        return
                    await self._seat(session, version)
                    await version.cell.run(
                        session.token,
                        event.name,
                        event.payload,
                        current_router(),
                        by_browser=bool(event.router_data),
                        is_background=background,
                    )
                    return
                await self._execute(session, event, handler, execute, app_id)
        except asyncio.CancelledError:
            self._resumer.cut(session, version)
            raise
        except arguments.WrongArguments:
            raise
        except CellEnded:
            if isinstance(version, VersionInCell) and version.cell.was_on_loop(session.token, name):
                self._deaths.note(version, session.token, name)
            # Not run again: nobody knows how far it came.
            self._resumer.cut(session, version)
            await self._outbox.complain(session.token, _restarted(version))
        except Exception as error:
            await self._failed(session, self._observed.failed(version, name, error))
            raise
        finally:
            running.reset(marker)
            session.background[app_id] -= background
            if task is not None:
                version.tasks.discard(task)
                session.tasks.discard(task)

    async def _seat(self, session: Session, version: VersionInCell) -> None:
        """Let a tab have a version that it does not have yet, as after a restart."""
        if version.cell.is_over and self._revive is not None:
            await self._revive(version)
        if session.token not in version.cell.tabs:
            async with self._outbox.locked(session.token) as root:
                await self._placing.open(session, root, version)
                session.held.pop(version.info.id, None)

    def _placeholder(self) -> RegisteredEventHandler:
        """Return a handler that only says: queue the event, and look again when it is its turn."""
        return next(iter(self._core.event_handlers.values()))


def _restarted(version: LoadedVersion) -> str:
    name = version.entry.name
    return f"{name} had to be restarted. What you did last was not finished; nothing else is lost."


def _refused(version: LoadedVersion) -> str:
    return (
        f"This has stopped {version.entry.name} several times, so it is not done again."
        " Tell the people who look after the app."
    )


def _is_open(session: Session, event: Event, decision: Decision) -> bool:
    """Tell whether a browser may send an event; the app itself may run more."""
    return decision.is_open or session.opens(decision.version, event.name, event.payload)
