"""Versions in cells: loaded there, and answered when they ask."""

from __future__ import annotations

import asyncio
import weakref
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import structlog

from app.bridge.sockets.outbox import Outbox
from app.bridge.types import RegistrationContext
from app.cell.compiling.bundle import Bundle
from app.cell.compiling.es_module import AppModule
from app.cell.loading.loader import LoadContext
from app.cell.loading.version import Version
from app.cell.serving import messages as say
from app.cell.serving.frames import Kind
from app.core.app_folders import AppFolders
from app.kernel.grants import Grants
from app.node.app_settings import SettingsSource, Verdict, texts_in, unknown_fields
from app.node.cells.listening import CellListener, Told
from app.node.cells.remote import RemoteCell
from app.node.cells.starting import Starter
from app.node.cells.versions import VersionInCell, version_in_cell
from app.node.observe.observed import Observed
from app.node.releases.catalog import AppRecord
from app.node.sessions.journal import Journal
from app.node.sessions.live import Live
from app.node.sessions.sessions import Session, Sessions
from app.sdk.config import FieldProblem
from app.sdk.schema import SettingsSchema
from app.source.app_source import AppSource
from app.source.metadata import read_metadata
from app.source.problems import NotNow, Problem

log = structlog.get_logger("graft")


IDLE_SECONDS = 600.0
"""How long nobody has used a cell before it is ended."""

LOOK_SECONDS = 60.0


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
        self.observed = observed
        self.told = Told(sessions, outbox, observed, self.died)
        sessions.removed = self.forget

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
        listener = CellListener(self.told, source.id)
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
            listener = CellListener(self.told, version.info.id)
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
        await self._make_room()
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

    async def _make_room(self) -> None:
        """End the cells that were used longest ago, until there may be another.

        Raises:
            NotNow: something runs in each of them.
        """
        most = self._starter.most
        while len(running := self._running()) >= most:
            for version in running:
                if await self._put_to_sleep(version):
                    break
            else:
                raise NotNow((_too_many(most),))

    def _running(self) -> list[VersionInCell]:
        """Return the versions whose cells run; those that nobody has open, and that were used
        longest ago, come first.
        """
        running = [version for version in tuple(self._versions) if not version.cell.is_over]
        return sorted(running, key=lambda one: (self._is_shown(one), one.cell.used))

    async def look_for_idle(self) -> None:
        """Wait a while, and end the cells that nobody uses."""
        await asyncio.sleep(LOOK_SECONDS)
        await self.end_idle(IDLE_SECONDS)

    async def end_idle(self, seconds: float) -> list[VersionInCell]:
        """End the cells that nobody has used for so long, and nobody has open; return whose they
        were. They start again when somebody comes, with what tabs have of them.
        """
        now = asyncio.get_running_loop().time()
        idle = [
            version
            for version in self._running()
            if now - version.cell.used >= seconds and not self._is_shown(version)
        ]
        return [version for version in idle if await self._put_to_sleep(version)]

    def _is_shown(self, version: VersionInCell) -> bool:
        app_id = version.info.id
        shown = self.told.sessions.viewing(app_id)
        return any(session.attached.get(app_id) is version for session in shown)

    async def _put_to_sleep(self, version: VersionInCell) -> bool:
        """End a cell, unless something runs in it; it starts again when somebody comes."""
        app_id, cell = version.info.id, version.cell
        if cell.runs:
            return False
        for session in self.told.sessions.attached_to(app_id):
            if session.attached[app_id] is version and session.token in cell.tabs:
                _, values = await cell.ask(Kind.PARK, say.OfTab(tab=session.token))
                session.journals[app_id] = Journal(values)
        if cell.runs:  # somebody came meanwhile
            return False
        cell.close()
        cell.is_over = True
        log.info("cell ended", app=app_id, number=version.info.number, open=self._is_shown(version))
        return True

    def forget(self, session: Session) -> None:
        """Let cells end what runs in a tab that does not come back, and forget it."""
        for version in session.attached.values():
            if isinstance(version, VersionInCell) and session.token in version.cell.tabs:
                version.cell.tabs.discard(session.token)
                version.cell.forget(session.token)
                version.cell.post(Kind.STOP, say.OfTab(tab=session.token))

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


def _too_many(most: int) -> Problem:
    return Problem(
        app="",
        stage="load",
        file="",
        line=None,
        message=f"as many apps run as may ({most}), and all of them are at work",
        remedy="Try again. The variable GRAFT_MOST_CELLS says how many may run.",
    )
