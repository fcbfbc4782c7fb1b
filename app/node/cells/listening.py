"""Listens to cells: what they tell reaches the sessions, the metrics and the lists of errors."""

from __future__ import annotations

import asyncio
import base64
import weakref
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from typing import Any

import structlog

from app.bridge.compiling.named_events import NamedEvents
from app.bridge.compiling.parts import Part
from app.bridge.sockets.outbox import Outbox
from app.cell.loading.version import LoadedVersion
from app.cell.serving import messages as say
from app.cell.serving.frames import Kind
from app.cell.serving.streams import Streams
from app.kernel.tasks import in_background
from app.node.cells.heard import Running, problem_of
from app.node.cells.versions import VersionInCell
from app.node.observe.error_lists import AppErrorEntry
from app.node.observe.observed import Observed
from app.node.sessions.sessions import Session, Sessions

log = structlog.get_logger("graft")
app_log = structlog.get_logger("graft.app")

_OURS = frozenset({"app", "version", "number", "event", "level", "logger"})

Answer = Callable[[Session, LoadedVersion, str, Mapping[str, Any], Streams], Awaitable[Any]]
TellError = Callable[[Session, AppErrorEntry], Coroutine[Any, Any, None]]


@dataclass(eq=False)
class Told:
    """Who is told what cells tell.

    Attributes:
        sessions: the node's sessions.
        outbox: ways to them.
        observed: told of every event.
        died: told of a cell that ended by itself, and why.
        answer: answers what code of apps asks.
        tell_error: tells a developer of an error.
        cut: told of an event that was cancelled.
        telling: what is on its way.
    """

    sessions: Sessions
    outbox: Outbox
    observed: Observed
    died: Callable[[VersionInCell, str], None]
    answer: Answer | None = None
    tell_error: TellError | None = None
    cut: Callable[[Session, LoadedVersion], None] = lambda session, version: None
    telling: set[asyncio.Task[bool]] = field(default_factory=set)


class CellListener:
    """Listens to one cell; see `app.node.cells.remote.Listener`."""

    def __init__(self, told: Told, app_id: str) -> None:
        self._told = told
        self._app_id = app_id
        self._number, self._version = 0, ""
        self._known: weakref.ref[VersionInCell] | None = None

    def of(self, version: VersionInCell) -> None:
        """Take note of what is loaded."""
        self._number, self._version = version.info.number, version.info.version
        self._known = weakref.ref(version)

    def updated(self, update: say.Update, text: bytes) -> None:
        """See `Listener`."""
        session = self._session(update.tab)
        if session is None or self._app_id not in session.merged:
            return
        if update.named is not None:
            named = NamedEvents(update.named.events, update.named.vars)
            version = session.attached[self._app_id]
            session.named |= named.among(version.handlers)
        if update.parts:
            session.parts.add([Part(address, code) for address, code in update.parts.items()])
        held = session.held.get(self._app_id)
        if held is not None:
            held.append(text)
        else:
            self._told.outbox.send_text(session.token, text)

    def journaled(self, tab: str, changes: bytes) -> None:
        """See `Listener`."""
        session = self._session(tab)
        journal = session.journals.get(self._app_id) if session is not None else None
        if journal is not None:
            journal.note(changes)

    def ran(self, ran: say.Ran) -> None:
        """See `Listener`."""
        observed = self._told.observed
        session = self._told.sessions.get(ran.tab)
        version = self._known() if self._known is not None else None
        if ran.outcome == "refused":
            return
        if ran.outcome == "cancelled" and session is not None and version is not None:
            self._told.cut(session, version)
        observed.ended(self._app_id, ran.outcome, ran.seconds, background=ran.background)
        if ran.problem is not None and version is not None and session is not None:
            entry = observed.failed_there(version, ran.name, problem_of(ran.problem))
            if self._told.tell_error is not None:
                in_background(
                    self._told.tell_error(session, entry),
                    "telling a developer of an error",
                    tasks=self._told.telling,
                )

    def logged(self, line: say.Log) -> None:
        """See `Listener`: whose line it is, the cell does not decide."""
        fields = {name: value for name, value in line.fields.items() if name not in _OURS}
        about = {"app": self._app_id, "version": self._version, "number": self._number}
        getattr(app_log, line.level)(line.event, **fields, **about)

    async def asked(self, call: say.Call, streams: Streams) -> Any:
        """See `Listener`."""
        if call.name in ("lease", "release"):
            return await self._lease(call)
        session = self._session(call.tab or "")
        if session is None or self._told.answer is None:
            raise LookupError("the page that asks is gone")
        version = session.attached[self._app_id]
        return await self._told.answer(session, version, call.name, call.arguments, streams)

    def too_long(self, running: Running) -> None:
        """See `Listener`."""
        session = self._session(running.tab)
        if session is not None:
            name = session.attached[self._app_id].entry.name
            in_background(
                self._told.outbox.complain(
                    session.token, f"{name} took too long to answer. What you did was stopped."
                ),
                "telling of an event that took too long",
                tasks=self._told.telling,
            )

    def ended(self, why: str) -> None:
        """See `Listener`."""
        version = self._known() if self._known is not None else None
        if version is not None and not version.cell.is_unneeded:
            self._told.died(version, why)
        log.info("cell ended", app=self._app_id, number=self._number, why=why)

    async def _lease(self, call: say.Call) -> str:
        """Let a former version change a tab that it had, in the version that the tab has now.

        Raises:
            LookupError: the tab is gone, or never was here.
        """
        tab = call.tab or ""
        former = self._known() if self._known is not None else None
        session = self._told.sessions.get(tab)
        now = session.attached.get(self._app_id) if session is not None else None
        if former is None or tab not in former.cell.left or not isinstance(now, VersionInCell):
            raise LookupError("the page that is to be changed is gone")
        if call.name == "lease":
            _, values = await now.cell.ask(Kind.LEASE, say.OfTab(tab=tab))
            return base64.b64encode(values).decode()
        changes = base64.b64decode(str(call.arguments["changes"]))
        await now.cell.ask(Kind.RELEASE, say.OfTab(tab=tab), changes)
        return ""

    def _session(self, tab: str) -> Session | None:
        """Return a session that has this cell's version."""
        session = self._told.sessions.get(tab)
        version = session.attached.get(self._app_id) if session is not None else None
        if not isinstance(version, VersionInCell) or version.info.number != self._number:
            return None
        return session
