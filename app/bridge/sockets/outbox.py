"""Ways from the node to sessions, past Reflex's own events."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any

import reflex as rx
from reflex.app import EventNamespace
from reflex.istate.manager.memory import StateManagerMemory
from reflex.istate.manager.token import BaseStateToken
from reflex.state import BaseState, State, StateUpdate
from reflex_base.constants import SocketEvent
from reflex_base.event import Event
from reflex_base.event.context import EventContext
from reflex_base.event.processor.base_state_processor import chain_updates

from app.bridge.sockets.events import GraftApp, Namespace, socket_of
from app.bridge.states.shared_states import links_of

# app/browser/document/leaving.js. A page of an older front end only loads again.
_LEAVE = "window.graftLeave ?? (() => window.location.reload())"

_FORGET = (
    "sessionStorage.removeItem('graft.typed'); window.location.assign('/login?ended=ended&next='"
    " + encodeURIComponent(location.pathname + location.search + location.hash))"
)


class Outbox:
    """Sends to browser tabs, and runs what the node wants in their sessions."""

    def __init__(self, app: GraftApp) -> None:
        self._app = app

    async def send(self, token: str, delta: Mapping[str, Any]) -> None:
        """Send an update to one browser tab, past the filter of `SocketHost.visible`."""
        namespace = self._app.event_namespace
        sid = socket_of(namespace, token) if namespace is not None else None
        if namespace is not None and sid is not None:
            # `emit_update` would go round the event loop after each message.
            await namespace.emit(str(SocketEvent.EVENT), StateUpdate(delta=delta), to=sid)

    def send_text(self, token: str, update: bytes) -> None:
        """Send one browser tab an update that is JSON already, now."""
        namespace = self._app.event_namespace
        sid = socket_of(namespace, token) if namespace is not None else None
        if isinstance(namespace, Namespace) and sid is not None:
            namespace.send_text(sid, update.decode())

    @contextlib.asynccontextmanager
    async def locked(self, token: str) -> AsyncIterator[BaseState]:
        """Hold the state lock of a session and give its state tree."""
        async with self._app.state_manager.modify_state(_key(token)) as root:
            yield root

    async def at_once(self, token: str, work: Callable[[BaseState], Awaitable[None]]) -> bool:
        """Run `work(root)` as an event of the session without queueing it; returns whether it ran.

        It does not when an event of the session runs or waits: `work` must have its turn then. What
        it changed is sent to the browser, as after any event; in a session that shares states
        `work` does it itself (`flush`).
        """
        root_context = self._app.event_processor._root_context
        if root_context is None or not self._is_idle(token):
            return False
        marker = EventContext.set(root_context.fork(token=token))
        try:
            async with self.locked(token) as root:
                if not root.router_data:
                    return False  # a tree that was just made: Reflex hydrates it in an event
                await work(root)
                if not links_of(root):
                    await self.flush(root)
        finally:
            EventContext.reset(marker)
        return True

    async def flush(self, root: BaseState) -> None:
        """Send a browser what `work` of `at_once` changed, as after any event; what the session
        shares must still be in its tree.
        """
        await chain_updates(None, "", root_state=root)

    async def dismiss(self, token: str, why: str) -> None:
        """Let a browser tab leave for the login page, and close its socket.

        `why` is what the login page tells, "ended" or "over"; "left" if its user signed out on
        purpose, who leaves nothing of what was typed.
        """
        namespace = self._app.event_namespace
        sid = socket_of(namespace, token) if namespace is not None else None
        if namespace is None or sid is None:
            return
        await self._act(
            namespace, token, rx.call_script(_FORGET if why == "left" else f"({_LEAVE})({why!r})")
        )
        await namespace.disconnect(sid)

    async def complain(self, token: str, text: str) -> None:
        """Show a browser tab why something did not happen, over its page."""
        namespace = self._app.event_namespace
        if namespace is not None and socket_of(namespace, token) is not None:
            await self._act(namespace, token, rx.toast.error(text))

    async def _act(self, namespace: EventNamespace, token: str, what: Any) -> None:
        """Let a browser tab do something that needs no state."""
        update = StateUpdate(events=Event.from_event_type(what))
        await EventNamespace.emit_update(namespace, update, token)

    async def enqueue(self, token: str, *events: Any) -> list[asyncio.Future[Any]]:
        """Queue events (handlers, or handlers called with arguments) in a session's own order.

        They are events of nobody's: without this, Reflex would give them the page address of the
        session whose event enqueues them. Returns a future for each event, done when it and what it
        led to has run.
        """
        processor = self._app.event_processor
        root = processor._root_context
        if root is None:
            return []
        return [
            await processor.enqueue(token, event, ev_ctx=root.fork(token=token))
            for event in Event.from_event_type(list(events))
        ]

    def _is_idle(self, token: str) -> bool:
        """Tell whether no event of a session runs or waits, and nothing else holds its state."""
        manager = self._app.state_manager
        if token in self._app.event_processor._token_queues:
            return False
        if not isinstance(manager, StateManagerMemory):
            return False  # who holds the lock is not known here
        lock = manager._states_locks.get(_key(token).lock_key)
        return lock is None or not lock.locked()


def _key(token: str) -> BaseStateToken:
    return BaseStateToken(ident=token, cls=State)
