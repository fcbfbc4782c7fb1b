"""Events between browsers and the server: Reflex's socket and event queue, asking the node at
each step.

`GraftApp` is `rx.App` with its own event processor and socket namespace. They only forward to an
`EventHost` and a `SocketHost`; what is decided there is the node's business.
"""

from __future__ import annotations

import contextlib
import inspect
import urllib.parse
import uuid
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import reflex as rx
from reflex.app import EventNamespace
from reflex.middleware.middleware import Middleware
from reflex.state import BaseState, StateUpdate
from reflex_base.event import Event, EventHandler
from reflex_base.event.context import EventContext
from reflex_base.event.processor import BaseStateEventProcessor
from reflex_base.event.processor.future import EventFuture
from reflex_base.registry import RegisteredEventHandler, RegistrationContext
from reflex_base.utils.format import format_event_handler
from socketio import packet
from socketio.exceptions import ConnectionRefusedError

from app.bridge.compiling import parts
from app.bridge.sockets import delivery, sendable
from app.bridge.sockets.frames import refuse_bad_frames
from app.bridge.sockets.hosts import UNIDENTIFIED, EventHost, SocketHost, UnidentifiedSocket
from app.bridge.sockets.leaving import until_written
from app.bridge.sockets.sent import note_sent
from app.bridge.states.route_params import use_template
from app.bridge.states.shared_states import SharingHost
from app.kernel.errors import Forbidden, SignedOut

Encoded = TypeVar("Encoded")


def client_address(environ: Mapping[str, Any]) -> str:
    """Return the network address that a socket comes from; uvicorn has asked trusted proxies."""
    client = environ.get("asgi.scope", {}).get("client")
    return str(client[0]) if client else ""


class _Processor(BaseStateEventProcessor):
    """Runs each event through the host."""

    host: EventHost
    sockets: SocketHost

    async def enqueue(
        self, token: str, event: Event, ev_ctx: EventContext | None = None
    ) -> EventFuture:
        root = self._root_context
        if ev_ctx is not None and root is not None:
            emit = ev_ctx.emit_delta_impl
            if emit is not None and emit is not root.emit_delta_impl:
                # An upload: the answer to its request carries what it changes.
                checked = delivery.checked(emit, self.sockets)
                ev_ctx = replace(ev_ctx, emit_delta_impl=checked)
        use_template(event.router_data)
        queued = await super().enqueue(token, event, ev_ctx)
        # Of all events, those of sockets alone have the address of their page.
        ended = self.sockets.queued(token, event.payload) if event.router_data else None
        if ended is not None:
            queued.add_done_callback(lambda _: ended())
        return queued

    async def _execute_event(
        self, *, entry: Any, registered_handler: RegisteredEventHandler
    ) -> None:
        async def execute(handler: RegisteredEventHandler) -> None:
            await BaseStateEventProcessor._execute_event(
                self, entry=entry, registered_handler=handler
            )

        await self.host.run_event(entry.ctx.token, entry.event, registered_handler, execute)


class _BeforeHandler(Middleware):
    """Tells the host when an event has the state lock."""

    def __init__(self, host: EventHost) -> None:
        self._host = host

    async def preprocess(self, app: rx.App, state: BaseState, event: Event) -> StateUpdate | None:
        root = state._get_root_state()
        await self._host.before_handler(EventContext.get().token, root, event)
        return None


class Namespace(EventNamespace):
    """The socket's events, shown to the host first."""

    def __init__(self, namespace: str, app: rx.App) -> None:
        super().__init__(namespace, app)
        self._strangers: dict[str, UnidentifiedSocket] = {}

    @property
    def _host(self) -> SocketHost:
        return self.app.sockets  # type: ignore[attr-defined,no-any-return]

    async def on_connect(self, sid: str, environ: dict[str, Any], auth: Any = None) -> None:
        query = urllib.parse.parse_qs(environ.get("QUERY_STRING", ""))
        token = next(iter(query.get("token", [])), "")
        try:
            if not token:
                raise Forbidden("a client token is needed")
            await self._host.connecting(sid, token, environ, auth)
            await super().on_connect(sid, environ, auth)
        except Forbidden as error:
            # A refused socket is never disconnected in Reflex's sense: nothing may stay behind.
            self._host.refused(sid)
            linked = self.sid_to_token.get(sid)
            if linked is not None:
                await self._token_manager.disconnect_token(linked, sid)
            # app/browser/connection.js loads the page again, which leads to the login page.
            raise ConnectionRefusedError(
                str(error), {"signedOut": isinstance(error, SignedOut)}
            ) from error
        stranger: UnidentifiedSocket | None = environ.get("asgi.scope", {}).get(UNIDENTIFIED)
        if stranger is not None:
            stranger.known()
            self._strangers[sid] = stranger

    async def link_token_to_sid(self, sid: str, token: str, *, update_state: bool = True) -> None:
        own = self._host.session_token(sid, token)
        other = socket_of(self, own)
        if own != token and other is not None and other != sid:
            # A duplicated tab. Reflex would make a new token here, but know nothing of owners.
            token = str(uuid.uuid4())
            own = self._host.session_token(sid, token)
            await self.emit("new_token", token, to=sid)
        await super().link_token_to_sid(sid, own, update_state=update_state)
        self._host.connected(sid, self.sid_to_token.get(sid, own))

    def on_disconnect(self, sid: str) -> Any:
        stranger = self._strangers.pop(sid, None)
        if stranger is not None:
            stranger.unknown()
        token = self.sid_to_token.get(sid)
        if token is not None:
            self._host.disconnected(sid, token)
        return super().on_disconnect(sid)

    async def on_event(self, sid: str, data: Any) -> None:
        token = self.sid_to_token.get(sid)
        # Reflex logs whatever it cannot read, with all that is in it; it never gets there.
        if token is not None and await self._host.received(token, data):
            await super().on_event(sid, data)

    async def emit(
        self, event: str, data: Any = None, to: str | None = None, **options: Any
    ) -> None:
        server = self.server
        sid = server.manager.eio_sid_from_sid(to, self.namespace) if to and not options else None
        if sid is None:
            await super().emit(event, data, to, **options)
            return
        # socketio, which has rooms in mind, makes a task for each message and waits for it.
        content = [event] if data is None else [event, data]
        made = server.packet_class(packet.EVENT, namespace=self.namespace, data=content)
        encoded = self.noted(made.encode, str(to))
        if isinstance(encoded, str):
            await server.eio.send(sid, sendable.whole_text(encoded))
        else:
            await server._send_packet(sid, made)

    def send_text(self, sid: str, update: str) -> None:
        """Send an update that is JSON already to one socket, now."""
        server = self.server
        eio = server.manager.eio_sid_from_sid(sid, self.namespace)
        if eio is not None:
            _step(server.eio.send(eio, f'2{self.namespace},["event",{update}]'))

    def noted(self, encode: Callable[[], Encoded], sid: str) -> Encoded:
        """Return what `encode` returns, which a browser is about to be sent. Components of vars in
        it may be fetched from now on; events that it or they name may be sent.
        """
        with parts.collected() as made:
            encoded = encode()
        token = self.sid_to_token.get(sid)
        if token is not None:
            note_sent(self._host, token, encoded if isinstance(encoded, str) else "", made)
        return encoded

    async def emit_update(self, update: StateUpdate, token: str) -> None:
        if update.events:
            update = replace(update, events=self._host.addressed(token, update.events))
        if not update.delta:
            await super().emit_update(update, token)
            await until_written()
            return
        shown = self._host.visible(token, update.delta)
        if not shown and not update.events:
            return
        root = self._host.tree_of(token)

        async def send(delta: Mapping[str, Any]) -> None:
            part = StateUpdate(delta=delta, events=update.events)
            await super(Namespace, self).emit_update(part, token)

        is_all = shown is update.delta and socket_of(self, token) is not None
        await delivery.deliver(shown, root, send, is_all=is_all)
        # What the event goes on with shall not keep it waiting.
        await until_written()


class GraftApp(rx.App):
    """The Reflex app that hosts client apps.

    `host` is what the core's pages ask (`app.node.engine.running_host`). It is set before the app
    serves, and so is `administration`: what the admin pages act on
    (`app.web.administration.administration`); None where there is nothing to administer.
    """

    host: object
    sockets: SocketHost
    events: EventHost
    sharing: SharingHost
    administration: object = None

    def use_host(
        self, host: object, sockets: SocketHost, events: EventHost, sharing: SharingHost
    ) -> None:
        """Connect the node."""
        self.host, self.sockets, self.events, self.sharing = host, sockets, events, sharing
        self.add_middleware(_BeforeHandler(events))

    def _setup_state(self) -> None:
        super()._setup_state()
        if self.sio is None or self._event_namespace is None:
            return
        self._event_namespace = Namespace(self._event_namespace.namespace, self)
        self.sio.register_namespace(self._event_namespace)
        refuse_bad_frames(self.sio, self._event_namespace.namespace)

    @contextlib.asynccontextmanager
    async def _setup_event_processor(self) -> AsyncIterator[None]:
        namespace = self.event_namespace
        if namespace is not None:
            namespace._token_manager._reset_instance_id()
        processor = _Processor(middleware=self, backend_exception_handler=self._tell_error)
        processor.host, processor.sockets = self.events, self.sockets
        self._event_processor = processor
        async with processor.configure(state_manager=self.state_manager, event_namespace=namespace):
            yield

    def _tell_error(self, error: Exception) -> Any:
        text = self.events.explain(error)
        if text is None and self.events.is_logged(EventContext.get().token, error):
            # What Reflex would show is wider than a telephone, and speaks of a website.
            self.backend_exception_handler(error)
        return rx.toast.error(
            text or "An error occurred.", id="backend_error", position="top-center"
        )


def _step(work: Coroutine[Any, Any, Any]) -> None:
    """Run what never waits: engineio puts a message into a queue that has no limit."""
    try:
        work.send(None)
    except StopIteration:
        return
    work.close()
    raise RuntimeError("this version of engineio waits before it queues a message")


@dataclass(frozen=True)
class EventCall:
    """An event by name, to be called with one value later; it keeps no class of an app alive."""

    name: str
    argument: str | None

    @staticmethod
    def of(handler: Any) -> EventCall:
        """Take name and first argument of an event handler (`State.handler`)."""
        if not isinstance(handler, EventHandler):
            raise TypeError(
                f"an event handler such as MyState.changed is needed, got {handler!r};"
                " name a method of a state"
            )
        arguments = list(inspect.signature(handler.fn).parameters)[1:]
        return EventCall(format_event_handler(handler), next(iter(arguments), None))

    def event(self, value: Any = None) -> Event:
        """Return the event, with `value` as its argument if it takes one."""
        return Event(name=self.name, payload={self.argument: value} if self.argument else {})


def again(state: BaseState, handler: str, arguments: Sequence[Any]) -> tuple[str, dict[str, Any]]:
    """Return name and payload of the event of a state that is called with these arguments."""
    found = type(state).event_handlers[handler]
    names = list(inspect.signature(found.fn).parameters)[1:]
    return format_event_handler(found), dict(zip(names, arguments, strict=False))


def event_of(name: str, payload: Mapping[str, Any]) -> Event:
    """Return an event by its name, to be run after the one that returns it."""
    return Event(name=name, payload=dict(payload))


def socket_of(namespace: EventNamespace, token: str) -> str | None:
    """Return the id of a browser tab's socket, None while it is not connected.

    `namespace.token_to_sid` makes a new dictionary of all sockets each time.
    """
    record = namespace._token_manager.token_to_socket.get(token)
    return record.sid if record is not None else None


def running_app() -> GraftApp:
    """Return the app whose event runs (for states of the core)."""
    return RegistrationContext.get().app  # type: ignore[return-value]


def current_token() -> str:
    """Return the client token of the session whose event runs."""
    return EventContext.get().token


def current_router() -> Mapping[str, Any]:
    """Return the router data of the page that the event which runs comes from."""
    return EventContext.get().router_data
