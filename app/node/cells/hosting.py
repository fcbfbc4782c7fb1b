"""Versions in cells: loaded there, and answered when they ask."""

from __future__ import annotations

import asyncio
import weakref
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping
from typing import Any

import structlog

from app.bridge.compiling.named_events import NamedEvents
from app.bridge.compiling.parts import Part
from app.bridge.sockets.outbox import Outbox
from app.bridge.types import RegistrationContext
from app.cell.compiling.bundle import Bundle
from app.cell.compiling.es_module import AppModule
from app.cell.loading.loader import LoadContext
from app.cell.loading.version import LoadedVersion, Version
from app.cell.serving import messages as say
from app.cell.serving.frames import Kind
from app.cell.serving.streams import Streams
from app.core.app_folders import AppFolders
from app.kernel.grants import Grants
from app.kernel.tasks import in_background
from app.node.app_settings import SettingsSource, Verdict, texts_in, unknown_fields
from app.node.cells.remote import RemoteCell, Running, problem_of
from app.node.cells.starting import Starter
from app.node.cells.versions import VersionInCell, version_in_cell
from app.node.observe.error_lists import AppErrorEntry
from app.node.observe.observed import Observed
from app.node.releases.catalog import AppRecord
from app.node.sessions.live import Live
from app.node.sessions.sessions import Session, Sessions
from app.sdk.config import FieldProblem
from app.sdk.schema import SettingsSchema
from app.source.app_source import AppSource
from app.source.metadata import read_metadata
from app.source.problems import Problem

log = structlog.get_logger("graft")
app_log = structlog.get_logger("graft.app")

_OURS = frozenset({"app", "version", "number", "event", "level", "logger"})


Answer = Callable[[Session, LoadedVersion, str, Mapping[str, Any], Streams], Awaitable[Any]]
TellError = Callable[[Session, AppErrorEntry], Coroutine[Any, Any, None]]


class Cells:
    """Loads versions in cells, and listens to them.

    Args:
        starter: starts cells.
        core: registry with the core's states.
        settings: has what administrators set for apps.
        sessions: the node's sessions.
        outbox: ways to them.
        observed: told of every event.
        live: knows who is where.
        folders: where apps keep files.
    """

    def __init__(
        self,
        starter: Starter,
        core: RegistrationContext,
        settings: SettingsSource,
        sessions: Sessions,
        outbox: Outbox,
        observed: Observed,
        live: Live,
        folders: AppFolders,
    ) -> None:
        self._versions = weakref.WeakSet[VersionInCell]()
        self._told = weakref.WeakKeyDictionary[VersionInCell, set[str]]()
        self._taken_urls = weakref.WeakKeyDictionary[VersionInCell, Mapping[str, str]]()
        self._reviving = weakref.WeakKeyDictionary[VersionInCell, asyncio.Lock]()
        self._grants: Callable[[str, Iterable[str]], Grants | None] = lambda app, declared: None
        self._live = live
        live.present_changed = self.tell_presence
        self._folders = folders
        self._starter = starter
        self._core = core
        self._settings = settings
        self.sessions = sessions
        self.outbox = outbox
        self.observed = observed
        self.cut: Callable[[Session, LoadedVersion], None] = lambda session, version: None
        self.telling: set[asyncio.Task[bool]] = set()
        self.answer: Answer | None = None
        self.tell_error: TellError | None = None

    async def load(
        self,
        source: AppSource,
        number: int,
        taken_urls: Mapping[str, str],
        bundle: Bundle | None,
        context: LoadContext,
    ) -> VersionInCell:
        """Load a version in a cell of its own.

        Raises:
            AppError: with everything that is wrong.
        """
        await self._settings.prepare(source.id)
        self._grants = context.grants
        grants = context.grants(source.id, read_metadata(source).capabilities or ())
        listener = CellListener(self, source.id)
        cell = RemoteCell(listener)
        facts, compiled = await self._load_in(cell, source, number, taken_urls, bundle, grants)
        version = version_in_cell(source, number, facts, compiled, cell, self._core)
        listener.of(version)
        self._versions.add(version)
        self._taken_urls[version] = taken_urls
        await self._judge(version)
        return version

    async def revive(self, version: VersionInCell) -> None:
        """Start the cell of a version anew, if it ended."""
        async with self._reviving.setdefault(version, asyncio.Lock()):
            if not version.cell.is_over:
                return
            listener = CellListener(self, version.info.id)
            listener.of(version)
            cell = RemoteCell(listener)
            grants = self._grants(version.info.id, version.entry.capabilities)
            bundle = Bundle.of(version.source.digest, tuple(version.facts.names), version.module)
            number, urls = version.info.number, self._taken_urls.get(version, {})
            await self._load_in(cell, version.source, number, urls, bundle, grants)
            self._told.pop(version, None)
            version.cell = cell
            weakref.finalize(version, cell.close).atexit = False

    async def _load_in(
        self,
        cell: RemoteCell,
        source: AppSource,
        number: int,
        taken_urls: Mapping[str, str],
        bundle: Bundle | None,
        grants: Grants | None,
    ) -> tuple[say.Facts, Bundle]:
        await self._starter.start(cell)
        organisations, shared = await asyncio.to_thread(self._folders.places, source.id)
        allowed = self._starter.confinement(cell, source, grants, [organisations, shared])
        order = say.Load(
            folder=str(source.root),
            number=number,
            taken_urls=taken_urls,
            grants=frozenset(grants) if grants is not None else None,
            settings=self._settings.values(source.id),
            organisations=str(organisations),
            shared=str(shared),
            confinement=allowed.as_dict() if allowed is not None else None,
        )
        blob = bundle.model_dump_json().encode() if bundle is not None else b""
        try:
            text, made = await cell.ask(Kind.LOAD, order, blob)
        except BaseException:
            cell.close()
            raise
        return say.Facts.model_validate_json(text), Bundle.model_validate_json(made)

    def died(self, version: VersionInCell, why: str) -> None:
        """Note that a cell ended by itself, or had to be ended."""
        cell, source = version.cell, version.source
        where = cell.on_loop.name if cell.on_loop is not None else "process"
        problem = Problem(
            app=source.id,
            stage="run",
            file="",
            line=None,
            message=f"the app's process ended: {why}",
            remedy="The details show where it was. What ran is not repeated.",
            detail=cell.trace,
        )
        self.observed.failed_there(version, where, problem)

    async def settings_changed(self, app_id: str) -> None:
        """Tell the cells of an app what is set for it, and hear what the newest says to it."""
        mine = [v for v in tuple(self._versions) if v.info.id == app_id and not v.cell.is_over]
        values = self._settings.values(app_id)
        for version in mine:
            version.cell.tell(say.News(settings=values))
        if mine:
            await self._judge(max(mine, key=lambda version: version.info.number))

    async def ask_settings(self, version: VersionInCell, values: Mapping[str, Any]) -> Verdict:
        """Ask a version about its settings, and about values."""
        text, _ = await version.cell.ask(Kind.SETTINGS, say.Settings(values=values))
        said = say.SettingsVerdict.model_validate_json(text)
        if said.schema_ is None:
            return Verdict(None)
        wrong = tuple(FieldProblem(one.field, one.path, one.message) for one in said.wrong)
        return Verdict(SettingsSchema(said.schema_, frozenset(said.secret)), wrong)

    async def _judge(self, version: VersionInCell) -> None:
        app_id = version.info.id
        if not version.facts.has_settings:
            return
        values = self._settings.values(app_id)
        verdict = await self.ask_settings(version, values)
        wrong = list(verdict.wrong)
        schema = verdict.schema
        if schema is not None and not self._settings.is_shared and not schema.is_open:
            wrong += unknown_fields(values, schema.fields)
        secret = [values[name] for name in (schema.secret if schema else ()) if name in values]
        self.observed.settings_judged(version, wrong, texts_in(secret))

    async def coming(self, app_id: str, module: AppModule) -> None:
        """See `Follower.coming`; there is nothing to do."""

    async def refusal(self, version: Version) -> tuple[Problem, ...]:
        """See `Follower.refusal`; pages decide."""
        return ()

    async def switched(
        self, record: AppRecord, previous: Version | None, *, shown: bool = True
    ) -> None:
        """See `Follower.switched`: the cells of the app hear which of them are outdated, and what
        it may do.
        """
        newest = {record.number, *(preview.number for preview in record.access.previews)}
        for version in tuple(self._versions):
            if version.info.id == record.id and not version.cell.is_over:
                grants = self._grants(record.id, version.entry.capabilities)
                version.cell.tell(
                    say.News(
                        outdated=version.info.number not in newest,
                        grants=frozenset(grants) if grants is not None else None,
                    )
                )

    def tell_presence(self, organisation: str, topic: str) -> None:
        """Tell the cells in which an organisation has pages who is in a topic."""
        for version in tuple(self._versions):
            if organisation in self._told.get(version, ()):
                version.cell.tell(say.News(present=(self._present(organisation, topic),)))

    def introduce(self, version: VersionInCell, organisation: str) -> None:
        """Tell a cell who is where in an organisation, before its first page opens there."""
        told = self._told.setdefault(version, set())
        if organisation not in told:
            told.add(organisation)
            present = [self._present(organisation, t) for t in self._live.topics(organisation)]
            if present:
                version.cell.tell(say.News(present=tuple(present)))

    def _present(self, organisation: str, topic: str) -> say.Present:
        members = tuple(
            say.Member(
                session=one.session,
                user_id=one.user_id,
                user_name=one.user_name,
                meta=one.meta,
            )
            for one in self._live.members(organisation, topic)
        )
        return say.Present(organisation=organisation, topic=topic, members=members)

    async def close(self) -> None:
        """End all cells."""
        await self._starter.close()


class CellListener:
    """Listens to one cell; see `app.node.cells.remote.Listener`."""

    def __init__(self, cells: Cells, app_id: str) -> None:
        self._cells = cells
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
            self._cells.outbox.send_text(session.token, text)

    def journaled(self, tab: str, changes: bytes) -> None:
        """See `Listener`."""
        session = self._session(tab)
        journal = session.journals.get(self._app_id) if session is not None else None
        if journal is not None:
            journal.note(changes)

    def ran(self, ran: say.Ran) -> None:
        """See `Listener`."""
        observed = self._cells.observed
        session = self._session(ran.tab)
        version = session.attached.get(self._app_id) if session is not None else None
        if ran.outcome == "refused":
            return
        if ran.outcome == "cancelled" and session is not None and version is not None:
            self._cells.cut(session, version)
        observed.ended(self._app_id, ran.outcome, ran.seconds, background=ran.background)
        if ran.problem is not None and version is not None and session is not None:
            entry = observed.failed_there(version, ran.name, problem_of(ran.problem))
            if self._cells.tell_error is not None:
                in_background(
                    self._cells.tell_error(session, entry),
                    "telling a developer of an error",
                    tasks=self._cells.telling,
                )

    def logged(self, line: say.Log) -> None:
        """See `Listener`: whose line it is, the cell does not decide."""
        fields = {name: value for name, value in line.fields.items() if name not in _OURS}
        about = {"app": self._app_id, "version": self._version, "number": self._number}
        getattr(app_log, line.level)(line.event, **fields, **about)

    async def asked(self, call: say.Call, streams: Streams) -> Any:
        """See `Listener`."""
        session = self._session(call.tab or "")
        if session is None or self._cells.answer is None:
            raise LookupError("the page that asks is gone")
        version = session.attached[self._app_id]
        return await self._cells.answer(session, version, call.name, call.arguments, streams)

    def too_long(self, running: Running) -> None:
        """See `Listener`."""
        session = self._session(running.tab)
        if session is not None:
            name = session.attached[self._app_id].entry.name
            in_background(
                self._cells.outbox.complain(
                    session.token, f"{name} took too long to answer. What you did was stopped."
                ),
                "telling of an event that took too long",
                tasks=self._cells.telling,
            )

    def ended(self, why: str) -> None:
        """See `Listener`."""
        version = self._known() if self._known is not None else None
        if version is not None and not version.cell.is_unneeded:
            self._cells.died(version, why)
        log.info("cell ended", app=self._app_id, number=self._number, why=why)

    def _session(self, tab: str) -> Session | None:
        """Return a session that has this cell's version."""
        session = self._cells.sessions.get(tab)
        version = session.attached.get(self._app_id) if session is not None else None
        if not isinstance(version, VersionInCell) or version.info.number != self._number:
            return None
        return session


def is_in_cell(version: LoadedVersion | None) -> bool:
    """Tell whether a version's code is in another process."""
    return isinstance(version, VersionInCell)
