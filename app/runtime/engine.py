"""The engine: one running Graft node, put together from its parts.

It answers three callers: Reflex's event loop (`app.bridge.events.EventHost`), client apps through
the sdk (`app.sdk.scope.Host`), and the core's pages and routes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from time import perf_counter
from typing import Any

import structlog

from app.bridge import core_states, on_demand, registration
from app.bridge.events import EventCall, Execute, GraftApp, Outbox, current_token
from app.bridge.release import release
from app.bridge.route_params import set_parameters, with_parameters
from app.bridge.types import BaseState, Event, RegisteredEventHandler, RegistrationContext
from app.core.actor import Actor, Forbidden, acting_as
from app.core.bus import Bus
from app.runtime.access import Access
from app.runtime.applog import AppLog
from app.runtime.attach import attach, take_out
from app.runtime.capabilities import Granting, friendly, refusal_in
from app.runtime.catalog import AppRecord, Catalog
from app.runtime.deploy import Changed
from app.runtime.live import Live
from app.runtime.loader import LoadContext
from app.runtime.logins import Logins, own_token
from app.runtime.messages import Message, as_delta
from app.runtime.modules import MemoryModules, ModuleStore
from app.runtime.names import app_of, is_core
from app.runtime.observed import Observed
from app.runtime.opening import Opener, split_path
from app.runtime.redact import Redactor
from app.runtime.releases import Releases
from app.runtime.sessions import Session, Sessions
from app.runtime.settings import SettingsSource
from app.runtime.version import LoadedVersion, Version
from app.sdk.scope import AppInfo, Member, Scope, enter

log = structlog.get_logger("graft")

Identify = Callable[[Mapping[str, Any], str], Awaitable[Actor]]
MakeReleases = Callable[[LoadContext, ModuleStore, Changed], Releases]
Unlock = Callable[[str], Awaitable[tuple[str, str] | None]]

_running: ContextVar[LoadedVersion | None] = ContextVar("graft_running", default=None)


class Engine:
    """One node.

    Args:
        app: the Reflex app that serves.
        make_releases: makes the catalog of the apps that are served, e.g. `from_folder(…)`.
        bus: carries what is published to topics.
        identify: says who opens a socket, from its ASGI environ and client token.
        has_library: whether the front end's build has a JavaScript library.
        built_in_wraps: providers at the root of the built front end.
        refresh: the core's event that brings a page to the version of the moment.
        storage_reply: the core's event with which the browser sends the values of its storage.
        settings: has what administrators set for apps.
        unlock: returns app id and preview id of a preview link's secret, or None.
        show_details: whether people may see tracebacks (development mode).
        logs: has the newest log lines of each app.
        redactor: learns secrets among settings.
        build: identifies the built front end.
    """

    def __init__(
        self,
        app: GraftApp,
        make_releases: MakeReleases,
        *,
        bus: Bus,
        identify: Identify,
        has_library: Callable[[str], bool],
        built_in_wraps: frozenset[tuple[int, str]],
        refresh: Any,
        storage_reply: Any,
        settings: SettingsSource,
        unlock: Unlock,
        show_details: bool,
        logs: AppLog | None = None,
        redactor: Redactor | None = None,
        build: str = "",
    ) -> None:
        self.core = registration.core_registration()
        core_states.seal(self.core)
        registration.answer_unknown_events(self.core, self.find_handler)
        self.sessions = Sessions()
        self.modules = MemoryModules()
        self.logs = logs or AppLog()
        self.observed = Observed(
            self._catalog, self.sessions, settings, redactor or Redactor(), build
        )
        self.errors = self.observed.errors
        self.outbox = Outbox(app)
        self.live = Live(self.sessions, self.outbox, bus)
        self._granting = Granting(self._access, unknown_is_free=show_details)
        context = LoadContext(
            self.core,
            self,
            has_library,
            built_in_wraps,
            grants=self._granting.of,
            ended=self.observed.loaded,
        )
        self.deployer = make_releases(context, self.modules, self._switched)
        self.opener = Opener(
            self._catalog,
            self._version_for,
            self.running,
            storage_reply=EventCall.of(storage_reply).name,
            show_details=show_details,
            failing=lambda version, error: self.observed.failed(version, "opening", error),
        )
        self._identify = identify
        self._refresh = refresh
        self._settings = settings
        self._unlock = unlock
        self._arriving: dict[str, tuple[Actor, dict[str, dict[str, Any]]]] = {}
        self._watching: dict[str, EventCall] = {}
        self._retired: dict[str, list[LoadedVersion]] = {}
        self._settling: set[asyncio.Task[None]] = set()
        self.logins = Logins(self.sessions, self.outbox, self._arriving)
        self.is_development = show_details
        app.use_host(self)

    # What the core's pages use

    @property
    def catalog(self) -> Catalog:
        """The apps of the moment."""
        return self.deployer.catalog

    def _catalog(self) -> Catalog:
        return self.deployer.catalog

    async def version_of(self, app_id: str) -> Version:
        """Return the version that is served, loading it at the first opening."""
        await self._settings.prepare(app_id)
        return await self.deployer.version_of(app_id)

    async def _version_for(self, session: Session, record: AppRecord) -> Version:
        """Return the version of an app that a session gets: the current one or one that it
        previews.
        """
        await self._settings.prepare(record.id)
        number = record.access.preview_for(session.actor, session.previews.get(record.id))
        return await self.deployer.version_of(record.id, number)

    def actor_of(self, token: str) -> Actor | None:
        """Return who a browser tab belongs to."""
        session = self.sessions.get(token)
        return session.actor if session else None

    def watch_catalog(self, token: str, event: EventCall) -> None:
        """Run an event of the core in a session whenever an app changes, until it opens an app
        page.
        """
        self._watching[token] = event

    async def open_page(self, root: BaseState) -> Sequence[Any]:
        """Open the address that the session is on; returns the events to run then."""
        session = self._session(root)
        self._watching.pop(session.token, None)
        url = root.rx_router_url
        await self._unlock_preview(session, url.query_parameters.get("preview"))
        opened = await self.opener.open(session, root, url.path)
        params = self._parameters(session, url.path)
        if params:
            set_parameters(root, params)
        await self._send(session, opened.message)
        if opened.message["type"] == "show":
            self.observed.opened(opened.message["app"])
        return opened.on_load

    async def resume_page(
        self, root: BaseState, app_id: str, values: Mapping[str, Any]
    ) -> Sequence[Any]:
        """Go on with opening a page, with the values from the browser's storage."""
        self._session(root).stored[app_id] = dict(values)
        return await self.open_page(root)

    async def refresh_page(self, root: BaseState) -> None:
        """Bring the page that the session shows to the version of the moment."""
        session = self._session(root)
        message: Message | None
        try:
            message = await self.opener.refresh(session, root)
        except Exception as error:
            problems = self.opener.refused(session, error)
            message = None
            if problems:
                log.warning("session not moved", app=problems[0].app, why=problems[0].message)
                message = self.opener.problems(problems[0].app, problems)
                self.deployer.note_failure(problems[0].app, problems)
                await self._tell_watching(problems[0].app)
        if message is not None:
            await self._send(session, message)

    # EventHost

    async def connecting(self, sid: str, token: str, environ: dict[str, Any], auth: Any) -> None:
        """See `EventHost`."""
        stored = _take_vars(auth.get("event")) if isinstance(auth, dict) else {}
        self._arriving[sid] = (await self._identify(environ, token), stored)

    def session_token(self, sid: str, token: str) -> str:
        """See `EventHost`."""
        arriving = self._arriving.get(sid)
        if arriving is None:
            raise Forbidden("sign in again")
        return own_token(token, arriving[0])

    def connected(self, sid: str, token: str) -> None:
        """See `EventHost`."""
        if sid not in self._arriving:
            raise Forbidden("sign in again")
        actor, stored = self._arriving.pop(sid)
        session = self.sessions.get(token)
        if session is None:
            session = Session(token=token, actor=actor, core=self.core)
            self.sessions.add(session)
        session.actor = actor
        session.sid = sid
        session.ended = False
        session.view = None
        session.merged.clear()
        session.stored.update(stored)

    def refused(self, sid: str) -> None:
        """See `EventHost`."""
        self._arriving.pop(sid, None)

    def disconnected(self, sid: str, token: str) -> None:
        """See `EventHost`."""
        session = self.sessions.get(token)
        if session is None or session.sid != sid:
            return
        session.sid = None
        session.view = None
        session.end_subscriptions()
        self._watching.pop(token, None)
        if not session.attached and not session.parked:
            self.sessions.remove(token)

    def received(self, token: str, data: dict[str, Any]) -> None:
        """See `EventHost`."""
        session = self.sessions.get(token)
        if session is not None and str(data.get("name")).endswith(".update_vars_internal"):
            for app_id, values in _take_vars(data, without=session.attached).items():
                session.stored.setdefault(app_id, {}).update(values)
        router_data = data.get("router_data")
        if isinstance(router_data, dict):
            params = self._parameters(session, str(router_data.get("pathname", "")))
            if params is not None:
                data["router_data"] = with_parameters(router_data, params)
            else:
                self._left_apps(token)

    def visible(self, token: str, delta: Mapping[str, Any]) -> Mapping[str, Any]:
        """See `EventHost`; a browser complains of states that it has not merged yet."""
        session = self.sessions.get(token)
        merged = session.merged if session else ()
        unknown = [name for name in delta if not is_core(name) and app_of(name) not in merged]
        if not unknown:
            return delta
        return {name: vars_ for name, vars_ in delta.items() if name not in unknown}

    def find_handler(self, name: str) -> RegisteredEventHandler | None:
        """See `EventHost`."""
        app_id = app_of(name)
        if app_id is None:
            return None
        version = self.catalog.loaded(app_id)
        known = version.handlers.get(name) if version else None
        return known or self._placeholder()

    async def run_event(
        self, token: str, event: Event, handler: RegisteredEventHandler, execute: Execute
    ) -> None:
        """See `EventHost`."""
        session = self.sessions.get(token)
        if session is None or session.ended:
            self._refuse("event of an unknown session refused", None, event)
            return
        app_id = app_of(event.name)
        if app_id is None:
            with registration.active(session.registration), acting_as(session.actor):
                await execute(handler)
            return
        record = self.catalog.usable(app_id, session.actor)
        if record is None:
            self._refuse("event refused", app_id, event)
            return
        version = session.attached.get(app_id) or await self._version_for(session, record)
        if not isinstance(version, LoadedVersion) or event.name not in version.handlers:
            self._refuse("unknown event refused", app_id, event)
            return
        await self._run_app_event(session, version, version.handlers[event.name], execute)

    def explain(self, error: Exception) -> str | None:
        """See `EventHost`."""
        refused = refusal_in(error)
        if refused is None:
            return None
        record = self.catalog.get(refused.app_id)
        name = record.name if record is not None else refused.app_id
        return f"{name} may not {friendly(refused.capability)}. An administrator can allow it."

    def _refuse(self, why: str, app_id: str | None, event: Event) -> None:
        """Count and log an event that is not run. A browser can name whatever it likes as an app,
        so only one that exists is an app here.
        """
        known = app_id if app_id is not None and self.catalog.get(app_id) is not None else None
        self.observed.refused(known)
        log.warning(why, event_name=event.name[:200], **({"app": known} if known else {}))

    async def before_handler(self, token: str, root: BaseState, event: Event) -> None:
        """See `EventHost`."""
        session = self.sessions.get(token)
        if session is None:
            return
        session.use_root(root)
        await on_demand.before_hydrate(root, event, self.core)
        version = _running.get()
        if version is not None and version.info.id not in session.attached:
            attach(session, root, version)

    async def _run_app_event(
        self,
        session: Session,
        version: LoadedVersion,
        handler: RegisteredEventHandler,
        execute: Execute,
    ) -> None:
        app_id = version.info.id
        background = handler.handler.is_background
        task = asyncio.current_task()
        if task is not None:
            version.tasks.add(task)
            session.tasks.add(task)
        session.background[app_id] = session.background.get(app_id, 0) + background
        marker = _running.set(version)
        try:
            scope, actor = self._scope_of(session, version)
            with (
                registration.active(_registration_for(session, version)),
                enter(scope),
                acting_as(actor),
                self.observed.event(app_id, background=background),
            ):
                await execute(handler)
        except Exception as error:
            await self._failed(session, version, handler, error)
            raise
        finally:
            _running.reset(marker)
            session.background[app_id] -= background
            if task is not None:
                version.tasks.discard(task)
                session.tasks.discard(task)

    async def _failed(
        self,
        session: Session,
        version: LoadedVersion,
        handler: RegisteredEventHandler,
        error: Exception,
    ) -> None:
        """Note an error of an app's event, and show it to a developer who sees the page."""
        app_id = version.info.id
        entry = self.observed.failed(version, handler.handler.fn.__qualname__, error)
        if self.is_development and session.view is not None and session.view.app_id == app_id:
            shown = self.opener.problems(app_id, (entry.problem,), "event")
            await self._send(session, shown)

    # sdk.Host

    def asset_url(self, app: AppInfo, name: str) -> str:
        """See `app.sdk.scope.Host`."""
        return self.deployer.asset_url(app, name)

    def is_outdated(self, app: AppInfo) -> bool:
        """See `app.sdk.scope.Host`."""
        record = self.catalog.get(app.id)
        if record is None:
            return True
        return app.number not in {record.number, *(p.number for p in record.access.previews)}

    def settings_values(self, app: AppInfo) -> Mapping[str, Any]:
        """See `app.sdk.scope.Host`."""
        return self._settings.values(app.id)

    async def broadcast(self, scope: Scope, event: Any, *, to_self: bool) -> None:
        """See `app.sdk.scope.Host`."""
        await self.live.broadcast(scope, event, to_self=to_self)

    async def subscribe(self, scope: Scope, topic: str, handler: Any) -> None:
        """See `app.sdk.scope.Host`."""
        await self.live.subscribe(scope, topic, handler)

    async def presence_set(self, scope: Scope, topic: str, meta: Mapping[str, Any]) -> None:
        """See `app.sdk.scope.Host`."""
        await self.live.presence_set(scope, topic, meta)

    async def presence_leave(self, scope: Scope, topic: str) -> None:
        """See `app.sdk.scope.Host`."""
        await self.live.presence_leave(scope, topic)

    def presence_here(self, scope: Scope, topic: str) -> Sequence[Member]:
        """See `app.sdk.scope.Host`."""
        return self.live.presence_here(scope, topic)

    # Swap

    async def _switched(self, record: AppRecord, previous: Version | None) -> None:
        """Tell everybody concerned about a change of one app."""
        began = perf_counter()
        await self._tell_watching(record.id)
        if record.failure is not None or record.version is previous:
            problems = record.failure.problems if record.failure else ()
            for session in self.sessions.viewing(record.id):
                await self._send(session, self.opener.problems(record.id, problems))
        if record.failure is not None and record.version is previous and previous is not None:
            release()
            return
        refreshing: list[asyncio.Future[Any]] = []
        for session in self.sessions.viewing(record.id):
            refreshing += await self.outbox.enqueue(session.token, self._refresh)
        if not record.access.enabled and isinstance(record.version, LoadedVersion):
            _stop(record.version)
        if isinstance(previous, LoadedVersion) and previous is not record.version:
            self._retired.setdefault(record.id, []).append(previous)
        is_swap = None not in (previous, record.version) and previous is not record.version
        swapped = began if is_swap else None
        settling = asyncio.create_task(self._settle(record.id, refreshing, swapped))
        self._settling.add(settling)
        settling.add_done_callback(self._settling.discard)

    async def _tell_watching(self, app_id: str) -> None:
        for token, event in tuple(self._watching.items()):
            await self.outbox.enqueue(token, event.event(app_id))

    async def _settle(
        self, app_id: str, refreshing: Sequence[asyncio.Future[Any]], swapped: float | None
    ) -> None:
        """Free what the swap left behind: states in sessions that do not show the app, and old
        versions.
        """
        await asyncio.gather(*refreshing, return_exceptions=True)
        if swapped is not None:
            self.observed.swapped(app_id, perf_counter() - swapped)
        if self.catalog.get(app_id) is None:
            self.observed.forget(app_id)
            self.logs.forget(app_id)
        current = self.catalog.loaded(app_id)
        for session in self.sessions.attached_to(app_id):
            if session.attached.get(app_id) is not current and not session.background.get(app_id):
                await self._take_out(session, app_id)
        self._release(app_id)

    async def _take_out(self, session: Session, app_id: str) -> None:
        async with self.outbox.locked(session.token) as root:
            session.use_root(root)
            version = session.attached.get(app_id)
            if version is None or version is self.catalog.loaded(app_id):
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
        in_use = {id(s.attached[app_id]) for s in self.sessions.attached_to(app_id)}
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

    # Helpers

    @contextmanager
    def running(self, session: Session, version: LoadedVersion) -> Iterator[None]:
        """Enter the scope of a session's use of an app."""
        scope, actor = self._scope_of(session, version)
        with enter(scope), acting_as(actor):
            yield

    def _scope_of(self, session: Session, version: LoadedVersion) -> tuple[Scope, Actor]:
        """Return the scope of a session's use of an app, the same one for as long as it holds.

        Every event enters it, and making it takes longer than all else that the engine does then.
        """
        app_id = version.info.id
        grants = self._granting.of(app_id, version.entry.capabilities)
        made_of = (session.actor, version.info, grants)
        known = session.scopes.get(app_id)
        if known is None or known[0] != made_of:
            actor = Actor(
                user=session.actor.user,
                organisation=session.actor.organisation,
                roles=session.actor.roles,
                app_id=app_id,
                session=session.token,
                capabilities=grants,
            )
            scope = Scope(version.info, self, actor, session.token, grants)
            known = session.scopes[app_id] = (made_of, scope, actor)
        return known[1], known[2]

    def _session(self, root: BaseState) -> Session:
        session = self.sessions.get(current_token())
        if session is None:
            raise LookupError("the session is not connected")
        session.use_root(root)
        return session

    async def _send(self, session: Session, message: Message) -> None:
        await self.outbox.send(session.token, as_delta(message))

    def _parameters(self, session: Session | None, path: str) -> dict[str, Any] | None:
        """Return the parameters of an app page's address; None for an address of the core."""
        found = split_path(path)
        if found is None:
            return None
        record = self.catalog.at_url(found[0])
        if record is None:
            return {}
        version = session.attached.get(record.id) if session else None
        served = version or record.version
        match = served.routes.resolve(found[1]) if isinstance(served, LoadedVersion) else None
        return dict(match[1]) if match else {}

    async def _unlock_preview(self, session: Session, secret: str | None) -> None:
        """Note that the session came through a preview link."""
        found = await self._unlock(secret) if secret else None
        if found is not None:
            app_id, preview_id = found
            session.previews[app_id] = preview_id

    def _access(self, app_id: str) -> Access | None:
        record = self.catalog.get(app_id)
        return record.access if record is not None else None

    def _left_apps(self, token: str) -> None:
        """The session shows a page of the core now."""
        session = self.sessions.get(token)
        if session is not None and session.view is not None:
            session.view = None
            session.end_subscriptions()

    def _placeholder(self) -> RegisteredEventHandler:
        """Return a handler that only says: queue the event, and look again when it is its turn."""
        return next(iter(self.core.event_handlers.values()))


def _stop(version: LoadedVersion) -> None:
    """End what runs of a version."""
    for task in tuple(version.tasks):
        task.cancel()


def _registration_for(session: Session, version: LoadedVersion) -> RegistrationContext:
    attached = session.attached.get(version.info.id)
    return session.registration if attached is version else version.registration


def _take_vars(event: Any, without: Collection[str] = frozenset()) -> dict[str, dict[str, Any]]:
    """Take values of client apps out of the storage values that a browser sends with an event.

    States that the session does not have would fail. The values are handed to the app when it is
    opened.

    Args:
        event: as the browser sent it; values are removed from it.
        without: ids of apps whose values stay in it.
    """
    try:
        values = event["payload"]["vars"]
    except (KeyError, TypeError):
        return {}
    if not isinstance(values, dict):
        return {}
    taken: dict[str, dict[str, Any]] = {}
    for key in [k for k in values if not is_core(k) and app_of(k) not in without]:
        app_id = app_of(key)
        value = values.pop(key)
        if app_id is not None:
            taken.setdefault(app_id, {})[key] = value
    return taken
