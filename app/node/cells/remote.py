"""A cell at the other end of a wire: what is asked of it, and what it tells.

What comes out of it is data from a stranger. Its frames are checked here; who a tab is and what it
has open, the listener knows better than the cell.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Coroutine, Mapping
from typing import Any

import structlog
from pydantic import ValidationError

from app.cell.serving import messages as say
from app.cell.serving.frames import Frame, Kind
from app.cell.serving.streams import Streams
from app.cell.serving.wire import End
from app.kernel.contexts import travelling
from app.node.cells.cell_process import CellProcess
from app.node.cells.heard import Listener, Running, problem_of
from app.source.problems import AppError, Problem

log = structlog.get_logger("graft")

BUDGET_SECONDS = 10.0
"""How long an event may hold up its cell, or let its tab wait without a sign of life."""


class CellEnded(Exception):
    """The process of an app ended before it had done what it was asked."""


class CellFailed(Exception):
    """A cell could not do what it was asked.

    Attributes:
        problems: what is wrong in the code of the app, if it is that.
    """

    def __init__(self, why: str, problems: tuple[Problem, ...] = ()) -> None:
        super().__init__(why)
        self.problems = problems


class RemoteCell:
    """One cell.

    Args:
        listener: is told what it says.

    Attributes:
        used: when it was last asked for something, by the loop's clock.
        is_over: whether it ended.
        is_unneeded: whether its server ended it.
        left: tokens of tabs that went to another version while something of this one ran in them.
        tabs: tokens of the tabs that are open in it.
        process: what it runs in; None: in this process.
        budget: seconds that an event may take, see `app.node.cells.deadlines`.
        on_loop: the event that it began last and that has not ended.
        trace: where its threads were when it was ended or crashed.
        scratch: folder for what it writes and nobody keeps; "" for none.
    """

    def __init__(self, listener: Listener) -> None:
        self.used = 0.0
        self.is_over = False
        self.is_unneeded = False
        self.tabs: set[str] = set()
        self.left: set[str] = set()
        self.process: CellProcess | None = None
        self.budget = BUDGET_SECONDS
        self.on_loop: say.Began | None = None
        self.runs: dict[int, Running] = {}
        self.trace = ""
        self.scratch = ""
        self._listener = listener
        self._wire: End | None = None
        self._numbers = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[Frame]] = {}
        self._routers: dict[str, Mapping[str, Any]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self.streams = Streams(self._want)

    def connect(self, wire: End) -> None:
        """Take the end of the wire that `took` is the other side of."""
        self._wire = wire

    def close(self) -> None:
        """End the cell, which is not needed any more."""
        self.is_unneeded = True
        if self._wire is not None:
            self._wire.close()

    async def ask(
        self, kind: Kind, message: say.Message, blob: bytes = b"", running: Running | None = None
    ) -> tuple[bytes, bytes]:
        """Return the text and the blob of the answer.

        Raises:
            AppError: the code of the app is at fault.
            CellFailed: the cell could not do it.
            CellEnded: it is gone.
        """
        if self.is_over or self._wire is None:
            raise CellEnded
        loop = asyncio.get_running_loop()
        if kind is not Kind.PING:
            self.used = loop.time()
        number = next(self._numbers)
        if running is not None:
            running.number = number
        answer = self._waiting[number] = loop.create_future()
        try:
            self._wire.send(Frame(kind, number, message.text(), blob))
            frame = await answer
        except asyncio.CancelledError:
            if kind is Kind.RUN:
                self._wire.send(Frame(Kind.CANCEL, number))
            raise
        finally:
            self._waiting.pop(number, None)
        if frame.kind is Kind.FAILED:
            raise _error(say.Failed.model_validate_json(frame.text))
        return frame.text, frame.blob

    async def run(
        self,
        tab: str,
        name: str,
        payload: Mapping[str, Any],
        router: Mapping[str, Any],
        *,
        by_browser: bool,
        is_background: bool,
    ) -> None:
        """Run an event, and wait until it is over; how it ended, the listener is told.

        Args:
            tab: token of the session.
            name: of the event.
            payload: its arguments.
            router: router data of the page that it comes from; empty for one of the server's own.
            by_browser: whether a browser sent it.
            is_background: whether it holds up no other event.
        """
        known = self._routers.get(tab)
        if router:
            self._routers[tab] = router
        order = say.Run(
            tab=tab,
            name=name,
            payload=payload,
            router=None if not router or router == known else router,
            by_browser=by_browser,
        )
        running = Running(tab, name, asyncio.get_running_loop().time(), is_background)
        self.runs[id(running)] = running
        try:
            await self.ask(Kind.RUN, order, running=running)
        finally:
            del self.runs[id(running)]

    def cancel(self, running: Running) -> None:
        """Tell an event to end that takes too long; whoever waits for it still waits."""
        self._listener.too_long(running)
        if self._wire is not None:
            self._wire.send(Frame(Kind.CANCEL, running.number))

    def post(self, kind: Kind, message: say.Message) -> None:
        """Ask for something that nobody waits for."""
        if self._wire is not None:
            self._wire.send(Frame(kind, 0, message.text()))

    def tell(self, news: say.News) -> None:
        """Tell the cell what is different from now on."""
        self.post(Kind.NEWS, news)

    def was_on_loop(self, tab: str, name: str) -> bool:
        """Tell whether an event was the last that began, and did not end."""
        return self.on_loop is not None and (self.on_loop.tab, self.on_loop.name) == (tab, name)

    def forget(self, tab: str) -> None:
        """Forget what was sent of a tab."""
        self._routers.pop(tab, None)

    def took(self, frame: Frame) -> None:
        """Take a frame of the cell."""
        try:
            self._take(frame)
        except Exception as error:  # whatever it is, nothing after it can be trusted
            is_known = isinstance(error, ValidationError)
            why = str(error)[:500]
            log.warning("a cell is ended for what it sent", why=why, exc_info=not is_known)
            if self._wire is not None:
                self._wire.close()

    def lost(self, why: str) -> None:
        """Take note that the cell is gone."""
        self.is_over = True
        for answer in self._waiting.values():
            if not answer.done():
                answer.set_exception(CellEnded(why))
        self._listener.ended(why)

    def _take(self, frame: Frame) -> None:
        if frame.kind in (Kind.REPLY, Kind.FAILED):
            answer = self._waiting.get(frame.number)
            if answer is not None and not answer.done():
                answer.set_result(frame)
        elif frame.kind is Kind.UPDATE:
            update = say.Update.model_validate_json(frame.text)
            self._sign_of_life(update.tab)
            self._listener.updated(update, frame.blob)
        elif frame.kind is Kind.JOURNAL:
            self._listener.journaled(say.OfTab.model_validate_json(frame.text).tab, frame.blob)
        elif frame.kind is Kind.BEGAN:
            self.on_loop = say.Began.model_validate_json(frame.text)
            self._sign_of_life(self.on_loop.tab)
        elif frame.kind is Kind.LOG:
            self._listener.logged(say.Log.model_validate_json(frame.text))
        elif frame.kind is Kind.RAN:
            self.on_loop = None
            self._listener.ran(say.Ran.model_validate_json(frame.text))
        elif frame.kind is Kind.CALL:
            call = say.Call.model_validate_json(frame.text)
            self._later(self._answer(frame.number, call))
        elif frame.kind is Kind.WANT:
            want = say.Want.model_validate_json(frame.text)
            self._later(self._hand_over(frame.number, want))

    def _sign_of_life(self, tab: str) -> None:
        now = asyncio.get_running_loop().time()
        for running in self.runs.values():
            if running.tab == tab:
                running.since = now

    def _later(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _hand_over(self, number: int, want: say.Want) -> None:
        try:
            chunk = await self.streams.next(want.stream, end=want.end)
            answer = Frame(Kind.ANSWER, number, say.Answer().text(), chunk)
        except Exception as error:
            kind, details = travelling.error_out(error)
            refusal = say.Refusal(error=kind, message=str(error), details=details)
            answer = Frame(Kind.REFUSAL, number, refusal.text())
        if self._wire is not None:
            self._wire.send(answer)

    async def _want(self, stream: str, end: bool) -> bytes:
        _, chunk = await self.ask(Kind.CHUNK, say.Want(stream=stream, end=end))
        return chunk

    async def _answer(self, number: int, call: say.Call) -> None:
        try:
            value = await self._listener.asked(call, self.streams)
            answer = Frame(Kind.ANSWER, number, say.Answer(value=value).text())
        except Exception as error:  # what it is, the code that asked is told
            kind, details = travelling.error_out(error)
            refusal = say.Refusal(error=kind, message=str(error), details=details)
            answer = Frame(Kind.REFUSAL, number, refusal.text())
        if self._wire is not None:
            self._wire.send(answer)


def _error(failed: say.Failed) -> Exception:
    problems = tuple(problem_of(one) for one in failed.problems)
    if problems and not failed.why:
        return AppError(problems)
    return CellFailed(failed.why, problems)
