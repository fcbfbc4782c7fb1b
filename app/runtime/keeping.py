"""What people have in open pages, kept while no server runs.

A server that is stopped writes down the values of its sessions. A tab that connects to the next
gets its own back, by name and type as after a swap (`carry.py`), so that the code may be another
one by then. What cannot be written down (a connection, a lock, a task) begins anew.

Written with pickle, each var by itself: one that cannot be read any more takes nothing with it.
No class of a client app is ever written (`values.py`) or looked for. The shelf lets nobody but this
server write what is read here.
"""

from __future__ import annotations

import asyncio
import io
import pickle
from collections.abc import Mapping
from typing import Any, Protocol

import structlog

from app.bridge import instances
from app.bridge.client_code import is_client_module
from app.bridge.outbox import Outbox
from app.runtime.carry import Parked, Var, park
from app.runtime.sessions import Session, Sessions

log = structlog.get_logger("graft")

SECONDS = 3.0
"""How long writing down may take in all: whoever stops a server waits for it."""

EACH_SECONDS = 0.25
"""How long a session that is busy is waited for."""

LARGEST = 16 * 1024 * 1024
"""Bytes that are kept of one session."""


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


class Keeper:
    """Puts sessions on a shelf, and takes them from it."""

    def __init__(self, sessions: Sessions, outbox: Outbox, shelf: Shelf) -> None:
        self._sessions = sessions
        self._outbox = outbox
        self._shelf = shelf

    async def put_aside(self) -> None:
        """Keep all sessions that have something to keep; called when the server stops."""
        waiting = [session for session in self._sessions if session.attached or session.parked]
        kept = 0
        try:
            async with asyncio.timeout(SECONDS):
                for session in waiting:
                    kept += await self._put_aside(session)
        except TimeoutError:
            log.warning("stopping did not wait for all open pages", pages=len(waiting))
        if waiting:
            log.info("open pages kept for the next start", kept=kept, of=len(waiting))

    def give_back(self, session: Session) -> None:
        """Give a new session what was kept for its tab."""
        content = self._shelf.take(session.token)
        if content is None:
            return
        try:
            parked, previews = read(content)
        except Exception as error:
            log.warning("an open page could not be taken over", why=str(error))
            return
        session.parked.update(parked)
        session.previews.update(previews)
        session.cut.update(parked)  # nothing that ran outlives a server

    async def _put_aside(self, session: Session) -> bool:
        try:
            async with (
                asyncio.timeout(EACH_SECONDS),
                self._outbox.locked(session.token) as root,
            ):
                session.use_root(root)
                parked = dict(session.parked)
                for app_id, version in session.attached.items():
                    found = instances.find(root, version.tree)
                    parked[app_id] = park(found, version.info.version)
                content = write(parked, session.previews)
        except TimeoutError:
            log.warning("an open page was too busy to be kept", user=session.actor.user.id)
            return False
        except Exception as error:  # an app's values, such as some that are nested without end
            why = f"{type(error).__name__}: {error}"
            log.warning("an open page cannot be kept", user=session.actor.user.id, why=why)
            return False
        if len(content) > LARGEST:
            log.warning("an open page is too large to be kept", bytes=len(content))
            return False
        self._shelf.put(session.token, content)
        return True


def write(parked: Mapping[str, Parked], previews: Mapping[str, str]) -> bytes:
    """Return values of apps, and the previews that were opened, as bytes."""
    apps = {
        app_id: (
            one.version,
            {
                state: {
                    name: (content, var.type, var.is_default)
                    for name, var, content in _written(found)
                }
                for state, found in one.states.items()
            },
        )
        for app_id, one in parked.items()
    }
    return pickle.dumps((apps, dict(previews)))


def read(content: bytes) -> tuple[dict[str, Parked], dict[str, str]]:
    """Return what `write` wrote, without what cannot be read any more.

    Raises whatever pickle raises when the content is none of it.
    """
    apps, previews = _Reader(io.BytesIO(content)).load()
    parked = {
        app_id: Parked(version, {state: _read(found) for state, found in states.items()})
        for app_id, (version, states) in apps.items()
    }
    return parked, previews


def _written(found: Mapping[str, Var]) -> list[tuple[str, Var, bytes]]:
    written = []
    for name, var in found.items():
        try:
            written.append((name, var, pickle.dumps(var.value)))
        except Exception as error:  # pickle lets through whatever an object raises
            log.debug("a value is not kept", var=name, why=str(error))
    return written


def _read(found: Mapping[str, tuple[bytes, str, bool]]) -> dict[str, Var]:
    vars_: dict[str, Var] = {}
    for name, (content, type_, is_default) in found.items():
        try:
            vars_[name] = Var(_Reader(io.BytesIO(content)).load(), type_, is_default)
        except Exception as error:
            log.debug("a value cannot be taken over", var=name, why=str(error))
    return vars_


class _Reader(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if is_client_module(module):
            raise pickle.UnpicklingError(f"{module}.{name} belongs to a client app")
        return super().find_class(module, name)
