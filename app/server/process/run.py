"""Runs an ASGI application with uvicorn in this process, and stops it in time."""

import contextlib
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from functools import partial
from types import FrameType
from typing import Any, cast

import uvicorn
from starlette.types import ASGIApp

from app.server.middleware.concurrency import ConcurrencyLimit
from app.server.wire.connections import Bounds, Connections, as_the_system_allows
from app.server.wire.http import HttpWire
from app.server.wire.websocket import SocketWire

TRUSTED_PROXIES = "GRAFT_TRUSTED_PROXIES"
"""Environment variable: addresses and networks of reverse proxies, separated by commas."""

GRACE_SECONDS = 4
"""How long requests in flight may take after the signal to stop."""

TURN_SECONDS = 0.001
"""How long a thread that computes keeps the others waiting, the event loop among them: Python's own
5 ms come again at each of the many times that answering one event takes up the loop.
"""

SOCKET_MESSAGE_BYTES = 2 * 1024 * 1024
"""What a message of a socket may have, unpacked; Reflex takes no more than half of it."""

STOP_SECONDS = 9
"""After this time the process ends even if code of an app does not let it."""


class PortBusy(Exception):
    """The address is taken or not ours; the message names it and a remedy."""

    def __init__(self, host: str, port: int, reason: str) -> None:
        super().__init__(
            f"Cannot listen on {host}:{port}: {reason}. "
            f"Stop what uses it, or choose another port with --port or PORT."
        )


def bind(host: str, port: int) -> socket.socket:
    """Reserve the address without accepting connections yet.

    Args:
        host: name or address of an interface.
        port: 1 to 65535, or 0 for any free one.

    Raises:
        PortBusy: it cannot be had.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, kind, protocol)
    except OSError as error:
        raise PortBusy(host, port, _reason(error)) from error
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
    except OSError as error:
        listener.close()
        raise PortBusy(host, port, _reason(error)) from error
    return listener


def address_of(listener: socket.socket) -> str:
    """The URL a person on this machine opens for a bound socket."""
    host, port = listener.getsockname()[:2]
    if host in ("0.0.0.0", "::", "127.0.0.1", "::1"):  # noqa: S104 - compared, not bound
        host = "localhost"
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


def serve(
    asgi: ASGIApp,
    host: str = "127.0.0.1",
    port: int = 0,
    *,
    listener: socket.socket | None = None,
    on_started: Callable[[str], None] = lambda address: None,
    on_stopping: Callable[[], None] = lambda: None,
) -> None:
    """Serve until SIGTERM or SIGINT; requests in flight get `GRACE_SECONDS` to finish.

    Args:
        asgi: the application.
        host: interface to listen on, unless `listener` is given.
        port: port to listen on, unless `listener` is given.
        listener: a socket from `bind`; closed at the end.
        on_started: called with the address once requests are answered.
        on_stopping: called on the event loop when no more requests are taken.

    Raises:
        PortBusy: the address is taken.
    """
    sys.setswitchinterval(TURN_SECONDS)
    bounds = as_the_system_allows(Bounds.from_environment(os.environ))
    bound = listener or bind(host, port)
    with bound:
        try:
            bound.listen(2048)
        except OSError as error:
            address = bound.getsockname()
            raise PortBusy(address[0], address[1], _reason(error)) from error
        server = _Server(_config(asgi, bounds), lambda: on_started(address_of(bound)), on_stopping)
        server.run(sockets=[bound])


def _reason(error: OSError) -> str:
    return (error.strerror or str(error)).lower()


def _config(asgi: ASGIApp, bounds: Bounds) -> uvicorn.Config:
    # Of these, X-Forwarded-For and X-Forwarded-Proto are believed: TLS ends there.
    proxies = os.environ.get(TRUSTED_PROXIES, "127.0.0.1,::1")
    connections = Connections(bounds, proxies)
    return uvicorn.Config(
        ConcurrencyLimit(asgi, bounds.per_address, proxies),
        # Anything that makes a protocol will do.
        http=cast(Any, partial(HttpWire, connections=connections)),
        ws=cast(Any, partial(SocketWire, connections=connections)),
        ws_max_size=SOCKET_MESSAGE_BYTES,
        loop="uvloop" if sys.platform != "win32" else "auto",
        lifespan="on",
        access_log=False,
        log_config=None,  # its lines go the way of all others, see app/server/process/logs.py
        log_level="warning",
        timeout_graceful_shutdown=GRACE_SECONDS,
        server_header=False,
        forwarded_allow_ips=proxies,
    )


class _Server(uvicorn.Server):
    def __init__(
        self,
        config: uvicorn.Config,
        on_started: Callable[[], None],
        on_stopping: Callable[[], None],
    ) -> None:
        super().__init__(config)
        self._on_started = on_started
        self._on_stopping = on_stopping
        self._deadline: threading.Timer | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._on_started()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        # Answers that would go on for ever are told, so that waiting for them takes no time.
        self._on_stopping()
        await super().shutdown(sockets)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        # uvicorn raises the signal again at the end, which makes a stop look like a crash.
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {
            number: signal.signal(number, self.handle_exit)
            for number in (signal.SIGINT, signal.SIGTERM)
        }
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        if self._deadline is None:
            self._deadline = threading.Timer(STOP_SECONDS, _give_up)
            self._deadline.daemon = True
            self._deadline.start()
        super().handle_exit(sig, frame)


def _give_up() -> None:
    sys.stderr.write(f"Stopped by force: not everything had ended within {STOP_SECONDS} s.\n")
    sys.stderr.flush()
    os._exit(1)
