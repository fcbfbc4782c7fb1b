"""Frames on Reflex's socket: what its page sends is taken, everything else ends the socket."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import reflex_base
import socketio

from app.bridge.sockets.events import GraftApp
from app.bridge.sockets.frames import is_frame, refuse_bad_frames
from app.bridge.sockets.hosts import UNIDENTIFIED
from app.testing.isolated import own_registry

PAGE = Path(reflex_base.__file__).parent / ".templates" / "web" / "utils" / "state.js"

GOOD = (
    '2/_event,["event",{"name":"a.b","payload":{}}]',
    '2/_event,["ping"]',
    '2/_event,["client_error",{"message":"x"}]',
)
BAD = (
    *("", "x", "{", "2/_event,[", "2/_event,5", "2/_event,null", "2/_event,[]", "2/_event,[5]"),
    *('2/_event,{"a":1}', '2/_event,["event"]', '2/_event,["event",1,2]', '2/_event,["ping",1]'),
    *('2/_event,["connect"]', '2/_event,["disconnect"]', '2/_event,["link_token_to_sid","a"]'),
    *("3/_event,1[]", "4/_event,", '51-/_event,["event",{"_placeholder":true,"num":0}]', "9"),
    *("599999999999-/_event,[]", "2/_event," + "[" * 50_000, f"2/_event,[{'9' * 5_000}]"),
    *("0/other,", "0", '2["event",{}]', '2/other,["event",{}]', '2/_event?x["event",{}]'),
    *("0/_event,{", "0/_event,[]", '0/_event,"a"', '1/_event,"a"', "2/_event," + "1" * 200),
)


class Line:
    """A socket that is connected, and what its stranger is told."""

    def __init__(self) -> None:
        self.sio: Any = socketio.AsyncServer(async_mode="asgi", async_handlers=False)
        self.events: list[Any] = []
        self.broken: list[str] = []
        self.sio.on("event", self._heard, namespace="/_event")
        self.sio.on("client_error", self._heard, namespace="/_event")
        refuse_bad_frames(self.sio, "/_event")

    async def _heard(self, sid: str, data: Any) -> None:
        self.events.append(data)

    def broke(self, why: str) -> None:
        self.broken.append(why)

    async def connect(self) -> None:
        await self.sio.manager.connect("one", "/_event")

    async def says(self, text: str) -> None:
        self.sio.environ["one"] = {"asgi.scope": {UNIDENTIFIED: self}}
        await self.sio.eio.handlers["message"]("one", text)


@pytest.fixture
async def line() -> Line:
    made = Line()
    await made.connect()
    return made


async def test_what_a_page_sends_is_taken(line: Line) -> None:
    for text in GOOD:
        await line.says(text)
    assert line.events == [{"name": "a.b", "payload": {}}, {"message": "x"}]
    assert line.broken == []


@pytest.mark.parametrize("text", BAD, ids=lambda text: text[:40])
async def test_everything_else_is_told_and_reaches_nobody(line: Line, text: str) -> None:
    await line.says(text)
    assert len(line.broken) == 1
    assert line.events == []


async def test_who_did_not_connect_is_not_heard() -> None:
    line = Line()
    await line.says(GOOD[0])
    assert line.broken == ["it did not connect before"]
    assert line.events == []


async def test_an_error_of_who_hears_is_not_taken_for_a_bad_frame(line: Line) -> None:
    async def fail(sid: str, data: Any) -> None:
        raise ValueError("database")

    line.sio.on("event", fail, namespace="/_event")
    with pytest.raises(ValueError, match="database"):
        await line.says(GOOD[0])
    assert line.broken == []


@pytest.mark.parametrize(
    ("frame", "taken"),
    [
        ({"text": "3"}, True),
        ({"text": "1"}, True),
        ({"text": "40/_event,"}, True),
        ({"text": ""}, False),
        ({"text": "2probe"}, False),
        ({"text": "5"}, False),
        ({"text": "b4"}, False),
        ({"text": "x"}, False),
        ({"bytes": b"4"}, False),
        ({"text": None, "bytes": b"4"}, False),
    ],
)
def test_only_frames_of_engine_io_pass(frame: dict[str, Any], taken: bool) -> None:
    assert is_frame({"type": "websocket.receive", **frame}) is taken


def test_other_messages_of_a_socket_pass() -> None:
    assert is_frame({"type": "websocket.connect"})
    assert is_frame({"type": "websocket.disconnect", "code": 1000})


# What is taken for granted of Reflex and socketio


async def test_reflex_has_one_transport_and_hears_frames_in_turn() -> None:
    with own_registry():
        app = GraftApp()
        sio: Any = app.sio
        assert sio.eio.transports == ["websocket"]
        assert not sio.async_handlers
        assert not sio.eio.async_handlers
        assert sio.packet_class.__name__ == "StrictPacket"
        await app.state_manager.close()  # type: ignore[no-untyped-call]


def test_the_page_sends_no_other_events() -> None:
    text = PAGE.read_text("utf-8")
    assert text.count("emit(") == 3
    assert 'emit("event",' in text
    assert text.count("emit(CLIENT_ERROR_EVENT, {") == 2
    assert 'CLIENT_ERROR_EVENT = "client_error"' in text
