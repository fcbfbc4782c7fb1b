"""A cell's own end of the wire: loads its version, and does what its server asks."""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from time import perf_counter
from typing import Any

from app.bridge.sockets import uploads_apart
from app.bridge.sockets.without_sockets import AppWithoutSockets, provide_turns
from app.bridge.states import registration
from app.bridge.types import RegistrationContext
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
from app.cell.serving.tabs import Answered, Tabs
from app.cell.serving.wire import End
from app.kernel.grants import Grants
from app.kernel.tracebacks import traceback_of
from app.rules.blame import problem_from_exception
from app.sdk.config import problems_of
from app.sdk.schema import settings_schema
from app.source.app_source import read_source
from app.source.problems import AppError

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
        self._tasks: set[asyncio.Task[None]] = set()
        self._ending: list[asyncio.Task[None]] = []
        self._over = asyncio.Event()
        # Of tasks, once the version is loaded: its registry is the one that Reflex uses.
        self._context: contextvars.Context | None = None
        self._version: LoadedVersion | None = None
        self._host: CellHost | None = None
        self._tabs: Tabs | None = None
        self._granted: frozenset[str] = frozenset()

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
            self._later(self._for_tabs.run(frame), "event")
        elif frame.kind in (Kind.ANSWER, Kind.REFUSAL):
            self._asking.answered(frame)
        elif frame.kind is Kind.CANCEL:
            self._for_tabs.cancel(frame.number)
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
        work = self._ANSWERS.get(frame.kind)
        try:
            answered = work(self, frame) if work else self._for_tabs.answer(frame)
            message, blob = await answered
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
            return say.Failed(why=traceback_of(error))
        source = self._version.source
        problem = problem_from_exception(source.id, "run", error, source.root)
        return say.Failed(problems=(described(problem),), why=problem.message)

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
        grants = None
        if order.grants is not None:
            declared = frozenset(version.entry.capabilities)
            grants = Grants(source.id, declared, lambda: self._granted)
        tabs = self._tabs = Tabs(
            self._app, self._core, version, host, grants, self._asking, self._send
        )
        provide_turns(version.registration)
        registration.activate(version.registration)
        running: Any = tabs.running
        self._app.use_host(self, running, running, running)
        self._app.take(tabs.deliver, tabs.leases.lease)
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

    # What it tells by itself

    def log(self, level: str, event: str, fields: Mapping[str, Any]) -> None:
        """Tell the server of a line that code of the app logs."""
        line = say.Log.model_validate({"level": level, "event": event, "fields": fields})
        self._send(Frame(Kind.LOG, 0, line.text()))

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
    def _for_tabs(self) -> Tabs:
        if self._tabs is None:
            raise RuntimeError("nothing is loaded")
        return self._tabs

    _ANSWERS: Mapping[Kind, Callable[[Runtime, Frame], Awaitable[Answered]]] = {
        Kind.LOAD: _load,
        Kind.NEWS: _news,
        Kind.CHUNK: _chunk,
        Kind.UPLOAD: _upload,
        Kind.SETTINGS: _judge_settings,
    }
