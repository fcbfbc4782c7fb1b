"""What people have in open pages, kept while no server runs.

A server that is stopped writes down the values of its sessions. A tab that connects to the next
gets its own back, by name and type as after a swap (`carry.py`), so that the code may be another
one by then. What cannot be written down (a connection, a lock, a task) begins anew.

Written with pickle, each var by itself: one that cannot be read any more takes nothing with it.
Classes of Graft's own are written by names of this format, and not by where they are.
No class of a client app is ever written (`values.py`) or looked for. The shelf lets nobody but this
server write what is read here.
"""

from __future__ import annotations

import asyncio
import copyreg
import io
import pickle
import types
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol

import structlog

from app.bridge.client_code import is_client_module
from app.bridge.sockets.outbox import Outbox
from app.cell.attach import parked_now
from app.cell.values.contents import Arguments, ModelParts
from app.cell.values.packed import (
    NOT_OVER_A_RESTART,
    Body,
    Former,
    Method,
    Packed,
    PackedObject,
    Partial,
    Reference,
    Refused,
    Subscripted,
)
from app.cell.values.parked import Aside, Parked, Var
from app.cell.values.rows import RowParts
from app.cell.values.upgrading import StateName
from app.node.sessions.sessions import Session, Sessions

log = structlog.get_logger("graft")

SECONDS = 3.0
"""How long writing down may take in all: whoever stops a server waits for it."""

EACH_SECONDS = 0.25
"""How long a session that is busy is waited for."""

LARGEST = 16 * 1024 * 1024
"""Bytes that are kept of one session."""

FORMAT = 4
"""Of what is written. What another version of Graft wrote is not read."""

_WrittenVar = tuple[bytes, str, bool, bool]


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


class Keeper:
    """Puts sessions on a shelf, and takes them from it."""

    def __init__(self, sessions: Sessions, outbox: Outbox, shelf: Shelf) -> None:
        self._sessions = sessions
        self._outbox = outbox
        self._shelf = shelf
        self._without: Counter[str] = Counter()

    async def put_aside(self) -> None:
        """Keep all sessions that have something to keep; called when the server stops."""
        waiting = [session for session in self._sessions if session.attached or session.parked]
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
                    parked[app_id] = parked_now(session, root, version)
                written = write(parked, session.previews)
                if len(written.content) > LARGEST:  # better without what former versions had
                    bare = {app_id: replace(one, asides={}) for app_id, one in parked.items()}
                    written = write(bare, session.previews)
        except TimeoutError:
            log.warning("an open page was too busy to be kept", user=session.actor.user.id)
            return False
        except Exception as error:  # an app's values, such as some that are nested without end
            why = f"{type(error).__name__}: {error}"
            log.warning("an open page cannot be kept", user=session.actor.user.id, why=why)
            return False
        if len(written.content) > LARGEST:
            log.warning("an open page is too large to be kept", bytes=len(written.content))
            return False
        self._without.update(written.without)
        self._shelf.put(session.token, written.content)
        return True


def write(parked: Mapping[str, Parked], previews: Mapping[str, str]) -> Written:
    """Return values of apps, and the previews that were opened, as bytes."""
    without: list[str] = []
    apps = {
        app_id: {
            "version": one.version,
            "number": one.number,
            "source": one.source,
            "states": {
                state: _written(found, f"{app_id} {_label(one, state)}", without)
                for state, found in one.states.items()
            },
            "names": {state: (name.module, name.name) for state, name in one.names.items()},
            "asides": [
                (key, _written_var(aside.var)[0], aside.source, aside.taken)
                for key, found in one.asides.items()
                for aside in found.values()
            ],
        }
        for app_id, one in parked.items()
    }
    return Written(pickle.dumps((FORMAT, apps, dict(previews))), tuple(without))


def read(content: bytes) -> tuple[dict[str, Parked], dict[str, str]]:
    """Return what `write` wrote, without what cannot be read any more.

    Raises:
        ValueError: another version of Graft wrote it.
    Raises also whatever pickle raises when the content is none of it.
    """
    found = _Reader(io.BytesIO(content)).load()
    if found[0] != FORMAT:
        raise ValueError("another version of Graft wrote it")
    _, apps, previews = found
    return {app_id: _parked(written) for app_id, written in apps.items()}, previews


def _parked(written: Mapping[str, Any]) -> Parked:
    asides: dict[tuple[str, str], dict[str, Aside]] = {}
    for key, content, source, taken in written["asides"]:
        var = _read_var(key[1], content)
        asides.setdefault(key, {})[var.type] = Aside(var, source, taken)
    return Parked(
        version=written["version"],
        number=written["number"],
        source=written["source"],
        states={
            state: {name: _read_var(name, content) for name, content in found.items()}
            for state, found in written["states"].items()
        },
        names={state: StateName(*name) for state, name in written["names"].items()},
        asides=asides,
    )


def _label(parked: Parked, state: str) -> str:
    return parked.names[state].name if state in parked.names else state


def _written(found: Mapping[str, Var], state: str, without: list[str]) -> dict[str, _WrittenVar]:
    written: dict[str, _WrittenVar] = {}
    for name, var in found.items():
        content, is_whole = _written_var(var)
        if not is_whole:
            without.append(f"{state}.{name}")
        if is_whole or not var.is_default:
            written[name] = content
    return written


def _written_var(var: Var) -> tuple[_WrittenVar, bool]:
    """Return what is written of a var, and whether that is all of it. What cannot be written says
    so where it was.
    """
    file = io.BytesIO()
    writer = _Writer(file, pickle.HIGHEST_PROTOCOL)
    is_whole = True
    try:
        writer.dump(var.value)
        content, is_whole = file.getvalue(), not writer.left_out
    except Exception as error:  # pickle lets through whatever an object raises
        file = io.BytesIO()
        _Writer(file, pickle.HIGHEST_PROTOCOL).dump(Packed(_not_over_a_restart(error)))
        content, is_whole = file.getvalue(), False
    return (content, var.type, var.is_default, var.is_unseen), is_whole


def _not_over_a_restart(error: Exception) -> Refused:
    return Refused(f"{NOT_OVER_A_RESTART} ({error})")


class _Writer(pickle.Pickler):
    """Writes a value without those of its parts that cannot be written (a lock, a connection)."""

    left_out = False

    def persistent_id(self, value: Any) -> str | None:
        return _NAME_OF.get(value) if isinstance(value, type | types.FunctionType) else None

    def reducer_override(self, value: Any) -> Any:
        if isinstance(value, types.MappingProxyType):
            return _view, (dict(value),)
        if isinstance(value, _BY_NAME) or type(value) in copyreg.dispatch_table:
            return NotImplemented
        try:
            return value.__reduce_ex__(pickle.HIGHEST_PROTOCOL)
        except Exception as error:
            self.left_out = True
            return Refused, (_not_over_a_restart(error).why,)


def _view(content: dict[Any, Any]) -> Any:
    return types.MappingProxyType(content)


_BY_NAME = (type, types.FunctionType, types.BuiltinFunctionType)

_NAMED: Mapping[str, Any] = {
    found.__name__.lstrip("_"): found
    for found in (
        Arguments,
        Body,
        Former,
        Method,
        ModelParts,
        Packed,
        PackedObject,
        Partial,
        Reference,
        Refused,
        RowParts,
        Subscripted,
        _view,
    )
}
"""What Graft writes of its own, by names of this format: whoever moves a class loses no value."""

_NAME_OF = {found: name for name, found in _NAMED.items()}


def _read_var(name: str, content: _WrittenVar) -> Var:
    value, type_, is_default, is_unseen = content
    try:
        return Var(_Reader(io.BytesIO(value)).load(), type_, is_default, is_unseen)
    except Exception as error:
        log.debug("a value cannot be taken over", var=name, why=str(error))
        return Var(Packed(Refused(f"it cannot be read after the restart ({error})")), type_)


class _Reader(pickle.Unpickler):
    def persistent_load(self, name: str) -> Any:
        return _NAMED[name]

    def find_class(self, module: str, name: str) -> Any:
        if is_client_module(module):
            raise pickle.UnpicklingError(f"{module}.{name} belongs to a client app")
        return super().find_class(module, name)
