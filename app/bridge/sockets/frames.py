"""What a browser may send on Reflex's socket, frame by frame.

Engine.IO and Socket.IO take much more than Reflex's page sends, and write a traceback for each
frame that they cannot read. Whoever can open a socket can send thousands of those in a second.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from socketio import packet

from app.bridge.sockets.hosts import UNIDENTIFIED, UnidentifiedSocket

# Engine.IO's packet types: close, pong, message. Pings come from the server, and nothing is
# upgraded where the socket is the only transport.
_ENGINE_TYPES = "134"

# The events of Reflex's page, and how many values each has.
_EVENTS: Mapping[str, tuple[int, ...]] = {"event": (1,), "ping": (0,), "client_error": (0, 1)}
_CONNECT = str(packet.CONNECT)


class BadFrame(ValueError):
    """A frame that no page sends."""


def is_frame(message: Mapping[str, Any]) -> bool:
    """Tell whether an ASGI message of a socket, if it is a frame at all, is one of Engine.IO's."""
    if message["type"] != "websocket.receive":
        return True
    text = message.get("text") or ""
    return text[:1] in _ENGINE_TYPES and bool(text)


class _Strict(packet.Packet):  # type: ignore[misc]  # socketio has no types
    """Reads what pages send, and refuses everything else in one way."""

    only = "/"  # the namespace in which the page talks

    def decode(self, encoded_packet: Any) -> int:
        try:
            attachments = super().decode(encoded_packet)
        except (ValueError, TypeError, LookupError, RecursionError):
            raise BadFrame("it cannot be read") from None
        is_there = self.namespace == self.only
        if attachments or not is_there or not _is_known(self.packet_type, self.data):
            raise BadFrame("no page sends that")
        return 0


def refuse_bad_frames(sio: Any, namespace: str) -> None:
    """Let a socket that sends a bad frame be closed; its `UnidentifiedSocket` is told why.

    Args:
        sio: Reflex's Socket.IO server.
        namespace: in which its page talks.
    """
    sio.packet_class = type("StrictPacket", (_Strict, sio.packet_class), {"only": namespace})
    handle = sio._handle_eio_message

    async def message(eio_sid: str, data: Any) -> None:
        try:
            if not data:
                raise BadFrame("it is empty")
            if data[:1] != _CONNECT and sio.manager.sid_from_eio_sid(eio_sid, namespace) is None:
                raise BadFrame("it did not connect before")
            await handle(eio_sid, data)
        except BadFrame as error:
            stranger: UnidentifiedSocket | None = _scope_of(sio, eio_sid).get(UNIDENTIFIED)
            if stranger is not None:
                stranger.broke(str(error))

    sio.eio.on("message", message)


def _scope_of(sio: Any, eio_sid: str) -> Mapping[str, Any]:
    environ: Mapping[str, Any] = sio.environ.get(eio_sid, {})
    scope: Mapping[str, Any] = environ.get("asgi.scope", {})
    return scope


def _is_known(kind: int, data: Any) -> bool:
    if kind == packet.CONNECT:
        return data is None or isinstance(data, dict)
    if kind == packet.DISCONNECT:
        return data is None
    if kind != packet.EVENT or not isinstance(data, list) or not data:
        return False
    return isinstance(data[0], str) and len(data) - 1 in _EVENTS.get(data[0], ())
