"""Where Graft hooks into Reflex's socket and event queue."""

from __future__ import annotations

import inspect
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
import reflex as rx
from engineio.async_socket import AsyncSocket
from reflex.app import EventNamespace
from reflex.middleware.middleware import Middleware
from reflex.state import StateUpdate
from reflex_base.event import EventHandler
from reflex_base.event.context import EventContext
from reflex_base.event.processor import BaseStateEventProcessor
from reflex_base.utils.format import json_dumps

from app.bridge.sockets import events
from app.bridge.sockets.events import EventCall, GraftApp
from app.testing.isolated import own_registry


@pytest.fixture
async def app() -> AsyncIterator[GraftApp]:
    with own_registry():
        made = GraftApp()
        yield made
        await made.state_manager.close()  # type: ignore[no-untyped-call]


def loads_of(message: Any) -> Any:
    """What a message of engineio says: its kind and namespace, and the JSON in it."""
    head, _, rest = message.data.partition(",")
    return head, json.loads(rest)


def parameters(function: Callable[..., Any]) -> list[str]:
    return list(inspect.signature(function).parameters)


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        (BaseStateEventProcessor._execute_event, ["self", "entry", "registered_handler"]),
        (BaseStateEventProcessor.enqueue, ["self", "token", "event", "ev_ctx"]),
        (EventNamespace.on_connect, ["self", "sid", "environ", "auth"]),
        (EventNamespace.on_disconnect, ["self", "sid"]),
        (EventNamespace.on_event, ["self", "sid", "data"]),
        (EventNamespace.emit, ["self", "event", "data", "to"]),
        (EventNamespace.emit_update, ["self", "update", "token"]),
        (EventNamespace.link_token_to_sid, ["self", "sid", "token", "update_state"]),
        (Middleware.preprocess, ["self", "app", "state", "event"]),
        (rx.App._setup_state, ["self"]),
        (rx.App._setup_event_processor, ["self"]),
    ],
)
def test_what_is_overridden_has_the_parameters_that_are_passed_on(
    function: Callable[..., Any], expected: list[str]
) -> None:
    assert parameters(function)[: len(expected)] == expected


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [(events._Processor, BaseStateEventProcessor), (events.Namespace, EventNamespace)],
)
def test_every_method_that_is_overridden_exists(ours: type, theirs: type) -> None:
    own = {name for name, value in vars(ours).items() if inspect.isfunction(value)}
    assert own - {"_host", "noted", "send_text"} <= set(dir(theirs))


async def test_an_update_that_is_text_is_sent_as_any_other_and_at_once(app: GraftApp) -> None:
    server, namespace = app.sio, app.event_namespace
    assert server is not None
    assert isinstance(namespace, events.Namespace)
    socket = AsyncSocket(server.eio, "engine")
    server.eio.sockets["engine"] = socket
    sid = await server.manager.connect("engine", namespace.namespace)
    update = StateUpdate(delta={"state": {"name": "É"}})
    await namespace.emit("event", update, to=sid)
    namespace.send_text(sid, json_dumps(update))
    assert socket.queue.qsize() == 2
    emitted, sent = (socket.queue.get_nowait() for _ in range(2))
    assert loads_of(emitted) == loads_of(sent)


async def test_the_app_uses_the_processor_and_the_namespace_that_ask_the_host(
    app: GraftApp,
) -> None:
    assert isinstance(app.event_namespace, events.Namespace)
    host = _Host()
    app.use_host(None, None, host, None)  # type: ignore[arg-type]  # only what is asked
    async with app._setup_event_processor():
        assert isinstance(app.event_processor, events._Processor)
        assert app.event_processor.host is host


class _Host:
    """Notes what it is asked."""


async def test_a_message_to_one_socket_is_sent_at_once_as_socketio_would_send_it(
    app: GraftApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    namespace = app.event_namespace
    assert namespace is not None
    assert app.sio is not None
    sent: list[tuple[str, str]] = []

    async def send_packet(sid: str, packet: Any) -> None:
        sent.append((sid, packet.encode()))

    monkeypatch.setattr(app.sio.eio, "send_packet", send_packet)
    sid = await app.sio.manager.connect("engine", namespace.namespace)
    update = StateUpdate(delta={"some.state": {"text": "ü", "number": 1}})
    for data in (update, "text", None):
        sent.clear()
        # Both without a turn of the event loop: two updates never overtake each other.
        with pytest.raises(StopIteration):
            namespace.emit("event", data, to=sid).send(None)
        ours = list(sent)
        await EventNamespace.emit(namespace, "event", data, to=sid)
        assert sent == ours * 2
    assert ours[0][0] == "engine"


async def test_a_message_to_a_socket_that_is_gone_goes_nowhere(app: GraftApp) -> None:
    assert app.event_namespace is not None
    await app.event_namespace.emit("event", "text", to="gone")


def test_the_context_of_an_event_has_what_the_bridge_reads() -> None:
    assert {"token", "router_data", "txid"} <= set(EventContext.__dataclass_fields__)


class Handlers(rx.State):
    @rx.event
    def none(self) -> None: ...

    @rx.event
    def one(self, payload: dict) -> None: ...

    def plain(self) -> None: ...


def test_a_call_remembers_names_and_no_class() -> None:
    call = EventCall.of(Handlers.one)
    assert call.name.endswith("handlers.one")
    assert call.argument == "payload"
    made = call.event({"a": 1})
    assert (made.name, made.payload) == (call.name, {"payload": {"a": 1}})
    assert EventCall.of(Handlers.none).event("ignored").payload == {}


@pytest.mark.parametrize("wrong", [lambda: None, "name", None, Handlers])
def test_what_is_no_handler_is_refused_with_a_remedy(wrong: Any) -> None:
    with pytest.raises(TypeError, match="name a method of a state"):
        EventCall.of(wrong)


def test_a_handler_read_from_a_state_is_an_event_handler() -> None:
    assert isinstance(Handlers.one, EventHandler)


async def test_nothing_is_queued_before_the_node_runs(app: GraftApp) -> None:
    app.host = _Host()
    assert app._event_processor is None or app.event_processor._root_context is None
