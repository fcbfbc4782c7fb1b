"""Reading the audit log: an operator all of it, an admin what was done for their organisation."""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator, Collection, Mapping
from functools import partial

from app.core import accounts, audit
from app.core.audit import Filter, Format, Page
from app.platform.gate import Gate
from app.platform.permissions import Action, Requester, may


class AuditLog:
    """Who did what, when and from where.

    Args:
        gate: checks who asks.
    """

    def __init__(self, gate: Gate) -> None:
        self._gate = gate
        self._core = gate.core

    async def query(
        self,
        who: Requester,
        wanted: Filter | None = None,
        *,
        limit: int = 100,
        before: int | None = None,
    ) -> Page:
        """Return entries, the newest first.

        Args:
            who: the requester.
            wanted: which ones; whoever is no operator gets those of their organisation.
            limit: at most so many, 1 to 1000.
            before: `Page.next` of the page before, to get the next page.

        Raises:
            NotAllowed: the requester may not read it.
            Invalid: `limit` is out of range.
        """
        return await audit.query(
            self._core,
            await self._own(who, wanted),
            limit=limit,
            before=before,
            naming=partial(self.names, who),
        )

    async def export(
        self, who: Requester, wanted: Filter | None = None, *, format: Format = "jsonl"
    ) -> AsyncIterator[bytes]:
        """Return all entries up to now as a stream, the oldest first; see `audit.export`.

        Raises:
            NotAllowed: the requester may not read it.
        """
        own, naming = await self._own(who, wanted), partial(self.names, who)
        return audit.export(self._core, own, format=format, naming=naming)

    async def names(self, who: Requester, ids: Collection[str]) -> Mapping[str, str]:
        """Return what the users and organisations are called that the ids in entries stand for.

        Whoever is no operator learns only who is in their own organisation.
        """
        home = None if may(who, Action.OPERATE) else who.actor.organisation.id
        return await accounts.names_of(self._core, ids, home)

    async def _own(self, who: Requester, wanted: Filter | None) -> Filter:
        await self._gate.require(who, Action.AUDIT, "audit")
        wanted = wanted or Filter()
        if may(who, Action.OPERATE):
            return wanted
        return dataclasses.replace(wanted, organisation_id=who.actor.organisation.id)
