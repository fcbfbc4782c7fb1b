"""A Reflex app in a process that no browser is connected to: what it sends goes through somebody
else's hands.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from typing import Any, TypeVar, cast

from reflex.istate.manager.memory import StateManagerMemory
from reflex.istate.manager.token import BaseStateToken
from reflex.state import BaseState, State, StateUpdate
from reflex.utils.token_manager import SocketRecord
from reflex_base.event import Event, EventHandler
from reflex_base.event.context import EventContext
from reflex_base.event.processor.base_state_processor import chain_updates
from reflex_base.event.processor.future import EventFuture
from reflex_base.registry import RegisteredEventHandler, RegistrationContext
from reflex_base.utils.format import json_dumps

from app.bridge.compiling import parts
from app.bridge.compiling.parts import Part
from app.bridge.sockets import delivery, sendable
from app.bridge.sockets.events import GraftApp, Namespace
from app.bridge.states.registration import active
from app.bridge.states.shared_states import links_of

Answer = TypeVar("Answer")

Lease = Callable[[str], "Callable[[BaseState], AbstractAsyncContextManager[None]] | None"]
"""Returns, for the token of a tab that is elsewhere by now, what to enter with its tree while it is
changed.
"""

Send = Callable[[str, str, list[Part]], None]
"""Takes what a tab's browser is sent: the tab's token, the update as JSON, the components in it."""


TURN = "graft.turn"
_WORK = "work"


def provide_turns(registration: RegistrationContext) -> None:
    """Let events of a registry wait for what is done `in_turn`."""
    nothing = EventHandler(fn=_nothing)
    registration.event_handlers[TURN] = RegisteredEventHandler(handler=nothing, states=())


def work_of(event: Event) -> Callable[[], Awaitable[None]] | None:
    """Return what an event stands for that is none of the app's."""
    return event.payload[_WORK] if event.name == TURN else None


def _nothing() -> None:
    """See `TURN`."""


class _NoSockets(Namespace):
    """Hands over what it would send."""

    deliver: Send

    async def emit_update(self, update: StateUpdate, token: str) -> None:
        if update.events:
            update = replace(update, events=self._host.addressed(token, update.events))
        if not update.delta:
            self._hand_over(update, token)
            return
        shown = self._host.visible(token, update.delta)
        root = self._host.tree_of(token)

        async def send(delta: Mapping[str, Any]) -> None:
            if delta or update.events:
                self._hand_over(StateUpdate(delta=delta, events=update.events), token)

        # What is not shown are the core's own vars, which the server has itself.
        await delivery.deliver(shown, root, send, is_all=self._is_connected(token))

    def _hand_over(self, update: StateUpdate, token: str) -> None:
        with parts.collected() as made:
            text = json_dumps(update)
        if self._is_connected(token):
            self.deliver(token, sendable.whole_text(text), made)

    def _is_connected(self, token: str) -> bool:
        return token in self._token_manager.token_to_socket


class _Leasing(StateManagerMemory):
    """Lets a tab that is elsewhere by now be changed as it is there."""

    lease: Lease = staticmethod(lambda token: None)

    @contextlib.asynccontextmanager
    async def modify_state(self, token: Any, **context: Any) -> AsyncIterator[Any]:
        async with super().modify_state(token, **context) as state:
            hold = self.lease(token.ident)
            if hold is None:
                yield state
                return
            async with hold(state._get_root_state()):
                yield state


class AppWithoutSockets(GraftApp):
    """See the module.

    Args:
        deliver: takes what is sent.
    """

    def take(self, deliver: Send, lease: Lease) -> None:
        """Hand what is sent to `deliver` from now on, and ask `lease` for tabs that are elsewhere
        before their states are changed.
        """
        namespace = _NoSockets(self._namespace.namespace, self)
        namespace.deliver = deliver
        self._event_namespace = namespace
        # Whatever the configuration says: values that outlive this process are the server's.
        # The cast: mypy takes the overloads of the base for abstract methods of their own.
        self._state_manager = manager = cast(Callable[[], _Leasing], _Leasing)()
        manager.lease = lease

    @property
    def _namespace(self) -> Namespace:
        namespace = self.event_namespace
        if not isinstance(namespace, Namespace):
            raise RuntimeError("the app has no states")
        return namespace

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Run events inside the `with` statement."""
        async with self._setup_event_processor():
            yield

    def connect(self, token: str) -> None:
        """Note that a tab's browser takes what it is sent."""
        tokens = self._namespace._token_manager
        tokens.token_to_socket[token] = SocketRecord(instance_id=tokens.instance_id, sid=token)

    def disconnect(self, token: str) -> None:
        """Note that a tab's browser is away; what a page began that it leaves, ends."""
        if self._namespace._token_manager.token_to_socket.pop(token, None) is not None:
            self.event_processor._on_disconnect(token)

    async def in_turn(self, token: str, work: Callable[[], Awaitable[Answer]]) -> Answer:
        """Do something of a tab when the events before it are over; those after it wait.

        Raises whatever `work` raises.
        """
        answer: list[Answer] = []

        async def take() -> None:
            answer.append(await work())

        queued = await self.enqueue(token, TURN, {_WORK: take}, {})
        await queued
        return answer[0]

    async def enqueue(
        self,
        token: str,
        name: str,
        payload: Mapping[str, Any],
        router: Mapping[str, Any],
        *,
        by_browser: bool = False,
    ) -> EventFuture:
        """Queue an event of a tab."""
        processor = self.event_processor
        root = processor._root_context
        if root is None:
            raise RuntimeError("events run inside of `running` only")
        sent = dict(router) if by_browser else {}
        event = Event(name=name, payload=dict(payload), router_data=sent)
        context = root.fork(token=token, router_data=dict(router))
        return await processor.enqueue(token, event, ev_ctx=context)

    @contextlib.asynccontextmanager
    async def locked(self, token: str, router: Mapping[str, Any]) -> AsyncIterator[BaseState]:
        """Hold the state lock of a tab and give its state tree, as in an event of the tab."""
        context = self.event_processor._root_context
        if context is None:
            raise RuntimeError("events run inside of `running` only")
        marker = EventContext.set(context.fork(token=token, router_data=dict(router)))
        try:
            async with self._memory.modify_state(_key(token)) as root:
                if router and root.router_data != router:
                    root.router_data = root._update_router_vars(dict(router), root.router_data)
                yield root
        finally:
            EventContext.reset(marker)

    async def flush(self, root: BaseState) -> None:
        """Send a tab's browser what changed in its tree, which is locked."""
        await chain_updates(None, "", root_state=root)

    def running_in(self, token: str) -> list[asyncio.Task[Any]]:
        """Return the events of a tab that run."""
        tasks = self.event_processor._tasks.values()
        return [task for task in tasks if task.get_name().split("|")[2:3] == [token]]

    @property
    def is_idle(self) -> bool:
        """Whether nothing runs or waits but background events."""
        processor = self.event_processor
        handlers = RegistrationContext.get().event_handlers
        names = (task.get_name().split("|")[1] for task in processor._tasks.values())
        running = (handlers.get(name) for name in names)
        in_front = any(one is None or not one.handler.is_background for one in running)
        queued = processor._queue is not None and not processor._queue.empty()
        return not in_front and not queued and not any(processor._token_queues.values())

    def forget(self, token: str) -> None:
        """Drop the state tree of a tab."""
        self._memory._purge_token(_key(token))

    @property
    def _memory(self) -> StateManagerMemory:
        manager = self.state_manager
        if not isinstance(manager, StateManagerMemory):
            raise RuntimeError("states are kept in memory only")
        return manager


def shares(root: BaseState) -> bool:
    """Tell whether a tab shares states with others."""
    return bool(links_of(root))


def _key(token: str) -> BaseStateToken:
    return BaseStateToken(ident=token, cls=State)


def stand_in(title: str, *, is_background: bool, supersedes: bool) -> RegisteredEventHandler:
    """Return what stands for an event handler that is in another process.

    Args:
        title: what its author calls it.
        is_background: whether it holds up no other event.
        supersedes: whether the newest one ends those before it.
    """

    async def handle(self: Any) -> None:
        raise RuntimeError("this event runs in another process")

    handle.__qualname__ = title
    if is_background:
        handle._reflex_background_task = True  # type: ignore[attr-defined]
    if supersedes:
        handle._reflex_supersedes = True  # type: ignore[attr-defined]
    return RegisteredEventHandler(handler=EventHandler(fn=handle), states=())


def events_of(plain: Iterable[tuple[str, Mapping[str, Any]]]) -> tuple[Event, ...]:
    """Return events by name, with their arguments, as Reflex's."""
    return tuple(Event(name=name, payload=dict(payload)) for name, payload in plain)


def plain(events: Iterable[Any]) -> tuple[tuple[str, dict[str, Any]], ...]:
    """Return events, as authors write them, by name and with their arguments."""
    return tuple((made.name, dict(made.payload)) for made in Event.from_event_type(list(events)))


def json_of(states: Mapping[str, Mapping[str, Any]]) -> bytes:
    """Return vars as a browser is sent them."""
    return sendable.whole_text(json_dumps(states)).encode()


def app_beside(core: RegistrationContext) -> tuple[AppWithoutSockets, RegistrationContext]:
    """Return an app, and its registry, which has the core's entries as they are now."""
    own = RegistrationContext(
        event_handlers=dict(core.event_handlers),
        base_states=dict(core.base_states),
        base_state_substates={name: set(subs) for name, subs in core.base_state_substates.items()},
        bundled_libraries=list(core.bundled_libraries),
        _config=core._config,
    )
    with active(own):
        return AppWithoutSockets(), own
