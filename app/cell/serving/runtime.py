"""A cell's own end of the wire: loads its version, and does what its server asks, tab by tab."""

from __future__ import annotations

import asyncio
import contextvars
import traceback
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from time import perf_counter
from typing import Any

from app.bridge.compiling.parts import Part
from app.bridge.sockets import uploads_apart
from app.bridge.sockets.without_sockets import AppWithoutSockets, json_of, provide_turns
from app.bridge.states import instances, registration, undo
from app.bridge.types import RegistrationContext
from app.cell.attach import apply_storage, attach, current_values, parked_now, rehearse
from app.cell.compiling import parts
from app.cell.compiling.bundle import Bundle
from app.cell.compiling.front_end import FrontEnd
from app.cell.confinement.confinement import Confinement
from app.cell.loading.loader import LoadContext, bundle_of, load_version
from app.cell.loading.version import LoadedVersion
from app.cell.serving import messages as say
from app.cell.serving.asking import Asking, CellHost
from app.cell.serving.facts import described, facts_of
from app.cell.serving.frames import Frame, Kind
from app.cell.serving.running import Running
from app.cell.serving.seats import Seat, actor_of
from app.cell.serving.wire import End
from app.cell.values import written
from app.cell.values.carry import vars_now
from app.kernel.contexts.exposing import Exposed
from app.kernel.grants import Grants
from app.rules.blame import problem_from_exception
from app.sdk.config import problems_of
from app.sdk.schema import settings_schema
from app.sdk.scope import Scope
from app.source.app_source import read_source
from app.source.problems import AppError

Answered = tuple[say.Message | None, bytes]
_EVENTS = "events"


class Runtime:
    """Runs one version of an app.

    Args:
        app: the Reflex app, which serves nobody else.
        core: registry with the states that are there before the version's.
        front_end: what apps are compiled against.
        confine: gives up what the cell does not need, before anything of the app runs.
    """

    def __init__(
        self,
        app: AppWithoutSockets,
        core: RegistrationContext,
        front_end: FrontEnd,
        confine: Callable[[Confinement], None] = lambda allowed: None,
    ) -> None:
        self._app = app
        self._core = core
        self._front_end = front_end
        self._confine = confine
        self._wire: End | None = None
        self._asking = Asking(self._send)
        self._seats: dict[str, Seat] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._ending: list[asyncio.Task[None]] = []
        self._events: dict[int, asyncio.Future[Any]] = {}
        self._over = asyncio.Event()
        # Of tasks, once the version is loaded: its registry is the one that Reflex uses.
        self._context: contextvars.Context | None = None
        self._version: LoadedVersion | None = None
        self._host: CellHost | None = None
        self._running: Running | None = None
        self._granted: frozenset[str] = frozenset()
        self._grants: Grants | None = None

    def connect(self, wire: End) -> None:
        """Take the end of the wire that `took` is the other side of."""
        self._wire = wire

    async def close(self) -> None:
        """End everything that runs."""
        self._over.set()
        for task in tuple(self._tasks):
            if task.get_name() != _EVENTS:
                task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    @property
    def is_idle(self) -> bool:
        """Whether nothing is on its way but background events."""
        mine = [task for task in self._tasks if task.get_name() not in (_EVENTS, "event")]
        context = self._context
        return not mine and (context is None or bool(context.run(lambda: self._app.is_idle)))

    def lost(self, why: str) -> None:
        """The server is gone, or does without this cell."""
        task = asyncio.get_running_loop().create_task(self.close())
        self._ending.append(task)

    def took(self, frame: Frame) -> None:
        """Do what a frame asks for."""
        if frame.kind is Kind.RUN:
            # At once, so that events keep their order.
            self._later(self._run(frame), "event")
        elif frame.kind in (Kind.ANSWER, Kind.REFUSAL):
            self._asking.answered(frame)
        elif frame.kind is Kind.CANCEL:
            event = self._events.get(frame.number)
            if event is not None:
                event.cancel()
        elif frame.kind is Kind.PING:
            self._send(Frame(Kind.REPLY, frame.number))
        else:
            self._later(self._answer(frame), frame.kind.name)

    def _later(self, work: Any, name: str) -> None:
        loop, context = asyncio.get_running_loop(), self._context
        task = loop.create_task(work, name=name, context=context)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _send(self, *frames: Frame) -> None:
        if self._wire is not None:
            self._wire.send(*frames)

    async def _answer(self, frame: Frame) -> None:
        work = self._ANSWERS[frame.kind]
        try:
            message, blob = await work(self, frame)
        except AppError as error:
            problems = tuple(described(problem) for problem in error.problems)
            failed = say.Failed(problems=problems)
            self._send(Frame(Kind.FAILED, frame.number, failed.text()))
        except Exception as error:
            self._send(Frame(Kind.FAILED, frame.number, self._failed(error).text()))
        else:
            text = message.text() if message is not None else b""
            self._send(Frame(Kind.REPLY, frame.number, text, blob))

    def _failed(self, error: Exception) -> say.Failed:
        if self._version is None:
            return say.Failed(why="".join(traceback.format_exception(error)))
        source = self._version.source
        problem = problem_from_exception(source.id, "run", error, source.root)
        return say.Failed(problems=(described(problem),), why=str(error))

    # Loading

    async def _load(self, frame: Frame) -> Answered:
        order = say.Load.model_validate_json(frame.text)
        bundle = Bundle.model_validate_json(frame.blob) if frame.blob else None
        began = perf_counter()
        if order.confinement is not None:
            self._confine(Confinement.from_dict(order.confinement))
        source = read_source(Path(order.folder))
        read = perf_counter()
        host = self._host = CellHost(source, self._asking, order)
        context = LoadContext(self._core, host, self._front_end)
        # In the main thread: nobody else has to be served, and much code expects to be there.
        version = load_version(source, order.number, context, order.taken_urls, bundle)
        if not isinstance(version, LoadedVersion):
            raise TypeError("a static app needs no cell")
        version.package.make_newest()
        parts.install(self._front_end.has_library)
        self._version, self._granted = version, order.grants or frozenset()
        if order.grants is not None:
            declared = frozenset(version.entry.capabilities)
            self._grants = Grants(source.id, declared, lambda: self._granted)
        provide_turns(version.registration)
        running = self._running = Running(
            version, self._seats, self._began, self._ran, self._calling
        )
        registration.activate(version.registration)
        self._app.use_host(self, running, running, running)  # type: ignore[arg-type]
        self._app.take(self._deliver)
        self._context = contextvars.copy_context()
        ready = asyncio.Event()
        self._later(self._run_events(ready), _EVENTS)
        await ready.wait()
        loaded = perf_counter()
        times = {"read": (read - began) * 1000, "load": (loaded - read) * 1000}
        made = bundle_of(version, source.digest)
        return facts_of(version, times), made.model_dump_json().encode()

    async def _run_events(self, ready: asyncio.Event) -> None:
        async with self._app.running():
            ready.set()
            await self._over.wait()

    # Tabs

    async def _open_tab(self, frame: Frame) -> Answered:
        order = say.Open.model_validate_json(frame.text)
        version, app_id = self._loaded, self._loaded.info.id
        seat = self._seat(order)
        seat.router = dict(order.router)
        seat.merged.discard(app_id)
        return await self._app.in_turn(order.tab, lambda: self._show(seat, version, order, frame))

    async def _show(
        self, seat: Seat, version: LoadedVersion, order: say.Open, frame: Frame
    ) -> Answered:
        app_id = version.info.id
        failed: list[Exception] = []
        async with self._app.locked(order.tab, order.router) as root:
            seat.use_root(root)
            with self._on.acting(seat):
                if frame.blob and app_id not in seat.attached:
                    seat.parked[app_id] = written.from_bytes(frame.blob)
                is_new = app_id not in seat.attached
                lost = attach(seat, root, version)
                if order.stored:
                    apply_storage(root, version, dict(order.stored))
                states = None
                if is_new or order.stored or order.all_states:
                    states = await current_values(seat, root, version, failed)
                blob = json_of(states) if states is not None else b""
                values = b""
                if frame.blob or order.stored:
                    values = written.to_bytes(parked_now(seat, root, version), [])
            root._clean()  # type: ignore[no-untyped-call]  # the server has the core's vars itself
        seat.merged.add(app_id)
        self._app.connect(order.tab)
        root_folder = version.source.root
        answer = say.Opened(
            values=len(values),
            lost=tuple(say.LostValue(name=o.name, why=o.why, file=o.file) for o in lost),
            failed=tuple(
                described(problem_from_exception(app_id, "run", one, root_folder)) for one in failed
            ),
        )
        return answer, blob + values

    def _seat(self, order: say.Open) -> Seat:
        info, tab = self._loaded.info, order.tab
        actor = actor_of(order.who, info.id, tab, self._grants)
        seat = self._seats.get(tab)
        if seat is None or seat.actor != actor:
            root = self._loaded.source.root
            has_settings = self._loaded.entry.settings is not None
            scope = Scope(info, self._served_by, actor, tab, self._grants, root, has_settings)
            if seat is None:
                seat = Seat(token=tab, core=self._core, actor=actor, scope=scope)
                self._seats[tab] = seat
            seat.actor, seat.scope = actor, scope
        return seat

    async def _park(self, frame: Frame) -> Answered:
        tab = say.OfTab.model_validate_json(frame.text).tab
        version = self._loaded
        seat = self._seats.get(tab)
        if seat is None:
            return None, b""

        async def park() -> Answered:
            async with self._app.locked(tab, {}) as root:
                seat.use_root(root)
                if version.info.id not in seat.attached:
                    return None, b""
                with self._on.acting(seat):
                    parked = parked_now(seat, root, version)
            without: list[str] = []
            return None, written.to_bytes(parked, without)

        return await self._app.in_turn(tab, park)

    async def _renew(self, frame: Frame) -> Answered:
        tab = say.OfTab.model_validate_json(frame.text).tab
        version, seat = self._loaded, self._seats[tab]

        async def renew() -> Answered:
            async with self._app.locked(tab, seat.router) as root:
                with self._on.acting(seat):
                    delta = await instances.renew_computed(root, version.tree)
            return None, json_of(delta)

        return await self._app.in_turn(tab, renew)

    async def _store(self, frame: Frame) -> Answered:
        order = say.Store.model_validate_json(frame.text)
        version, seat = self._loaded, self._seats[order.tab]

        async def store() -> Answered:
            async with self._app.locked(order.tab, seat.router) as root:
                with self._on.acting(seat):
                    apply_storage(root, version, dict(order.values))
            return None, b""

        return await self._app.in_turn(order.tab, store)

    async def _rehearse(self, frame: Frame) -> Answered:
        order = say.Open.model_validate_json(frame.text)
        seat = self._seat(order)
        seat.parked[self._loaded.info.id] = written.from_bytes(frame.blob)
        try:
            with self._on.acting(seat):
                rehearse(seat, self._loaded)
        finally:
            self._forget(order.tab)
        return None, b""

    async def _upload(self, frame: Frame) -> Answered:
        order = say.Upload.model_validate_json(frame.text)
        body = self._asking.streams.read(order.body)
        status, headers, content = await uploads_apart.answer(self._app, order.headers, body)
        stream = self._asking.streams.give(content)
        return say.UploadAnswer(status=status, headers=headers, body=stream), b""

    async def _judge_settings(self, frame: Frame) -> Answered:
        values = say.Settings.model_validate_json(frame.text).values
        model = self._loaded.entry.settings
        if model is None:
            return say.SettingsVerdict(), b""
        schema = settings_schema(model)
        wrong = await asyncio.to_thread(problems_of, model, values)
        return say.SettingsVerdict(
            schema_=schema.schema,
            secret=tuple(sorted(schema.secret)),
            wrong=tuple(
                say.WrongField(field=one.field, path=one.path, message=one.message) for one in wrong
            ),
        ), b""

    async def _gone(self, frame: Frame) -> Answered:
        """The tab's browser is away; it may come back."""
        tab = say.OfTab.model_validate_json(frame.text).tab
        self._app.disconnect(tab)
        seat = self._seats.get(tab)
        if seat is not None:
            seat.merged.clear()
        return None, b""

    async def _leave(self, frame: Frame) -> Answered:
        """The tab has another version now; what runs in the background ends by itself."""
        tab = say.OfTab.model_validate_json(frame.text).tab
        if not self._app.running_in(tab):
            self._forget(tab)
        return None, b""

    async def _stop(self, frame: Frame) -> Answered:
        """End what runs in a tab, and forget it."""
        tab = say.OfTab.model_validate_json(frame.text).tab
        for task in self._app.running_in(tab):
            task.cancel()
        self._forget(tab)
        return None, b""

    async def _chunk(self, frame: Frame) -> Answered:
        want = say.Want.model_validate_json(frame.text)
        return None, await self._asking.streams.next(want.stream, end=want.end)

    async def _news(self, frame: Frame) -> Answered:
        news = say.News.model_validate_json(frame.text)
        host = self._served_by
        if news.settings is not None:
            host.settings = dict(news.settings)
        if news.grants is not None:
            self._granted = news.grants
        if news.outdated is not None:
            host.outdated = news.outdated
        for present in news.present:
            host.note_presence(present)
        return None, b""

    def _forget(self, tab: str) -> None:
        self._app.disconnect(tab)
        self._app.forget(tab)
        self._seats.pop(tab, None)

    # Events

    async def _run(self, frame: Frame) -> None:
        order = say.Run.model_validate_json(frame.text)
        seat = self._seats.get(order.tab)
        if seat is not None and order.name in self._loaded.handlers:
            if order.router is not None:
                seat.router = dict(order.router)
            event = await self._app.enqueue(
                order.tab, order.name, order.payload, seat.router, by_browser=order.by_browser
            )
            self._events[frame.number] = event
            try:
                await asyncio.wait([event])
            finally:
                del self._events[frame.number]
        self._send(Frame(Kind.REPLY, frame.number))

    def _began(self, began: say.Began) -> None:
        self._send(Frame(Kind.BEGAN, 0, began.text()))

    def log(self, level: str, event: str, fields: Mapping[str, Any]) -> None:
        """Tell the server of a line that code of the app logs."""
        line = say.Log.model_validate({"level": level, "event": event, "fields": fields})
        self._send(Frame(Kind.LOG, 0, line.text()))

    def _ran(self, ran: say.Ran) -> None:
        seat = self._seats.get(ran.tab)
        journal = self._journal(seat) if seat is not None else ()
        self._send(*journal, Frame(Kind.RAN, 0, ran.text()))

    def _deliver(self, tab: str, text: str, made: list[Part]) -> None:
        seat = self._seats.get(tab)
        named = None
        if seat is not None and seat.named:
            named = say.NamedEvent(
                events=frozenset(seat.named.events), vars=frozenset(seat.named.setters)
            )
            seat.named = type(seat.named)()
        codes = {part.address: part.code for part in made}
        update = say.Update(tab=tab, named=named, parts=codes)
        journal = self._journal(seat) if seat is not None else ()
        self._send(*journal, Frame(Kind.UPDATE, 0, update.text(), text.encode()))

    def _journal(self, seat: Seat) -> tuple[Frame, ...]:
        """Return what tells the server of values that changed and that it does not have."""
        root = seat.root
        mine = self._loaded.tree.classes
        found = undo.changed(root) if root is not None else []
        changed = [(state, name) for state, name in found if state.get_full_name() in mine]
        if not changed:
            return ()
        vars_ = vars_now(changed, seat.kept.get(self._loaded.info.id))
        blob = written.changed(vars_)
        return (Frame(Kind.JOURNAL, 0, say.OfTab(tab=seat.token).text(), blob),)

    def _calling(self, seat: Seat) -> Callable[[Exposed, Mapping[str, Any]], Awaitable[Any]]:
        async def call(what: Exposed, arguments: Mapping[str, Any]) -> Any:
            return await self._asking.call(seat.token, what, arguments)

        return call

    @property
    def _loaded(self) -> LoadedVersion:
        if self._version is None:
            raise RuntimeError("nothing is loaded")
        return self._version

    @property
    def _served_by(self) -> CellHost:
        if self._host is None:
            raise RuntimeError("nothing is loaded")
        return self._host

    @property
    def _on(self) -> Running:
        if self._running is None:
            raise RuntimeError("nothing is loaded")
        return self._running

    _ANSWERS: Mapping[Kind, Callable[[Runtime, Frame], Awaitable[Answered]]] = {
        Kind.LOAD: _load,
        Kind.OPEN: _open_tab,
        Kind.PARK: _park,
        Kind.RENEW: _renew,
        Kind.STORE: _store,
        Kind.REHEARSE: _rehearse,
        Kind.GONE: _gone,
        Kind.LEAVE: _leave,
        Kind.STOP: _stop,
        Kind.NEWS: _news,
        Kind.CHUNK: _chunk,
        Kind.UPLOAD: _upload,
        Kind.SETTINGS: _judge_settings,
    }
