"""Hears of files that code of apps is about to change, and asks whether it may.

Python tells audit hooks of it, whichever library opens the file; what libraries in C open by
themselves nobody tells. What is asked, and answered, is in `app.node.app_files`.
"""

from __future__ import annotations

import functools
import os
import sqlite3
import threading
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from app.sdk.scope import Change, running

OPEN, CONNECT = "open", "sqlite3.connect"

_PATHS: Mapping[str, tuple[tuple[int, Change], ...]] = MappingProxyType(
    {
        "os.mkdir": ((0, Change.GROW),),
        "os.rename": ((0, Change.TAKE), (1, Change.GROW)),
        "os.remove": ((0, Change.TAKE),),
        "os.rmdir": ((0, Change.TAKE),),
        "os.link": ((1, Change.GROW),),
        "os.symlink": ((1, Change.GROW),),
        "os.truncate": ((0, Change.TAKE),),
        "os.chmod": ((0, Change.TAKE),),
        # Below the folder Python names files by the folder that is open.
        "shutil.rmtree": ((0, Change.TAKE),),
    }
)
AUDITED = frozenset({OPEN, CONNECT, *_PATHS})
"""Events of Python, to be handed to `hear`."""

_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_NOT_WRITTEN = frozenset({"ro", "memory"})


class _Thread(threading.local):
    """What the hook knows from one event to the next of its thread."""

    asks = False
    only_reads: str = ""


_thread = _Thread()


def install() -> None:
    """Watch databases, too; doing it again changes nothing."""
    if not hasattr(sqlite3.connect, "__wrapped__"):
        sqlite3.connect = sqlite3.dbapi2.connect = _connect(sqlite3.connect)


def hear(event: str, args: tuple[Any, ...]) -> None:
    """Take an event of Python; what may not be raises.

    Raises:
        OSError: the app that runs may not change that file.
    """
    if event == OPEN and not args[2] & _WRITES:
        return  # most files are read
    now = running()
    if now is None or _thread.asks:
        return
    _thread.asks = True  # asking opens files, too
    try:
        for path, change in _changes(event, args):
            may_write = now.host.changes_file(now, path, change)
            _thread.only_reads = "" if may_write else path
    finally:
        _thread.asks = False


def _changes(event: str, args: tuple[Any, ...]) -> Iterator[tuple[str, Change]]:
    if event == OPEN:
        yield from _named(args[0], Change.GROW)
    elif event == CONNECT:
        yield from _named(_database(args[0]), Change.CONNECT)
    else:
        for place, change in _PATHS[event]:
            yield from _named(args[place], change)


def _named(path: Any, change: Change) -> Iterator[tuple[str, Change]]:
    """Yield the path without any link in it; nothing for a file that is open already."""
    if isinstance(path, str | bytes | os.PathLike) and path:
        name = os.fsdecode(path)
        # A link itself is taken away, and not what it leads to.
        folder, last = os.path.split(name)
        taken = os.path.join(os.path.realpath(folder), last)
        yield (taken if change is Change.TAKE else os.path.realpath(name)), change


def _database(named: Any) -> str:
    """Return the file of a database that is opened for writing; "" if there is none."""
    name = os.fsdecode(named) if isinstance(named, str | bytes | os.PathLike) else ""
    if name == ":memory:":
        return ""
    if not name.startswith("file:"):
        return name
    parts = urlsplit(name)
    asked = parse_qs(parts.query)
    is_read = "immutable" in asked or _NOT_WRITTEN.intersection(asked.get("mode", ()))
    return "" if is_read else unquote(parts.path)


def _connect(original: Callable[..., sqlite3.Connection]) -> Any:
    """Let a database only be read that the app may not change. Python tells of a connection before
    it is made, and not after.
    """

    @functools.wraps(original)
    def connect(*args: Any, **kwargs: Any) -> sqlite3.Connection:
        _thread.only_reads = ""
        connection = original(*args, **kwargs)
        if _thread.only_reads:
            _thread.only_reads = ""
            connection.execute("PRAGMA query_only = ON").close()
        return connection

    return connect
