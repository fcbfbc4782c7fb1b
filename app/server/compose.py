"""The composition root: makes all parts of a node and connects them; it does nothing else."""

from __future__ import annotations

import contextlib
import gc
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.routing import BaseRoute, Mount
from starlette.types import ASGIApp

from app.cell.process.protocol import Start
from app.core import apps, audit
from app.core.accounts import Confirmations, Passwords, new_set_up_link
from app.core.beside import hearing
from app.core.context import Core, install
from app.core.limits import Retention, whole_number
from app.core.opening import open_core
from app.kernel.actor import acting
from app.kernel.errors import CoreError
from app.kernel.tasks import repeatedly
from app.node.cells.processes import ENTRY, InProcesses
from app.node.cells.remote import BUDGET_SECONDS
from app.node.cells.starting import MOST
from app.node.cells.supervisor import Supervisor
from app.node.front_door import FrontDoor, Place
from app.node.releases.caution import Caution
from app.packages.trying.dry_run import CONTEXTS, WARDEN, DryRunner
from app.platform.permissions import Requester
from app.server.asgi import create_asgi, prepare_process
from app.server.following import ChangesOfApps
from app.server.identity.origins import Origins
from app.server.identity.own_hosts import OwnHosts, named_hosts
from app.server.identity.production import Identify, Identities
from app.server.identity.setup_link import remove_setup_link
from app.server.middleware.unidentified import SocketLimits, UnidentifiedSockets
from app.server.observing import Observing
from app.server.process import garbage
from app.server.process.warmup import warming_up
from app.server.routes.account import account_routes, development_routes
from app.server.routes.auth import auth_routes
from app.server.routes.files import file_routes
from app.server.routes.forms import Pages
from app.server.routes.login_handover import LoginHandover
from app.server.settings import ServerSettings
from app.server.trying import try_out
from app.server.upkeep.housekeeping import housekeeping, jobs
from app.server.upkeep.shelf import FolderShelf
from app.source.watching.following import following

if TYPE_CHECKING:
    from app.bridge.sockets.events import GraftApp
    from app.node.engine import Engine
    from app.server.providers import RunningPlatform


def create_server(settings: ServerSettings) -> ASGIApp:
    """Make the ASGI application of one node; once per process."""
    prepare_process(settings.static, settings.data)
    # Imported now: these make the Reflex app, which reads the environment set above.
    from app import web
    from app.bridge import patches
    from app.bridge.compiling.wraps import BUILT_IN_WRAPS
    from app.bridge.sockets import arguments
    from app.browser.component import EVENTS
    from app.cell import uploads
    from app.cell.compiling.front_end import FrontEnd
    from app.frontend.libraries import is_available
    from app.node.engine import Engine, NextStart
    from app.server.node import EngineNode
    from app.server.providers import open_platform, open_provider
    from app.server.routes.apps import graft_routes

    patches.install()
    uploads.install()
    if not settings.development:
        arguments.quieten()
    core = open_core(settings.data, os.environ)
    observing = Observing(core, settings.data, os.environ, development=settings.development)
    origins = Origins() if settings.development else Origins.from_environment(os.environ)
    if not settings.development:
        origins.advise()
    pages = Pages(origins.apps)
    identify = _identify(core, origins, settings)
    passwords = Passwords()
    confirmations = Confirmations(core, passwords)
    shelf = FolderShelf(settings.data.absolute() / "open-pages", core.secrets)
    shelf.sweep()
    in_cells = bool(os.environ.get("GRAFT_CELLS"))
    supervisor = _supervisor(in_cells=in_cells)
    runner = DryRunner(supervisor)
    caution = Caution(settings.data.absolute() / "loading", partial(try_out, runner))
    engine = Engine(
        web.app,
        open_provider(core, settings),
        bus=core.bus,
        settings=observing.settings,
        folders=core.folders,
        events=EVENTS,
        front_end=FrontEnd(is_available, BUILT_IN_WRAPS, settings.static.parent.name),
        door=FrontDoor(
            identify.of_socket,
            _unlock_preview(core),
            _note_refusal(core),
            Place(origins.main, origins.apps),
        ),
        development=settings.development,
        next_start=NextStart(shelf, caution),
        logs=observing.logs,
        redactor=observing.redactor,
        starter=(lambda core, front_end: _cells(supervisor)) if in_cells else None,
    )
    node = EngineNode(engine, core.node, datetime.now(UTC))
    platform = open_platform(core, settings, is_available, node, runner)
    web.app.register_lifespan_task(
        _running(core, engine, platform, identify, observing, settings, supervisor)
    )
    routes = [
        *observing.routes(engine, identify.of_request),
        *_platform_routes(web.app, core, platform, identify, confirmations, settings),
        *_account_routes(core, identify, passwords, confirmations, pages, settings),
        *_handing_over(core, identify, origins, pages),
        *file_routes(core, identify.of_page),
        *graft_routes(web.app, engine, identify.of_page, identify.of_open_page),
    ]
    patience = SocketLimits.from_environment(os.environ)
    return create_asgi(
        web.app,
        settings.static,
        routes,
        lambda inner: _own_hosts(
            UnidentifiedSockets(identify.middleware(inner), patience), settings
        ),
    )


def _supervisor(*, in_cells: bool) -> Supervisor:
    """Return what makes processes: dry runs and cells come of one that has everything imported."""
    if not in_cells:
        return Supervisor(Start(WARDEN, packages=CONTEXTS), spares=0)
    return Supervisor(Start(ENTRY, packages=(WARDEN, *CONTEXTS)), spares=1)


def _cells(supervisor: Supervisor) -> InProcesses:
    return InProcesses(
        supervisor,
        event_seconds=whole_number(os.environ, "GRAFT_EVENT_SECONDS", int(BUDGET_SECONDS)),
        most=whole_number(os.environ, "GRAFT_MOST_CELLS", MOST),
    )


def _own_hosts(inner: ASGIApp, settings: ServerSettings) -> ASGIApp:
    """In development mode, where every visitor is a developer, take requests to our names only."""
    if not settings.development:
        return inner
    return OwnHosts(inner, named_hosts(settings.host, os.environ))


def _handing_over(
    core: Core, identify: Identify, origins: Origins, pages: Pages
) -> list[BaseRoute]:
    """Open the way to the origin of apps, if they have one of their own."""
    if not origins.apps or not isinstance(identify, Identities):
        return []
    return LoginHandover(core, identify, origins, pages).routes()


def _identify(core: Core, origins: Origins, settings: ServerSettings) -> Identify:
    """Choose how people are known. A production server does not even have the code of the other
    way, so nothing can lead there.
    """
    if not settings.development:
        return Identities(core, origins)
    from app.server.identity.development import Visitors

    return Visitors(core)


def _platform_routes(
    app: GraftApp,
    core: Core,
    platform: RunningPlatform | None,
    identify: Identify,
    confirmations: Confirmations,
    settings: ServerSettings,
) -> list[BaseRoute]:
    """Open two of the platform's doors: the API and the admin pages."""
    if platform is None:
        return []
    from app.api.application import CONFIRMATION, PREFIX, create_api
    from app.web.admin.routes import admin_routes
    from app.web.administration import Administration

    app.administration = Administration(
        core, platform.platform, confirmations, safe_mode=settings.safe_mode
    )

    async def requester(request: Request) -> Requester | None:
        found = await identify.of_request(request)
        if found is None:
            return None
        if found.token:
            return Requester(found.actor, found.scopes)
        shown = request.headers.get(CONFIRMATION, "")
        return Requester(found.actor, confirmed=confirmations.holds(found.actor, shown))

    api = create_api(platform.platform, requester, settings.stopping.wait, confirmations)
    return [
        Mount(PREFIX, api),
        *admin_routes(platform.platform, requester),
    ]


def _account_routes(
    core: Core,
    identify: Identify,
    passwords: Passwords,
    confirmations: Confirmations,
    pages: Pages,
    settings: ServerSettings,
) -> list[BaseRoute]:
    if settings.development:
        return development_routes(identify, pages)
    return [
        *auth_routes(core, passwords, identify, pages, settings.data),
        *account_routes(core, passwords, confirmations, identify, pages),
    ]


async def _offer_set_up(core: Core, settings: ServerSettings) -> None:
    link = None if settings.development else await new_set_up_link(core)
    if link is None:
        remove_setup_link(settings.data)
    else:
        settings.on_set_up(link.secret)


def _running(
    core: Core,
    engine: Engine,
    platform: RunningPlatform | None,
    identify: Identify,
    observing: Observing,
    settings: ServerSettings,
    supervisor: Supervisor,
) -> Callable[[], Any]:
    from app.frontend.libraries import is_available

    clearing = jobs(core, settings.data, Retention.from_environment(os.environ))

    @contextlib.asynccontextmanager
    async def run() -> AsyncIterator[None]:
        uninstall = install(core)
        changed = garbage.after(engine.releases.changed)
        # Following changes begins first, so that none falls between it and the first look.
        async with contextlib.AsyncExitStack() as stack:
            stack.callback(gc.enable)  # a pause may go on
            stack.callback(engine.caution.stopping)
            stack.push_async_callback(supervisor.close)
            await stack.enter_async_context(hearing(settings.data, core.bus))
            await stack.enter_async_context(observing.running(engine))
            if platform is not None:
                await stack.enter_async_context(platform.running())
                changes = ChangesOfApps(core, changed, engine.served)
                await stack.enter_async_context(changes.following(core.bus))
            elif settings.watch:
                settings.apps.mkdir(parents=True, exist_ok=True)
                # Imported here: a server that follows no saves needs no watcher.
                from app.server.installing import trying_again
                from app.source.watching.watch import Watcher

                saves = following(partial(Watcher, settings.apps), changed, "following saves")
                await stack.enter_async_context(saves)
                await stack.enter_async_context(trying_again(engine, changed))
            await stack.enter_async_context(identify.running(engine.logins))
            await _offer_set_up(core, settings)
            await engine.releases.start()
            observing.readiness.started()
            await stack.enter_async_context(housekeeping(clearing))
            checking = _prechecking(engine) if settings.development else None
            await stack.enter_async_context(
                warming_up(is_available, checking, object_store=core.code.is_remote)
            )
            if engine.cells is not None:
                await stack.enter_async_context(
                    repeatedly(engine.cells.look_for_idle, "looking for idle cells")
                )
            # The last to begin is the first to end: everything else still works then.
            stack.push_async_callback(engine.keeper.put_aside)
            yield
        uninstall()
        await core.close()

    return run


def _prechecking(engine: Engine) -> Callable[[], Awaitable[None]]:
    """Return what looks at apps on disk before they are opened."""
    from app.node.releases.precheck import precheck

    return partial(precheck, engine.releases, engine.version_of)


def _note_refusal(core: Core) -> Callable[[str, str], Awaitable[bool]]:
    async def note(action: str, target: str) -> bool:
        who = acting()
        # By user and not by address: a whole office may have one.
        return await audit.refused(core, action, target, source=who.user.id if who else "")

    return note


def _unlock_preview(core: Core) -> Callable[[str], Awaitable[tuple[str, str] | None]]:
    async def unlock(secret: str) -> tuple[str, str] | None:
        try:
            preview = await apps.preview_by_token(core, secret)
        except CoreError:
            return None
        return preview.app_id, preview.id

    return unlock
