"""Keeps apps without the capability `network` from connecting and from starting programs.

Python tells audit hooks of such attempts, whichever library makes them. uvloop does not: what it
offers is checked on the loop itself. This stops code that means well or knows no better; what it
cannot stop is listed in docs/security.md.
"""

from __future__ import annotations

import asyncio
import concurrent.futures.thread
import contextvars
import functools
import sys
import threading
from collections.abc import Callable
from typing import Any

from app.kernel.grants import confinement
from app.node.events import file_guard
from app.sdk.scope import running

NETWORK = "network"

AUDITED = frozenset(
    {
        "socket.bind",
        "socket.connect",
        "socket.getaddrinfo",
        "socket.gethostbyaddr",
        "socket.gethostbyname",
        "socket.getnameinfo",
        "socket.sendmsg",
        "socket.sendto",
        "subprocess.Popen",
        "os.exec",
        "os.fork",
        "os.forkpty",
        "os.posix_spawn",
        "os.spawn",
        "os.startfile",
        "os.system",
        "pty.spawn",
    }
)

LOOP_METHODS = (
    "create_connection",
    "create_datagram_endpoint",
    "create_server",
    "create_unix_connection",
    "create_unix_server",
    "getaddrinfo",
    "getnameinfo",
    "sock_connect",
    "sock_sendto",
    "subprocess_exec",
    "subprocess_shell",
)


class _Process:
    """An audit hook stays until the process ends, so it must be added once only."""

    hooked = False


def install() -> None:
    """Watch this process; doing it again changes nothing."""
    if _Process.hooked:
        return
    _Process.hooked = True
    sys.addaudithook(_hook)
    file_guard.install()
    setattr(threading.Thread, "start", _start(threading.Thread.start))  # noqa: B010 - see _start


def guard_loop(loop: asyncio.AbstractEventLoop) -> None:
    """Check what this event loop is asked for, and let its threads know which app runs."""
    for name in LOOP_METHODS:
        setattr(loop, name, _checked(getattr(loop, name)))
    run_in_executor = loop.run_in_executor

    def in_context(executor: Any, work: Callable[..., Any], *args: Any) -> Any:
        if running() is not None:
            work = functools.partial(contextvars.copy_context().run, work)
        return run_in_executor(executor, work, *args)

    setattr(loop, "run_in_executor", in_context)  # noqa: B010 - of this loop, not of its class


def _hook(event: str, args: tuple[Any, ...]) -> None:
    # Called for every import, file and socket of the process: what concerns nobody ends here.
    if event in file_guard.AUDITED:
        file_guard.hear(event, args)
    if event not in AUDITED:
        return
    grants = confinement()
    if grants is not None:
        grants.require(NETWORK)


def _checked(method: Callable[..., Any]) -> Callable[..., Any]:
    # Not a coroutine function: some of these return futures.
    @functools.wraps(method)
    def check(*args: Any, **kwargs: Any) -> Any:
        grants = confinement()
        if grants is not None:
            grants.require(NETWORK)
        return method(*args, **kwargs)

    return check


def _start(start: Callable[[threading.Thread], None]) -> Callable[[threading.Thread], None]:
    """Let a thread that an app starts run as that app. Python gives it an empty context.

    Not the workers of pools: they serve others afterwards.
    """

    @functools.wraps(start)
    def in_context(thread: threading.Thread) -> None:
        if running() is not None and not _is_pool_worker(thread):
            context = contextvars.copy_context()
            thread.run = functools.partial(context.run, thread.run)  # type: ignore[method-assign]
        start(thread)

    return in_context


def _is_pool_worker(thread: threading.Thread) -> bool:
    target = getattr(thread, "_target", None)
    return (
        target is concurrent.futures.thread._worker
        or type(thread).__module__.partition(".")[0] == "anyio"
    )
