"""A Socket.IO client at the level of frames: what it sends is up to the test, not to a library."""

from __future__ import annotations

import contextlib
import json
from types import TracebackType
from typing import Any

from websockets.sync.client import ClientConnection, connect

NAMESPACE = "/_event"
CHANNEL = "graft"
OPEN = "reflex___state____state.app___browser___component____host_state.open"
PATIENCE = 120  # seconds; only a failing test waits that long


class Refused(Exception):
    """The server did not let the socket into the namespace; the text is its reason."""


class RawSocket:
    """One socket in Reflex's namespace.

    Args:
        address: `http://host:port` of the server.
        token: the client token, "" for none.
        headers: of the handshake, such as Cookie.

    Raises:
        Refused: the server says no.
    """

    def __init__(self, address: str, token: str, **headers: str) -> None:
        query = "EIO=4&transport=websocket" + (f"&token={token}" if token else "")
        self._open = contextlib.ExitStack()
        connecting = connect(
            f"{address.replace('http', 'ws', 1)}{NAMESPACE}/?{query}",
            additional_headers=headers,
            open_timeout=PATIENCE,
            close_timeout=1,
        )
        self._socket: ClientConnection = self._open.enter_context(connecting)
        self.new_token = ""
        self._socket.send(f"40{NAMESPACE},")
        while True:
            kind, data = self._packet()
            if kind == "connect":
                return
            if kind == "refused":
                self._open.close()
                raise Refused(str(data))
            if kind == "event" and data[0] == "new_token":
                self.new_token = data[1]

    def __enter__(self) -> RawSocket:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self._open.close()

    def send(self, name: str, _at: str = "/", **payload: Any) -> None:
        """Send an event by name, from the launcher's page or another one."""
        path, _, query = _at.partition("?")
        values = dict(part.partition("=")[::2] for part in query.split("&") if part)
        page = {"pathname": path, "asPath": _at, "query": values}
        self.send_packet({"name": name, "payload": payload, "router_data": page})

    def send_packet(self, data: Any) -> None:
        """Send whatever a test likes in place of an event."""
        self._socket.send(f"42{NAMESPACE},{json.dumps(['event', data])}")

    def open(self, path: str) -> dict[str, Any]:
        """Go to an address of an app; return what the host in the browser is told to show."""
        self.send(OPEN, _at=path)
        return self.message()

    def message(self) -> dict[str, Any]:
        """Return the next message to the host that changes what is on screen."""
        while True:
            delta = self.update().get("delta") or {}
            message: dict[str, Any] = delta.get(CHANNEL, {}).get("message", {"type": "coming"})
            if message["type"] != "coming":
                return message

    def update(self) -> dict[str, Any]:
        """Return the next update of states; waits for it."""
        while True:
            kind, data = self._packet()
            if kind == "event" and data[0] == "event":
                update: dict[str, Any] = data[1]
                return update

    def value(self, state: str, var: str) -> Any:
        """Return what the next update of a state var sets it to; names are parts of Reflex's."""
        while True:
            delta = self.update().get("delta") or {}
            for name, values in delta.items():
                for key, value in values.items():
                    if state in name and var in key:
                        return value

    def closed(self) -> list[Any]:
        """Wait until the server closes the socket; return the updates that came before."""
        updates = []
        while True:
            kind, data = self._packet()
            if kind == "closed":
                return updates
            if kind == "event":
                updates.append(data)

    def _packet(self) -> tuple[str, Any]:
        while True:
            text = self._socket.recv(timeout=PATIENCE)
            assert isinstance(text, str)
            if text == "2":
                self._socket.send("3")  # a sign of life
                continue
            body = text[2:].removeprefix(f"{NAMESPACE},")
            kind = {"40": "connect", "41": "closed", "42": "event", "44": "refused"}.get(text[:2])
            if kind is not None:
                return kind, json.loads(body) if body not in ("", NAMESPACE) else None
