"""Watching apps and nodes: logs, errors, how much an app is used."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass

from app.core import accounts
from app.kernel.errors import Invalid, Unavailable
from app.node.observe.applog import LINES_PER_APP, Line
from app.node.observe.error_lists import AppErrorEntry
from app.node.observe.usage import MINUTES, Minute
from app.platform.described import Viewers
from app.platform.gate import Gate
from app.platform.node import FolderUse, Node, NodeFacts, Settled
from app.platform.permissions import Action, Requester, may

MAX_FOLLOWING = 200
"""Logs that are followed at once on a node: each may keep some megabytes for a slow reader."""


SHARED_BY_ALL = "shared by all organisations"
OTHERS = "other organisations"


@dataclass(frozen=True, slots=True)
class AppUsage:
    """How much an app is used.

    Attributes:
        now: who has it open.
        minutes: opens, events, errors and latency by the minute, the oldest first.
    """

    now: Viewers
    minutes: Sequence[Minute]


@dataclass(frozen=True, slots=True)
class KeptFolder:
    """What an app keeps in one of its folders on a node.

    Attributes:
        organisation: id of the organisation whose folder it is; None: it is shared, or those of
            organisations of which the requester may not know are taken together.
        name: of the organisation, or what else it is.
        files: how many files are in it.
        size: their bytes.
    """

    organisation: str | None
    name: str
    files: int
    size: int


@dataclass(frozen=True, slots=True)
class Keeping:
    """What an app keeps: the bytes that each of its folders may hold, and what is in them."""

    quota: int
    folders: Sequence[KeptFolder]


class Watching:
    """What can be seen of apps that run.

    Args:
        gate: checks who asks.
        node: knows it.
    """

    def __init__(self, gate: Gate, node: Node) -> None:
        self._gate = gate
        self._node = node
        self._following = 0

    async def log(
        self, who: Requester, app_id: str, *, limit: int = LINES_PER_APP
    ) -> Sequence[Line]:
        """Return the newest log lines of an app, the oldest first.

        Each is a mapping of at least "event", "level" and "at". Secrets are not in them.

        Raises:
            NotFound: there is no such app, or the requester may not know of it; so everywhere here.
            Invalid: `limit` is not from 0 to 500.
        """
        await self._gate.app(who, app_id, Action.SEE)
        return await self._node.lines(app_id, _within("limit", limit, 0, LINES_PER_APP))

    async def follow(
        self, who: Requester, app_id: str, *, backlog: int = 0
    ) -> AsyncGenerator[Line, None]:
        """Return the last `backlog` log lines of an app and then each new one, without end.

        Whoever reads too slowly gets a line {"event": "lines missed", "missed": n} in place of
        those that were dropped. Whoever reads closes it at the end, and asks again from time to
        time whether the requester may still see the app.

        Raises:
            Invalid: `backlog` is not from 0 to 500.
            Unavailable: too many follow logs at the moment.
        """
        await self._gate.app(who, app_id, Action.SEE)
        wanted = _within("backlog", backlog, 0, LINES_PER_APP)
        if self._following >= MAX_FOLLOWING:
            raise Unavailable("too many people follow logs at the moment: try again later")
        return self._followed(self._node.follow(app_id, wanted))

    async def errors(self, who: Requester, app_id: str) -> Sequence[AppErrorEntry]:
        """Return the errors of an app since the node started, the latest first, each with the
        traceback of its last occurrence and how often it happened.
        """
        await self._gate.app(who, app_id, Action.SEE)
        return await self._node.errors(app_id)

    async def serving(self, who: Requester, app_id: str) -> Settled:
        """Return what the node serves of an app now, and why that is not what was decided."""
        await self._gate.app(who, app_id, Action.SEE)
        return await self._node.serving(app_id)

    async def usage(self, who: Requester, app_id: str, *, minutes: int = 60) -> AppUsage:
        """Return how much an app was used in the last minutes, up to a day.

        Raises:
            Invalid: `minutes` is not from 1 to 1440.
        """
        await self._gate.app(who, app_id, Action.SEE)
        wanted = _within("minutes", minutes, 1, MINUTES)
        return AppUsage(await self._node.viewers(app_id), await self._node.usage(app_id, wanted))

    async def folders(self, who: Requester, app_id: str) -> Keeping:
        """Return what an app keeps in its folders on this node.

        Whoever does not look after the server gets what is of other organisations as one.
        """
        await self._gate.app(who, app_id, Action.SEE)
        found = await self._node.folders(app_id)
        known = {each.id: each.name for each in await accounts.all_organisations(self._gate.core)}
        sees_all, home = may(who, Action.OPERATE), who.actor.organisation.id
        shown: list[KeptFolder] = []
        others = list[FolderUse]()
        for use in found:
            if use.organisation is None:
                shown.append(KeptFolder(None, SHARED_BY_ALL, use.files, use.size))
            elif sees_all or use.organisation == home:
                name = known.get(use.organisation, use.organisation)
                shown.append(KeptFolder(use.organisation, name, use.files, use.size))
            else:
                others.append(use)
        if others:
            files, size = sum(use.files for use in others), sum(use.size for use in others)
            shown.append(KeptFolder(None, OTHERS, files, size))
        return Keeping(self._node.folder_quota(app_id), shown)

    async def nodes(self, who: Requester) -> Sequence[NodeFacts]:
        """Return the nodes of the server.

        Raises:
            NotAllowed: the requester does not look after the server.
        """
        await self._gate.require(who, Action.OPERATE, "nodes")
        return await self._node.all()

    async def _followed(self, lines: AsyncGenerator[Line, None]) -> AsyncGenerator[Line, None]:
        self._following += 1
        try:
            async with aclosing(lines):
                async for line in lines:
                    yield line
        finally:
            self._following -= 1


def _within(name: str, value: int, least: int, most: int) -> int:
    if not least <= value <= most:
        raise Invalid(f"{name} must be from {least} to {most}, not {value}")
    return value
