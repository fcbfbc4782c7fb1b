"""A browser tab without a browser: speaks Reflex's socket.io protocol over one WebSocket."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Any

from websockets.sync.client import ClientConnection, connect

HYDRATE = "reflex___state____state.hydrate_and_load"
VISITOR = "graft_visitor=bench"
ON_LOAD = "reflex___state____state.reflex___state____on_load_internal_state.on_load_internal"


class Tab:
    """Opens `path` on a server as a new visitor, or as the one whose cookie it has.

    Args:
        address: of the server.
        path: what to open.
        hashes: those of the states that are compiled into the front end; a browser sends them when
            it connects, and is not sent what it has. Without them the server sends every state.
        cookie: the browser's Cookie header.

    Attributes:
        received: bytes of all socket messages from the server, as text, compression undone.
    """

    def __init__(
        self, address: str, path: str, hashes: Sequence[str] = (), *, cookie: str = VISITOR
    ) -> None:
        self.received = 0
        self._path = path
        token = uuid.uuid4()
        where = address.replace("http", "ws", 1)
        self._socket: ClientConnection = connect(
            f"{where}/_event/?token={token}&EIO=4&transport=websocket",
            additional_headers={"Cookie": cookie},
            legacy=True,  # closed by `close`
            max_size=None,
        )
        self._socket.recv(timeout=30)
        payload = {"hashes": list(hashes)} if hashes else {}
        boot = {"name": HYDRATE, "payload": payload, "router_data": self._router_data()}
        self._socket.send("40/_event," + json.dumps({"event": boot}))

    def __enter__(self) -> Tab:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the tab."""
        self._socket.close()

    def wait_for(
        self, wanted: Callable[[dict[str, Any]], bool], seconds: float = 60
    ) -> dict[str, Any]:
        """Read updates until one's delta is `wanted`; returns it.

        Raises:
            TimeoutError: none came in time.
        """
        deadline = time.monotonic() + seconds
        while True:
            text = str(self._socket.recv(timeout=max(0.01, deadline - time.monotonic())))
            if text == "2":
                self._socket.send("3")
                continue
            self.received += len(text.encode())
            if not text.startswith("42/_event,"):
                continue
            name, update = json.loads(text.removeprefix("42/_event,"))
            if name == "event" and wanted(update.get("delta", {})):
                return dict(update["delta"])

    def wait_until_open(self) -> None:
        """Wait until the page has all of its first state."""
        self.wait_for(_is_hydrated)

    def go_to(self, path: str) -> float:
        """Follow a link to a page of an app; returns the seconds until it is told what to show."""
        self._path = path
        event = {"name": ON_LOAD, "payload": {}, "router_data": self._router_data()}
        started = time.perf_counter()
        self._socket.send("42/_event," + json.dumps(["event", event]))
        found = self.wait_for(lambda delta: "graft" in delta)["graft"]["message"]
        took = time.perf_counter() - started
        if found["type"] != "show" or found["path"] != path:
            raise RuntimeError(f"{path} is not shown: {found}")
        self.wait_until_open()
        return took

    def _router_data(self) -> dict[str, Any]:
        return {"pathname": self._path, "asPath": self._path, "query": {}}


def _is_hydrated(delta: dict[str, Any]) -> bool:
    values = delta.get("reflex___state____state", {})
    return any(name.startswith("is_hydrated") and value for name, value in values.items())
