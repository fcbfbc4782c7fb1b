"""What people have in open pages, kept while no server runs.

A server that is stopped writes down the values of its sessions. A tab that connects to the next
gets its own back, by name and type as after a swap (`carry.py`), so that the code may be another
one by then. What cannot be written down (a connection, a lock, a task) begins anew.

How values are written is in `app.cell.values.written`. The shelf lets nobody but this server write
what is read here.
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import Protocol

import structlog

from app.bridge.sockets.outbox import Outbox
from app.cell.attach import parked_now
from app.cell.loading.version import LoadedVersion
from app.cell.values import written
from app.cell.values.parked import Parked
from app.node.sessions.sessions import Session, Sessions

_NONE: Mapping[str, bytes] = {}

log = structlog.get_logger("graft")

SECONDS = 3.0
"""How long writing down may take in all: whoever stops a server waits for it."""

EACH_SECONDS = 0.25
"""How long a session that is busy is waited for."""

LARGEST = 16 * 1024 * 1024
"""Bytes that are kept of one session."""

FORMAT_OF_SESSIONS = 5
"""Of what is written. What another version of Graft wrote is not read."""


@dataclass(frozen=True)
class Written:
    """What is kept of a session, and the names of the vars that cannot be written down."""

    content: bytes
    without: tuple[str, ...]


class Shelf(Protocol):
    """Where the values of sessions wait for their tabs."""

    def put(self, token: str, content: bytes) -> None:
        """Keep what belongs to a session."""
        ...

    def take(self, token: str) -> bytes | None:
        """Return what belongs to a session, once."""
        ...


class NoShelf:
    """Keeps nothing."""

    def put(self, token: str, content: bytes) -> None:
        """See `Shelf`."""

    def take(self, token: str) -> bytes | None:
        """See `Shelf`."""
        return None


ValuesOf = Callable[[Session, LoadedVersion], Awaitable[bytes]]


class Keeper:
    """Puts sessions on a shelf, and takes them from it.

    Attributes:
        values_of: asks cells for the values of tabs; None: they are in this process.
    """

    def __init__(self, sessions: Sessions, outbox: Outbox, shelf: Shelf) -> None:
        self._sessions = sessions
        self._outbox = outbox
        self._shelf = shelf
        self._without: Counter[str] = Counter()
        self.values_of: ValuesOf | None = None

    async def put_aside(self) -> None:
        """Keep all sessions that have something to keep; called when the server stops."""
        waiting = [s for s in self._sessions if s.attached or s.parked or s.values]
        kept = 0
        self._without.clear()
        try:
            async with asyncio.timeout(SECONDS):
                for session in waiting:
                    kept += await self._put_aside(session)
        except TimeoutError:
            log.warning("stopping did not wait for all open pages", pages=len(waiting))
        if waiting:
            log.info("open pages kept for the next start", kept=kept, of=len(waiting))
        if self._without:
            log.warning(
                "values that cannot be kept over a restart begin anew", vars=dict(self._without)
            )

    def give_back(self, session: Session) -> None:
        """Give a new session what was kept for its tab."""
        content = self._shelf.take(session.token)
        if content is None:
            return
        try:
            values, previews = read_values(content)
            if self.values_of is not None:
                session.values.update(values)
            else:
                session.parked.update(read(content)[0])
        except Exception as error:
            log.warning("an open page could not be taken over", why=str(error))
            return
        session.previews.update(previews)
        session.cut.update(values)  # nothing that ran outlives a server

    async def _put_aside(self, session: Session) -> bool:
        try:
            async with (
                asyncio.timeout(EACH_SECONDS),
                self._outbox.locked(session.token) as root,
            ):
                session.use_root(root)
                parked = dict(session.parked)
                values = dict(session.values)
                for app_id, version in session.attached.items():
                    if self.values_of is not None:
                        values[app_id] = await self.values_of(session, version)
                    else:
                        parked[app_id] = parked_now(session, root, version)
                found = write(parked, session.previews, values)
                if len(found.content) > LARGEST:  # better without what former versions had
                    bare = {app_id: replace(one, asides={}) for app_id, one in parked.items()}
                    found = write(bare, session.previews, values)
        except TimeoutError:
            log.warning("an open page was too busy to be kept", user=session.actor.user.id)
            return False
        except Exception as error:  # an app's values, such as some that are nested without end
            why = f"{type(error).__name__}: {error}"
            log.warning("an open page cannot be kept", user=session.actor.user.id, why=why)
            return False
        if len(found.content) > LARGEST:
            log.warning("an open page is too large to be kept", bytes=len(found.content))
            return False
        self._without.update(found.without)
        self._shelf.put(session.token, found.content)
        return True


def write(
    parked: Mapping[str, Parked], previews: Mapping[str, str], values: Mapping[str, bytes] = _NONE
) -> Written:
    """Return values of apps, and the previews that were opened, as bytes.

    Args:
        parked: by app id.
        previews: app id -> id of a preview.
        values: by app id, those that are bytes already.
    """
    without: list[str] = []
    apps = {id: written.to_bytes(one, without, f"{id} ") for id, one in parked.items()}
    apps |= values
    sizes = [[id, len(content)] for id, content in apps.items()]
    head = json.dumps(
        {"format": FORMAT_OF_SESSIONS, "apps": sizes, "previews": dict(previews)}
    ).encode()
    content = b"".join([len(head).to_bytes(4, "big"), head, *apps.values()])
    return Written(content, tuple(without))


def read(content: bytes) -> tuple[dict[str, Parked], dict[str, str]]:
    """Return what `write` wrote, without what cannot be read any more.

    Raises:
        ValueError, KeyError: it is none of that, or another version of Graft wrote it.
    """
    values, previews = read_values(content)
    return {app_id: written.from_bytes(one) for app_id, one in values.items()}, previews


def read_values(content: bytes) -> tuple[dict[str, bytes], dict[str, str]]:
    """Return what `write` wrote: the values of each app as they are, and the previews.

    Raises:
        ValueError, KeyError: it is none of that.
    """
    at = 4 + int.from_bytes(content[:4], "big")
    head = json.loads(content[4:at]) if content[4:5] == b"{" else {}
    if head.get("format") != FORMAT_OF_SESSIONS:
        raise ValueError("another version of Graft wrote it")
    apps = {}
    for app_id, size in head["apps"]:
        apps[app_id] = content[at : at + size]
        at += size
    return apps, dict(head["previews"])
