"""The engine: one running Graft node, put together from its parts.

They are made in the order in which a page comes about, each from those before it:

    what there is → what becomes known of it → what code of apps may → versions, loaded and served
    → who is let in → pages, opened and moved → sockets and their events

What is loaded later changes pages that are open: releases tell whoever follows them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from app.bridge.sockets.core_events import SentByPages
from app.bridge.sockets.events import EventCall, GraftApp, running_app
from app.bridge.sockets.outbox import Outbox
from app.bridge.states import core_states, registration
from app.bridge.types import RegistrationContext
from app.cell.compiling import parts
from app.cell.compiling.front_end import FrontEnd
from app.cell.loading.loader import LoadContext
from app.cell.loading.version import Version
from app.core.app_folders import AppFolders
from app.core.bus import Bus
from app.kernel.actor import Actor
from app.node.app_files import AppFiles
from app.node.app_settings import SettingsSource
from app.node.cells.hosting import Cells
from app.node.cells.placing import CellPlacing, Placing
from app.node.cells.starting import Starter
from app.node.events.admission import Admission
from app.node.events.answering import Answering
from app.node.events.dispatch import Dispatcher
from app.node.events.resuming import Resumer
from app.node.events.scopes import Scopes
from app.node.events.sharing import Sharing
from app.node.events.uploads import Uploads
from app.node.front_door import FrontDoor
from app.node.observe.applog import AppLog
from app.node.observe.observed import Observed
from app.node.pages.addresses import Addresses
from app.node.pages.here_placing import HerePlacing
from app.node.pages.hosted_pages import HostedPages
from app.node.pages.opening import Opener
from app.node.pages.page_events import PageEvents
from app.node.pages.presenting import Presenter
from app.node.pages.previews import Previews
from app.node.pages.problem_view import ProblemView
from app.node.pages.remarks import Remarks
from app.node.pages.renew import Renewer
from app.node.pages.swap import Swapper
from app.node.pages.watching import Watching
from app.node.redact import Redactor
from app.node.releases.catalog import Catalog
from app.node.releases.caution import Caution
from app.node.releases.expected import ExpectedVersions
from app.node.releases.followers import Followers
from app.node.releases.granting import Granting
from app.node.releases.in_memory import VersionsInMemory
from app.node.releases.loads import Loads
from app.node.releases.module_store import MemoryModules
from app.node.releases.provider import Provider
from app.node.releases.releases import Releases
from app.node.releases.served import Served
from app.node.sdk_host import SdkHost
from app.node.sessions.chooser import Chooser
from app.node.sessions.keeping import Keeper, NoShelf, Shelf
from app.node.sessions.live import Live
from app.node.sessions.logins import Logins
from app.node.sessions.sessions import Sessions
from app.node.sockets import Sockets

StarterOf = Callable[[RegistrationContext, FrontEnd], Starter]


@dataclass(frozen=True)
class NextStart:
    """What a node leaves behind for its next start.

    Attributes:
        shelf: where the values of open pages wait while no server runs.
        caution: knows what was loaded when the server ended.
    """

    shelf: Shelf = field(default_factory=NoShelf)
    caution: Caution = field(default_factory=Caution)


class Engine:
    """One node.

    Args:
        app: the Reflex app that serves.
        provider: where the apps come from that are served.
        bus: carries what is published to topics.
        settings: has what administrators set for apps.
        folders: where apps keep files.
        events: the core's events by which pages come back.
        front_end: what apps are compiled against.
        door: how people come in.
        development: whether whoever comes is a developer, who sees what is wrong and works on
            apps that nobody restricted.
        next_start: what is kept for the next start.
        logs: has the newest log lines of each app.
        redactor: learns secrets among settings.
        starter: starts cells, given the core's registry and what apps are compiled against; None:
            code of apps runs in this process.
    """

    def __init__(
        self,
        app: GraftApp,
        provider: Provider,
        *,
        bus: Bus,
        settings: SettingsSource,
        folders: AppFolders,
        events: PageEvents,
        front_end: FrontEnd,
        door: FrontDoor,
        development: bool,
        next_start: NextStart | None = None,
        logs: AppLog | None = None,
        redactor: Redactor | None = None,
        starter: StarterOf | None = None,
    ) -> None:
        self.is_development = development
        self.place = door.place
        self._core = registration.core_registration()
        core_states.seal(self._core)
        left = next_start or NextStart()
        self.caution = left.caution

        # What there is at each moment. Others read it, and make no copies.
        self.sessions = Sessions()
        self.served = Served()
        self.versions = VersionsInMemory()
        self.modules = MemoryModules()
        self.outbox = Outbox(app)
        self.keeper = Keeper(self.sessions, self.outbox, left.shelf)

        self.files = AppFiles(folders, self.served, is_development=development)

        self._observe(settings, logs or AppLog(), redactor or Redactor(), front_end.build)
        self._let_code_act(settings, bus)
        self.cells: Cells | None = None
        if starter is not None:
            started = starter(self._core, front_end)
            self.cells = Cells(
                started,
                self._core,
                settings,
                self.sessions,
                self.outbox,
                self.observed,
                self.live,
                folders,
            )
            self.cells.told.answer = Answering(self._scopes, self.live).answer
        self._serve(provider, settings, front_end)
        self._let_in(door)
        self._show(events)
        self._answer(app, door)

    def _observe(
        self, settings: SettingsSource, logs: AppLog, redactor: Redactor, build: str
    ) -> None:
        self.observed = Observed(
            self.served, self.versions, self.sessions, settings, redactor, logs, build
        )
        self.errors, self.logs = self.observed.errors, logs

    def _let_code_act(self, settings: SettingsSource, bus: Bus) -> None:
        """Say in whose name and with which rights code of apps runs, and answer what it asks."""
        self.live = Live(self.sessions, self.outbox, bus)
        self._sdk_host = SdkHost(self.served, self.versions, settings, self.files, self.live)
        self.granting = Granting(self.served, unknown_is_free=self.is_development)
        self._scopes = Scopes(self._sdk_host, self.granting)

    def _serve(self, provider: Provider, settings: SettingsSource, front_end: FrontEnd) -> None:
        """Load versions, serve them, and choose among them."""
        parts.install(front_end.has_library)
        context = LoadContext(
            self._core,
            self._sdk_host,
            front_end,
            grants=self.granting.of,
            ended=self.observed.loaded,
            failed=self.observed.not_loaded,
            noted=self.caution.noted,
        )
        self._followers = Followers()
        expected = ExpectedVersions(provider, self.modules, self._followers)
        loads = Loads(
            provider, context, self.versions, self.modules, expected, self.caution, self.cells
        )
        self.releases = Releases(
            provider, settings, self.served, self.versions, loads, expected, self._followers
        )
        self._chooser = Chooser(self.releases)

    def _let_in(self, door: FrontDoor) -> None:
        """Judge what browsers send."""
        pages_send = SentByPages(self._core)
        self.admission = Admission(pages_send, self.served, self.observed, door.note_refusal)
        self.uploads = Uploads(pages_send, self.served, self.admission, self._chooser)
        self.previews = Previews(self.served, self.admission, door.unlock)

    def _show(self, events: PageEvents) -> None:
        """Open pages, and move those that are open."""
        self.resumer = Resumer(self.served, self.outbox)
        self.watching = Watching(self.outbox)
        self._addresses = Addresses(self.served)
        self._view = ProblemView(self.outbox, for_developers=self.is_development)
        self._placing: Placing = HerePlacing(self._scopes, self.observed)
        if self.cells is not None:
            placing = CellPlacing(self.observed, self.cells.introduce, self.cells.revive)
            self._placing = placing
            self.cells.told.tell_error = self._view.tell_error
            self.cells.told.cut = self.resumer.cut
            self._followers.add(self.cells)
            self.keeper.values_of = placing.values_of
        presenter = Presenter(self.outbox, self._scopes, self.observed, self._view)
        opener = Opener(
            self.served,
            self._chooser,
            self._placing,
            self.observed,
            self._view,
            Remarks(self.served, self.observed, self._view, events.leave_preview.name),
            events.resume.name,
        )
        self.swapper = Swapper(
            self.sessions,
            self.served,
            self.versions,
            self.outbox,
            opener,
            self._placing,
            presenter,
            self._view,
            self.resumer,
            self.watching,
            self.observed,
            events.refresh,
        )
        self._followers.add(self.swapper)
        self.renewer = Renewer(
            self.sessions,
            self.outbox,
            self._view,
            self.observed,
            self._placing,
            self.watching,
            events.renew,
        )
        if self.cells is not None:
            self.renewer.before = self.cells.settings_changed
        self.pages = HostedPages(
            self.sessions,
            self._addresses,
            self.previews,
            opener,
            presenter,
            self.swapper,
            self.renewer,
            self.resumer,
            self.watching,
            self.admission,
            self.observed,
            events.load,
            self.place,
        )

    def _answer(self, app: GraftApp, door: FrontDoor) -> None:
        """Answer the app's sockets, and run the events that come over them."""
        sockets = Sockets(
            self.sessions,
            self._addresses,
            door.identify,
            self._core,
            self.admission,
            self.watching.unwatch,
            self.keeper.give_back,
        )
        dispatcher = Dispatcher(
            self.sessions,
            self.served,
            self._chooser,
            self._scopes,
            self.observed,
            self.admission,
            self._core,
            self.resumer,
            self.outbox,
            self._placing,
            self.cells.revive if self.cells is not None else None,
            self._view.tell_error,
            blames_authors=self.is_development,
        )
        self.logins = Logins(self.sessions, self.outbox, sockets.arriving)
        registration.answer_unknown_events(self._core, dispatcher.find_handler)
        sharing = Sharing(self.sessions, self.served, self.observed, self._scopes, self._core)
        app.use_host(self, sockets, dispatcher, sharing)

    # What the core's pages and routes ask

    @property
    def catalog(self) -> Catalog:
        """The apps of the moment."""
        return self.served.catalog

    async def version_of(self, app_id: str, number: int | None = None) -> Version:
        """See `Releases.version_of`."""
        return await self.releases.version_of(app_id, number)

    def actor_of(self, token: str) -> Actor | None:
        """Return who a browser tab belongs to."""
        session = self.sessions.get(token)
        return session.actor if session else None

    def watch_catalog(self, token: str, event: EventCall) -> None:
        """See `Watching.watch`."""
        self.watching.watch(token, event)


def running_host() -> Engine:
    """Return the engine of the node whose event runs (for states of the core).

    Raises:
        TypeError: the app that runs is served by something else.
    """
    host = running_app().host
    if not isinstance(host, Engine):
        raise TypeError(f"the app is served by {type(host).__name__}, and not by an engine")
    return host
