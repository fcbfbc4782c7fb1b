"""One server holds a data folder. The second is told who has it.

The lock is the system's, on a file of the folder: it ends with the process, however that ends.
Commands work on the folder beside a server, see `app.core.beside`, and do not ask for it.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import socket
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from app.core.private import LOCK, make_private_folder


class Held(Exception):
    """Another server has the data folder; the message says which, and what to do."""


@contextlib.contextmanager
def holding(data: Path, address: str) -> Iterator[None]:
    """Hold the data folder within the `with` statement.

    Args:
        data: the data folder, made if it is not there.
        address: where this server is going to answer, for whoever asks who has the folder.

    Raises:
        Held: another server has it.
        OSError: the folder cannot be made or written.
    """
    make_private_folder(data)
    descriptor = os.open(data / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    with contextlib.ExitStack() as stack:
        stack.callback(os.close, descriptor)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Held(_holder_of(data, os.pread(descriptor, 4096, 0))) from error
        _held.add(descriptor)
        stack.callback(_held.discard, descriptor)
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, _about(address), 0)
        # Whoever cannot have the lock reads this; when the lock is free, nobody does.
        yield


def _about(address: str) -> bytes:
    since = datetime.now(UTC).isoformat(timespec="seconds")
    about = {"pid": os.getpid(), "host": socket.gethostname(), "since": since, "address": address}
    return json.dumps(about).encode() + b"\n"


def _holder_of(data: Path, about: bytes) -> str:
    try:
        other: dict[str, Any] = json.loads(about)
        since = datetime.fromisoformat(other["since"])
        who = (
            f"process {other['pid']} on {other['host']} runs on it since {since:%Y-%m-%d %H:%M:%S}"
            f" UTC, at {other['address']}"
        )
    except (ValueError, TypeError, KeyError):
        who = "another process is using it"
    return (
        f"Another server has the data folder {data}: {who}. Stop it, or name another with --data."
    )


def _release() -> None:
    while _held:
        os.close(_held.pop())


# A process that an app forks would have the lock, too, and may live longer than we do.
_held: set[int] = set()
os.register_at_fork(after_in_child=_release)
