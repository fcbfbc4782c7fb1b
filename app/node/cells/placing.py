"""What tabs have of apps: given to the version that they get, in its cell."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Protocol

from app.bridge.states.instances import Delta
from app.bridge.types import BaseState
from app.cell.loading.version import LoadedVersion
from app.cell.serving import messages as say
from app.cell.serving.frames import Kind
from app.cell.values import written
from app.cell.values.carry import Lost
from app.cell.values.upgrading import StateName
from app.node.cells.heard import problem_of
from app.node.cells.remote import CellEnded
from app.node.cells.versions import VersionInCell
from app.node.observe.observed import Observed
from app.node.sessions.journal import Journal
from app.node.sessions.sessions import Session
from app.source.problems import Problem


@dataclass(frozen=True)
class Placed:
    """What came of it.

    Attributes:
        states: every var as the browser sees it; empty when it has them already.
        problems: what could not be carried over, and what computed vars raised.
    """

    states: Delta
    problems: tuple[Problem, ...] = ()


class Placing(Protocol):
    """Gives versions what tabs have of their apps. The tab's state lock is held."""

    async def open(self, session: Session, root: BaseState, version: LoadedVersion) -> Placed:
        """Let a tab have a version.

        Raises whatever keeps the version from taking its values.
        """
        ...

    async def move(self, session: Session, root: BaseState, version: LoadedVersion) -> Placed:
        """Move a tab from the version that it has to another; on an error it stays where it is.

        Raises whatever `upgrade` or a computed var of the new version raises.
        """
        ...

    async def take_out(self, session: Session, root: BaseState, version: LoadedVersion) -> None:
        """Put aside what a tab has of a version."""
        ...

    async def rehearse(self, session: Session, version: LoadedVersion) -> None:
        """Let a version's `upgrade` see the values that a tab has; nothing changes.

        Raises whatever it raises.
        """
        ...

    async def store(
        self, session: Session, root: BaseState, version: LoadedVersion, values: dict[str, Any]
    ) -> None:
        """Take values of the browser's storage for a version that a tab has."""
        ...

    async def renew(self, session: Session, root: BaseState, version: LoadedVersion) -> Delta:
        """Compute all computed vars anew; return what changed for the browser.

        Raises whatever they raise.
        """
        ...


class CellPlacing:
    """See the module.

    Args:
        observed: told of errors, and of values that a version could not take as they were.
        introduce: called with a version before a page of an organisation opens in it.
        revive: starts the cell of a version anew that ended.
    """

    def __init__(
        self,
        observed: Observed,
        introduce: Callable[[VersionInCell, str], None],
        revive: Callable[[VersionInCell], Awaitable[None]],
    ) -> None:
        self._observed = observed
        self._introduce = introduce
        self._revive = revive

    async def open(self, session: Session, root: BaseState, version: LoadedVersion) -> Placed:
        """See `Placing`."""
        return await self.move(session, root, version)

    async def move(self, session: Session, root: BaseState, version: LoadedVersion) -> Placed:
        """See `Placing`."""
        new, app_id = _in_cell(version), version.info.id
        session.use_root(root)
        if new.cell.is_over:
            await self._revive(new)
        before = session.attached.get(app_id)
        is_there = before is new and session.token in new.cell.tabs
        values = b"" if is_there else await self._values(session, app_id, before)
        stored = session.stored.take(app_id)
        order = say.Open(
            tab=session.token,
            who=_who(session),
            router=root.router_data,
            stored=stored,
            all_states=not is_there or stored is not None or app_id not in session.merged,
        )
        opened, blob = await self._open(session, new, order, values)
        if isinstance(before, VersionInCell) and before is not new:
            await self._leave(session, before)
        session.values.pop(app_id, None)
        session.attach(new)
        if not is_there or opened.values:
            began = blob[len(blob) - opened.values :] if opened.values else _nothing(new)
            session.journals[app_id] = Journal(began)
        return self._placed(new, opened, blob[: len(blob) - opened.values])

    async def _open(
        self, session: Session, new: VersionInCell, order: say.Open, values: bytes
    ) -> tuple[say.Opened, bytes]:
        app_id = new.info.id
        session.held.setdefault(app_id, [])
        self._introduce(new, session.actor.organisation.id)
        try:
            text, blob = await new.cell.ask(Kind.OPEN, order, values)
        except BaseException:
            session.held.pop(app_id, None)
            if app_id not in session.attached and values:
                session.values[app_id] = values
            raise
        new.cell.tabs.add(session.token)
        return say.Opened.model_validate_json(text), blob

    def _placed(self, new: VersionInCell, opened: say.Opened, states: bytes) -> Placed:
        lost = [Lost(one.name, one.why, one.file) for one in opened.lost]
        problems = self._observed.not_carried(new, lost)
        entries = [
            self._observed.failed_there(new, "opening", problem_of(one)) for one in opened.failed
        ]
        found: Delta = json.loads(states) if states else {}
        return Placed(found, (*problems, *(entry.problem for entry in entries)))

    async def take_out(self, session: Session, root: BaseState, version: LoadedVersion) -> None:
        """See `Placing`."""
        app_id = version.info.id
        session.values[app_id] = await self._values(session, app_id, version)
        await self._leave(session, _in_cell(version))
        session.journals.pop(app_id, None)
        session.detach(app_id)

    async def rehearse(self, session: Session, version: LoadedVersion) -> None:
        """See `Placing`."""
        app_id = version.info.id
        values = await self._values(session, app_id, session.attached.get(app_id))
        if values:
            order = say.Open(tab=session.token, who=_who(session))
            await _in_cell(version).cell.ask(Kind.REHEARSE, order, values)

    async def store(
        self, session: Session, root: BaseState, version: LoadedVersion, values: dict[str, Any]
    ) -> None:
        """See `Placing`."""
        order = say.Store(tab=session.token, values=values)
        await _in_cell(version).cell.ask(Kind.STORE, order)

    async def renew(self, session: Session, root: BaseState, version: LoadedVersion) -> Delta:
        """See `Placing`."""
        _, blob = await _in_cell(version).cell.ask(Kind.RENEW, say.OfTab(tab=session.token))
        delta: Delta = json.loads(blob)
        return delta

    async def values_of(self, session: Session, version: LoadedVersion) -> bytes:
        """Return what a tab has of a version; it stays there."""
        return await self._values(session, version.info.id, version)

    async def _values(self, session: Session, app_id: str, before: LoadedVersion | None) -> bytes:
        """Return what a tab has of an app, wherever it is; it stays there."""
        if not isinstance(before, VersionInCell):
            return session.values.get(app_id, b"")
        if session.token in before.cell.tabs:
            try:
                _, values = await before.cell.ask(Kind.PARK, say.OfTab(tab=session.token))
            except CellEnded:
                pass  # what it told before its end is all that is left
            else:
                return values
        journal = session.journals.get(app_id)
        return journal.values() if journal is not None else b""

    async def _leave(self, session: Session, version: VersionInCell) -> None:
        """Let a cell forget a tab; what runs in the background goes on."""
        version.cell.forget(session.token)
        version.cell.tabs.discard(session.token)
        version.cell.left.add(session.token)
        try:
            await version.cell.ask(Kind.LEAVE, say.OfTab(tab=session.token))
        except CellEnded:
            return


def _who(session: Session) -> say.Who:
    actor = session.actor
    return say.Who(
        user=(actor.user.id, actor.user.name, actor.user.email),
        organisation=(actor.organisation.id, actor.organisation.name),
        roles=actor.roles,
    )


def _nothing(version: VersionInCell) -> bytes:
    """Return the values of a tab that has just been opened in a version."""
    info, facts = version.info, version.facts
    names = {state: StateName(*name) for state, name in facts.names.items()}
    return written.nothing(info.version, info.number, version.source.digest, names)


def _in_cell(version: LoadedVersion) -> VersionInCell:
    if not isinstance(version, VersionInCell):
        raise TypeError(f"{version.info.id} runs in no cell")
    return version
