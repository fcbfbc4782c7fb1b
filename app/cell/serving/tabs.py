"""What a cell does for each tab that has its app open: values, events, what its browser is sent."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from app.bridge.compiling.parts import Part
from app.bridge.sockets.without_sockets import AppWithoutSockets, json_of
from app.bridge.states import instances, undo
from app.bridge.types import RegistrationContext
from app.cell.attach import apply_storage, attach, current_values, parked_now, rehearse
from app.cell.loading.version import LoadedVersion
from app.cell.serving import messages as say
from app.cell.serving.asking import Asking, CellHost
from app.cell.serving.facts import described
from app.cell.serving.frames import Frame, Kind
from app.cell.serving.leases import Leases
from app.cell.serving.running import Running
from app.cell.serving.seats import Seat, actor_of
from app.cell.values import written
from app.cell.values.carry import vars_now
from app.kernel.contexts.exposing import Call, Exposed
from app.kernel.grants import Grants
from app.rules.blame import problem_from_exception
from app.sdk.scope import Scope

Answered = tuple[say.Message | None, bytes]
Send = Callable[..., None]


class Tabs:
    """The tabs of a cell.

    Args:
        app: runs their events.
        core: registry with the states that are there before the version's.
        version: what is loaded.
        host: what code of the app asks of the sdk.
        grants: what the app may do; None: everything.
        asking: asks the server.
        send: sends frames to it.
    """

    def __init__(
        self,
        app: AppWithoutSockets,
        core: RegistrationContext,
        version: LoadedVersion,
        host: CellHost,
        grants: Grants | None,
        asking: Asking,
        send: Send,
    ) -> None:
        self._app = app
        self._core = core
        self._version = version
        self._host = host
        self._grants = grants
        self._asking = asking
        self._send = send
        self._seats: dict[str, Seat] = {}
        self._left: set[str] = set()
        self._events: dict[int, asyncio.Future[Any]] = {}
        self.running = Running(version, self._seats, self._began, self._ran, self._calling)
        self.leases = Leases(app, version, self._seats, self._left, self.running, asking)

    async def answer(self, frame: Frame) -> Answered:
        """Do what a frame asks for a tab.

        Raises whatever code of the app raises.
        """
        return await self._ANSWERS[frame.kind](self, frame)

    # Values

    async def _open_tab(self, frame: Frame) -> Answered:
        order = say.Open.model_validate_json(frame.text)
        version, app_id = self._version, self._version.info.id
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
            with self.running.acting(seat):
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
        info, tab = self._version.info, order.tab
        actor = actor_of(order.who, info.id, tab, self._grants)
        seat = self._seats.get(tab)
        if seat is None or seat.actor != actor:
            root = self._version.source.root
            has_settings = self._version.entry.settings is not None
            scope = Scope(info, self._host, actor, tab, self._grants, root, has_settings)
            if seat is None:
                seat = Seat(token=tab, core=self._core, actor=actor, scope=scope)
                self._seats[tab] = seat
            seat.actor, seat.scope = actor, scope
        return seat

    async def _park(self, frame: Frame) -> Answered:
        tab = say.OfTab.model_validate_json(frame.text).tab
        version = self._version
        seat = self._seats.get(tab)
        if seat is None:
            return None, b""

        async def park() -> Answered:
            async with self._app.locked(tab, {}) as root:
                seat.use_root(root)
                if version.info.id not in seat.attached:
                    return None, b""
                with self.running.acting(seat):
                    parked = parked_now(seat, root, version)
            without: list[str] = []
            return None, written.to_bytes(parked, without)

        return await self._app.in_turn(tab, park)

    async def _renew(self, frame: Frame) -> Answered:
        tab = say.OfTab.model_validate_json(frame.text).tab
        version, seat = self._version, self._seats[tab]

        async def renew() -> Answered:
            async with self._app.locked(tab, seat.router) as root:
                with self.running.acting(seat):
                    delta = await instances.renew_computed(root, version.tree)
            return None, json_of(delta)

        return await self._app.in_turn(tab, renew)

    async def _store(self, frame: Frame) -> Answered:
        order = say.Store.model_validate_json(frame.text)
        version, seat = self._version, self._seats[order.tab]

        async def store() -> Answered:
            async with self._app.locked(order.tab, seat.router) as root:
                with self.running.acting(seat):
                    apply_storage(root, version, dict(order.values))
            return None, b""

        return await self._app.in_turn(order.tab, store)

    async def _rehearse(self, frame: Frame) -> Answered:
        order = say.Open.model_validate_json(frame.text)
        seat = self._seat(order)
        seat.parked[self._version.info.id] = written.from_bytes(frame.blob)
        try:
            with self.running.acting(seat):
                rehearse(seat, self._version)
        finally:
            self._forget(order.tab)
        return None, b""

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
        if self._app.running_in(tab):
            self._left.add(tab)
        else:
            self._forget(tab)
        return None, b""

    async def _lend(self, frame: Frame) -> Answered:
        return None, await self.leases.lend(say.OfTab.model_validate_json(frame.text).tab)

    async def _take_back(self, frame: Frame) -> Answered:
        tab = say.OfTab.model_validate_json(frame.text).tab
        await self.leases.take_back(tab, frame.blob)
        return None, b""

    async def _stop(self, frame: Frame) -> Answered:
        """End what runs in a tab, and forget it."""
        tab = say.OfTab.model_validate_json(frame.text).tab
        for task in self._app.running_in(tab):
            task.cancel()
        self._forget(tab)
        return None, b""

    def _forget(self, tab: str) -> None:
        self._app.disconnect(tab)
        self._app.forget(tab)
        self._seats.pop(tab, None)
        self._left.discard(tab)

    # Events

    async def run(self, frame: Frame) -> None:
        """Run an event, and answer when it is over."""
        order = say.Run.model_validate_json(frame.text)
        seat = self._seats.get(order.tab)
        if seat is not None and order.name in self._version.handlers:
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

    def cancel(self, number: int) -> None:
        """End an event, by the number of the question that it is."""
        event = self._events.get(number)
        if event is not None:
            event.cancel()

    def _began(self, began: say.Began) -> None:
        self._send(Frame(Kind.BEGAN, 0, began.text()))

    def _ran(self, ran: say.Ran) -> None:
        seat = self._seats.get(ran.tab)
        journal = self._journal(seat) if seat is not None else ()
        self._send(*journal, Frame(Kind.RAN, 0, ran.text()))
        if ran.tab in self._left:
            # The event itself is still among those that run.
            asyncio.get_running_loop().call_soon(self._forget_left, ran.tab)

    def _forget_left(self, tab: str) -> None:
        if tab in self._left and not self._app.running_in(tab):
            self._forget(tab)

    def deliver(self, tab: str, text: str, made: list[Part]) -> None:
        """Send what a tab's browser is to get, and before it the values that changed."""
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
        mine = self._version.tree.classes
        found = undo.changed(root) if root is not None else []
        changed = [(state, name) for state, name in found if state.get_full_name() in mine]
        if not changed:
            return ()
        vars_ = vars_now(changed, seat.kept.get(self._version.info.id))
        blob = written.changed(vars_)
        return (Frame(Kind.JOURNAL, 0, say.OfTab(tab=seat.token).text(), blob),)

    def _calling(self, seat: Seat) -> Call:
        async def call(what: Exposed, arguments: Mapping[str, Any]) -> Any:
            return await self._asking.call(seat.token, what, arguments)

        return call

    _ANSWERS: Mapping[Kind, Callable[[Tabs, Frame], Awaitable[Answered]]] = {
        Kind.OPEN: _open_tab,
        Kind.PARK: _park,
        Kind.RENEW: _renew,
        Kind.STORE: _store,
        Kind.REHEARSE: _rehearse,
        Kind.GONE: _gone,
        Kind.LEAVE: _leave,
        Kind.LEASE: _lend,
        Kind.RELEASE: _take_back,
        Kind.STOP: _stop,
    }
