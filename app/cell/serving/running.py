"""Events of an app in its cell: in which scope they run, and what is told of them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from time import perf_counter
from typing import Any

from app.bridge.client_code import is_client_state
from app.bridge.compiling.named_events import NamedEvents
from app.bridge.compiling.parts import Part
from app.bridge.sockets import arguments
from app.bridge.sockets.hosts import Execute
from app.bridge.sockets.without_sockets import work_of
from app.bridge.types import BaseState, Event, RegisteredEventHandler
from app.cell.attach import attach
from app.cell.loading.version import LoadedVersion
from app.cell.redirects import to_own_pages
from app.cell.serving import messages as say
from app.cell.serving.facts import described
from app.cell.serving.messages import Outcome, Ran
from app.cell.serving.seats import Seat
from app.cell.tab import Tab
from app.kernel.actor import acting_as
from app.kernel.capabilities import friendly, refusal_in
from app.kernel.contexts.exposing import Call, calling
from app.kernel.errors import FolderFull, Forbidden, first_in
from app.rules.blame import problem_from_exception
from app.sdk.scope import enter

_TAB = "_graft_tab"  # beside the vars of the root of a tree of what tabs share


class Running:
    """`EventHost`, `SocketHost` and `SharingHost` of a cell, see `app.bridge.sockets.hosts`.

    Args:
        version: what is loaded.
        seats: the tabs, by token.
        began: is told of every event that is about to run.
        ran: is told of every event that ended.
        call: answers calls of the core's contexts, for a tab.
    """

    def __init__(
        self,
        version: LoadedVersion,
        seats: Mapping[str, Seat],
        began: Callable[[say.Began], None],
        ran: Callable[[Ran], None],
        call: Callable[[Seat], Call],
    ) -> None:
        self._version = version
        self._seats = seats
        self._began = began
        self._ran = ran
        self._call = call

    # Events

    def find_handler(self, name: str) -> RegisteredEventHandler | None:
        """See `EventHost`."""
        return self._version.handlers.get(name)

    async def run_event(
        self, token: str, event: Event, handler: RegisteredEventHandler, execute: Execute
    ) -> None:
        """See `EventHost`."""
        work = work_of(event)
        if work is not None:
            await work()
            return
        seat = self._seats.get(token)
        if seat is None or not is_client_state(event.name):
            return  # the tab is gone, or it is an event of Reflex's own
        self._began(say.Began(tab=token, name=handler.handler.fn.__qualname__))
        began, outcome, failed = perf_counter(), "ok", None
        is_background = handler.handler.is_background
        task = asyncio.current_task()
        if task is not None:
            self._version.tasks.add(task)
        try:
            with self.acting(seat):
                await self._execute(event, handler, execute)
        except asyncio.CancelledError:
            outcome = "cancelled"
            raise
        except arguments.WrongArguments:
            outcome = "refused"
            raise
        except Exception as error:
            outcome, failed = "error", error
            raise
        finally:
            if task is not None:
                self._version.tasks.discard(task)
            self._tell(token, handler, outcome, perf_counter() - began, is_background, failed)

    def _tell(
        self,
        token: str,
        handler: RegisteredEventHandler,
        outcome: Any,
        seconds: float,
        background: bool,
        failed: Exception | None,
    ) -> None:
        kind: Outcome = outcome
        problem = None
        if failed is not None:
            source = self._version.source
            problem = described(problem_from_exception(source.id, "run", failed, source.root))
        name = handler.handler.fn.__qualname__
        self._ran(
            Ran(
                tab=token,
                name=name,
                outcome=kind,
                seconds=seconds,
                background=background,
                problem=problem,
            )
        )

    async def _execute(
        self, event: Event, handler: RegisteredEventHandler, execute: Execute
    ) -> None:
        try:
            await execute(handler)
        except Exception:
            if not event.router_data or arguments.fit(handler, event.payload):
                raise
            raise arguments.WrongArguments(event.name) from None

    @contextmanager
    def acting(self, seat: Seat) -> Any:
        """Enter the scope of a tab."""
        with enter(seat.scope), acting_as(seat.actor), calling(self._call(seat)):
            yield

    def explain(self, error: Exception) -> str | None:
        """See `EventHost`."""
        name = self._version.entry.name
        if first_in(error, FolderFull) is not None:
            return f"{name} has no more room for its files."
        refused = refusal_in(error)
        if refused is None:
            return None
        return f"{name} may not {friendly(refused.capability)}. An administrator can allow it."

    def is_logged(self, token: str, error: Exception) -> bool:
        """See `EventHost`: the server logs what it is told."""
        return False

    async def before_handler(self, token: str, root: BaseState, event: Event) -> None:
        """See `EventHost`."""
        seat = self._seats.get(token)
        if seat is not None:
            seat.use_root(root)

    # What tabs are sent

    def visible(self, token: str, delta: Mapping[str, Any]) -> Mapping[str, Any]:
        """See `SocketHost`: what is the core's the server has itself."""
        seat = self._seats.get(token)
        if seat is None or self._version.info.id not in seat.merged:
            return {}
        return {name: values for name, values in delta.items() if is_client_state(name)}

    def addressed(self, token: str, events: Sequence[Event]) -> list[Event]:
        """See `SocketHost`."""
        return to_own_pages(events, self._version.info.url, self._version.routes)

    def named(self, token: str, events: NamedEvents) -> None:
        """See `SocketHost`."""
        seat = self._seats.get(token)
        if seat is not None:
            seat.named |= events.among(self._version.handlers)

    def made(self, token: str, parts: Sequence[Part]) -> None:
        """See `SocketHost`: they travel with the update."""

    def tree_of(self, token: str) -> BaseState | None:
        """See `SocketHost`."""
        seat = self._seats.get(token)
        return seat.root if seat is not None else None

    def queued(self, token: str, payload: Mapping[str, Any]) -> None:
        """See `SocketHost`: the server counts."""

    # What tabs share

    def place_of(self, token: str, state: str, name: str) -> str:
        """See `SharingHost`.

        Raises:
            Forbidden: the tab is gone.
        """
        seat = self._seats.get(token)
        if seat is None:
            raise Forbidden("states are shared in an event of an open page")
        return f"shared/{seat.actor.organisation.id}/{self._version.info.id}/{name}"

    def bring(self, token: str, state: str, root: BaseState) -> None:
        """See `SharingHost`."""
        core = self._seats[token].core
        tab: Tab = vars(root).setdefault(_TAB, Tab(token=token, core=core))
        attach(tab, root, self._version)

    def acting_in(self, token: str, states: Iterable[str]) -> AbstractContextManager[None] | None:
        """See `SharingHost`."""
        seat = self._seats.get(token)
        return self.acting(seat) if seat is not None else None
