"""Commands beside a running server tell it what they changed on its data folder.

A command writes messages into a file of the data folder, the server looks every tenth of a second
whether there are any and takes them out: no port, no name that is left behind, and a folder that
can be copied. A message is what the bus of the server would have been given, so that subscribers
need not know who made a change.

The database alone would not do: it says that something was written, and not what.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import json
import logging
import os
import threading
from collections.abc import AsyncIterator, Iterator, Mapping
from pathlib import Path
from typing import Any

from app.core.bus import Bus, InMemoryBus

FILE = "told.jsonl"
EVERY_SECONDS = 0.1

EVERYTHING = "graft/everything"
"""Topic: something changed, and nobody says what. Whoever keeps something looks at all of it."""

# Nobody reads while no server runs. What is more than that is told as "everything".
_MOST_BYTES = 256_000

_log = logging.getLogger(__name__)


class BesideServer(InMemoryBus):
    """The bus of a command that works on the data folder of a server, which may run.

    Args:
        data: the data folder.
    """

    def __init__(self, data: Path) -> None:
        super().__init__()
        self._file = data / FILE

    async def publish(self, topic: str, payload: Mapping[str, Any]) -> None:
        """See `Bus.publish`; the server hears of it, too.

        Raises:
            OSError: the data folder cannot be written. The server looks by itself, but later.
        """
        await super().publish(topic, payload)
        await asyncio.to_thread(_append, self._file, topic, payload)

    async def close(self) -> None:
        """See `Bus.close`. What was changed and nobody announced is told now."""
        try:
            await asyncio.to_thread(_append, self._file, EVERYTHING, {})
        except OSError as error:
            _log.warning("a running server learns of this within a minute: %s", error)
        await super().close()


@contextlib.asynccontextmanager
async def hearing(data: Path, bus: Bus) -> AsyncIterator[None]:
    """Publish what commands tell on `bus`, within the `async with` statement.

    Args:
        data: the data folder; what was told before is forgotten, so enter this before anything is
            read from the database that is to be followed.
        bus: the bus of this server.
    """
    file, loop, ended = data / FILE, asyncio.get_running_loop(), threading.Event()

    def listen() -> None:
        # In a thread: a disk that hangs must not hold up the event loop.
        while not ended.wait(EVERY_SECONDS):
            for topic, payload in _heard(file):
                publishing = asyncio.run_coroutine_threadsafe(bus.publish(topic, payload), loop)
                publishing.add_done_callback(_publish_failed)

    await asyncio.to_thread(_take, file)
    thread = threading.Thread(target=listen, name="graft-beside", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        await asyncio.to_thread(thread.join)


def _publish_failed(publishing: Any) -> None:
    if not publishing.cancelled() and publishing.exception() is not None:
        _log.error("a message of a command was not passed on", exc_info=publishing.exception())


def _heard(file: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the messages that are there. One that cannot be read is told as "everything"."""
    try:
        content = _take(file) if file.stat().st_size else b""
    except OSError:
        return  # there is none, or its disk is away: /readyz says so
    for line in content.splitlines():
        try:
            message = json.loads(line)
            yield str(message["topic"]), dict(message["payload"])
        except (ValueError, TypeError, KeyError):
            yield EVERYTHING, {}


def _append(file: Path, topic: str, payload: Mapping[str, Any]) -> None:
    line = json.dumps({"topic": topic, "payload": dict(payload)}).encode() + b"\n"
    with _locked(file) as descriptor:
        if os.fstat(descriptor).st_size + len(line) > _MOST_BYTES:
            os.ftruncate(descriptor, 0)
            line = json.dumps({"topic": EVERYTHING, "payload": {}}).encode() + b"\n"
        os.write(descriptor, line)


def _take(file: Path) -> bytes:
    with _locked(file) as descriptor:
        content = os.pread(descriptor, _MOST_BYTES, 0)
        os.ftruncate(descriptor, 0)
    return content


@contextlib.contextmanager
def _locked(file: Path) -> Iterator[int]:
    descriptor = os.open(file, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield descriptor
    finally:
        os.close(descriptor)
