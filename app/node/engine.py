"""The engine: one running Graft node, put together from its parts.

It answers the core's pages and routes; client apps, hosted pages, sockets and events have parts of
their own (`sdk_host.py`, `hosted_pages.py`, `sockets.py`, `dispatch.py`).
"""

from __future__ import annotations

from collections.abc import Callable, MutableMapping
from contextlib import suppress
from typing import Any

import structlog

from app.bridge import core_states, registration
from app.bridge.core_events import queued_by_the_server
from app.bridge.events import EventCall, GraftApp
from app.bridge.file_uploads import takes_files
from app.bridge.outbox import Outbox
from app.cell.compiling.bundle import Bundle
from app.cell.loading.loader import LoadContext
from app.cell.loading.version import LoadedVersion, Version
from app.core.bus import Bus
from app.kernel.actor import Actor
from app.node.app_settings import SettingsSource
from app.node.events.admission import Admission, NoteRefusal
from app.node.events.dispatch import Dispatcher
from app.node.events.names import app_of
from app.node.events.resuming import Resumer
from app.node.events.scopes import Scopes
from app.node.observe.applog import AppLog
from app.node.observe.error_lists import AppErrorEntry
from app.node.observe.observed import Observed
from app.node.pages.addresses import Addresses
from app.node.pages.hosted_pages import HostedPages, Place, Unlock
from app.node.pages.messages import as_delta
from app.node.pages.opening import Opener
from app.node.pages.presenting import Presenter
from app.node.pages.renew import Renewer
from app.node.pages.swap import Swapper
from app.node.redact import Redactor
from app.node.releases.access import Access
from app.node.releases.catalog import AppRecord, Catalog
from app.node.releases.caution import Caution
from app.node.releases.granting import Granting
from app.node.releases.module_store import MemoryModules
from app.node.releases.provider import Provider
from app.node.releases.releases import Releases
from app.node.sdk_host import SdkHost
from app.node.sessions.keeping import Keeper, NoShelf, Shelf
from app.node.sessions.live import Live
from app.node.sessions.logins import Logins
from app.node.sessions.sessions import Session, Sessions
from app.node.sockets import Identify, Sockets
from app.source.problems import AppError

log = structlog.get_logger("graft")


class Engine:
    """One node.

    Args:
        app: the Reflex app that serves.
        provider: where the apps come from that are served.
        bus: carries what is published to topics.
        identify: says who opens a socket, from its ASGI environ and client token.
        has_library: whether the front end's build has a JavaScript library.
        built_in_wraps: providers at the root of the built front end.
        refresh: the core's event that brings a page to the version of the moment.
        storage_reply: the core's event with which the browser sends the values of its storage.
        renew: the core's event that brings a page to the settings of the moment.
        load: the core's event that runs the `on_load` of a page after `on_resume`.
        settings: has what administrators set for apps.
        unlock: returns app id and preview id of a preview link's secret, or None.
        show_details: whether people may see tracebacks (development mode).
        note_refusal: records what somebody asked for and does not get.
        logs: has the newest log lines of each app.
        shelf: where the values of open pages wait while no server runs.
        redactor: learns secrets among settings.
        build: identifies the built front end.
        bundles: see `LoadContext`.
        place: where apps are, if not on the origin of the core.
        caution: knows what was loaded when the server ended.
    """

    def __init__(
        self,
        app: GraftApp,
        provider: Provider,
        *,
        bus: Bus,
        identify: Identify,
        has_library: Callable[[str], bool],
        built_in_wraps: frozenset[tuple[int, str]],
        refresh: Any,
        storage_reply: Any,
        renew: Any,
        load: Any,
        settings: SettingsSource,
        unlock: Unlock,
        show_details: bool,
        note_refusal: NoteRefusal | None = None,
        logs: AppLog | None = None,
        shelf: Shelf | None = None,
        redactor: Redactor | None = None,
        build: str = "",
        bundles: MutableMapping[str, Bundle] | None = None,
        place: Place | None = None,
        caution: Caution | None = None,
    ) -> None:
        self.place = place or Place()
        self.caution = caution or Caution()
        self.core = registration.core_registration()
        core_states.seal(self.core)
        self._queued_by_the_server = queued_by_the_server(self.core)
        self.sessions = Sessions()
        self.modules = MemoryModules()
        self.logs = logs or AppLog()
        self.observed = Observed(
            self._catalog,
            self.sessions,
            settings,
            redactor or Redactor(),
            build,
            lambda app_id: self.releases.versions_of(app_id),
        )
        self.errors = self.observed.errors
        self.outbox = Outbox(app)
        self.live = Live(self.sessions, self.outbox, bus)
        sdk_host = SdkHost(lambda: self.releases, settings, self.live)
        self.keeper = Keeper(self.sessions, self.outbox, NoShelf() if shelf is None else shelf)
        self.is_development = show_details
        self._settings = settings
        self._unlock = unlock
        self.granting = Granting(self._access, unknown_is_free=show_details)
        context = LoadContext(
            self.core,
            sdk_host,
            has_library,
            built_in_wraps,
            grants=self.granting.of,
            ended=self.observed.loaded,
            bundles=bundles,
            failed=self.observed.not_loaded,
            noted=self.caution.noted,
        )
        scopes = Scopes(sdk_host, self.granting)
        self.opener = Opener(
            self._catalog,
            self._version_for,
            scopes.running,
            storage_reply=EventCall.of(storage_reply).name,
            show_details=show_details,
            failing=lambda version, error: self.observed.failed(version, "opening", error),
            not_carried=self.observed.not_carried,
        )
        self.resumer = Resumer(self._catalog, self.outbox)
        presenter = Presenter(self.outbox, scopes.running, self._note_lacking)
        self.swapper = Swapper(
            self.sessions,
            self._catalog,
            lambda app_id: self.releases.versions_of(app_id),
            self.outbox,
            self.opener,
            presenter,
            self.resumer,
            self.observed,
            self.logs,
            refresh,
            failing=lambda app_id, problems: self.releases.note_failure(app_id, problems),
        )
        self.renewer = Renewer(
            self.sessions,
            self.outbox,
            self.opener,
            self.observed,
            scopes,
            self.swapper,
            renew,
            show_details=show_details,
        )
        self.releases = Releases(provider, context, self.modules, self.swapper, self.caution)
        addresses = Addresses(self._catalog)
        self.admission = Admission(
            self._is_core_event,
            self._catalog,
            count=self.observed.refused,
            note=note_refusal or _note_nothing,
        )
        self.pages = HostedPages(
            self.sessions,
            self._catalog,
            addresses,
            self.opener,
            self.swapper,
            self.renewer,
            self.admission,
            self.observed,
            presenter,
            self.resumer,
            load,
            unlock,
            self.place,
        )
        sockets = Sockets(
            self.sessions,
            addresses,
            identify,
            self.core,
            self.admission,
            self.swapper.unwatch,
            self.keeper.give_back,
        )
        dispatcher = Dispatcher(
            self.sessions,
            self._catalog,
            self._version_for,
            scopes,
            self.observed,
            self.admission,
            self.core,
            self.resumer,
            self._show_error,
            blames_authors=show_details,
        )
        registration.answer_unknown_events(self.core, dispatcher.find_handler)
        self.logins = Logins(self.sessions, self.outbox, sockets.arriving)
        app.use_host(self, sockets, dispatcher)

    # What the core's pages use

    @property
    def catalog(self) -> Catalog:
        """The apps of the moment."""
        return self.releases.catalog

    def _catalog(self) -> Catalog:
        return self.releases.catalog

    async def version_of(self, app_id: str, number: int | None = None) -> Version:
        """Return the version that is served or the one with a number, loading it at the first
        opening.
        """
        await self._settings.prepare(app_id)
        return await self.releases.version_of(app_id, number)

    async def preview_opened(self, app_id: str, secret: str) -> str | None:
        """Return the id of the preview of an app whose link has this secret, if there is one."""
        found = await self._unlock(secret) if secret else None
        return found[1] if found is not None and found[0] == app_id else None

    async def _version_for(self, session: Session, record: AppRecord) -> Version:
        """Return the version of an app that a session gets: the current one or one that it
        previews. A preview that does not load takes nothing from whoever has it.
        """
        number = record.access.preview_for(session.actor, session.previews.get(record.id))
        try:
            return await self.version_of(record.id, number)
        except AppError:
            if number is None or not record.released:
                raise
        return await self.version_of(record.id)

    async def takes_upload(self, session: Session, name: str) -> bool:
        """Tell whether a session may send files to an event; notes it if not."""
        app_id = app_of(name) if self.admission.allows_upload(session, name) else None
        if app_id is None and not self._is_core_event(name):
            why = "upload refused"
            await self.admission.refuse(session, name, why, action="app.upload")
            return False
        record = self.catalog.get(app_id or "")
        if record is not None:
            # After a restart a page may send files before anybody has opened the app again.
            with suppress(AppError):
                await self._version_for(session, record)
        return takes_files(session.registration, name)

    def registration_of(self, session: Session) -> registration.active:
        """Let Reflex find events in the version that a session has, in the `with` statement."""
        return registration.active(session.registration)

    def _is_core_event(self, name: str) -> bool:
        # Not by asking for its handler: the table answers for events of apps, too.
        return name in self.core.event_handlers and name not in self._queued_by_the_server

    def actor_of(self, token: str) -> Actor | None:
        """Return who a browser tab belongs to."""
        session = self.sessions.get(token)
        return session.actor if session else None

    def watch_catalog(self, token: str, event: EventCall) -> None:
        """Run an event of the core in a session whenever an app changes, until it opens an app
        page.
        """
        self.swapper.watch(token, event)

    # Helpers

    async def _show_error(self, session: Session, entry: AppErrorEntry) -> None:
        """Show an error of an app's event to a developer who sees the page."""
        app_id = entry.problem.app
        if self.is_development and session.view is not None and session.view.app_id == app_id:
            message = self.opener.problems(app_id, (entry.problem,), "event")
            await self.outbox.send(session.token, as_delta(message))

    async def _note_lacking(
        self, session: Session, version: LoadedVersion, error: Exception
    ) -> None:
        """Note an error that keeps a part of an app's page from being shown."""
        await self._show_error(session, self.observed.failed(version, "opening", error))

    def _access(self, app_id: str) -> Access | None:
        record = self.catalog.get(app_id)
        return record.access if record is not None else None


async def _note_nothing(action: str, target: str) -> bool:
    return True
