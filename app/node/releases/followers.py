"""Who is told when what is served changes.

Opening a page loads an app, and what was loaded concerns pages that are open. So that neither side
needs the other to be there first, releases tell whoever has asked to be told.
"""

from __future__ import annotations

from typing import Protocol

from app.cell.compiling.es_module import AppModule
from app.cell.loading.version import Version
from app.node.releases.catalog import AppRecord
from app.source.problems import Problem


class Follower(Protocol):
    """What follows the changes of what is served: open pages."""

    async def coming(self, app_id: str, module: AppModule) -> None:
        """Hear of the module of an app's next version, while the version is loaded."""
        ...

    async def refusal(self, version: Version) -> tuple[Problem, ...]:
        """Say why open pages cannot go on with a version that is loaded; nothing if they can.

        None of them is changed by that.
        """
        ...

    async def switched(
        self, record: AppRecord, previous: Version | None, *, shown: bool = True
    ) -> None:
        """Hear that an app changed.

        Args:
            record: the app as it is now.
            previous: the version that it served before, or another that is not served any more.
            shown: whether open pages of the app show anything of what changed.
        """
        ...


class Followers:
    """A `Follower` that tells all who asked, in the order in which they did."""

    def __init__(self) -> None:
        self._all: list[Follower] = []

    def add(self, follower: Follower) -> None:
        """Tell somebody of every change from now on."""
        self._all.append(follower)

    async def coming(self, app_id: str, module: AppModule) -> None:
        """See `Follower.coming`."""
        for follower in self._all:
            await follower.coming(app_id, module)

    async def refusal(self, version: Version) -> tuple[Problem, ...]:
        """See `Follower.refusal`; the first who says something decides."""
        for follower in self._all:
            problems = await follower.refusal(version)
            if problems:
                return problems
        return ()

    async def switched(
        self, record: AppRecord, previous: Version | None, *, shown: bool = True
    ) -> None:
        """See `Follower.switched`."""
        for follower in self._all:
            await follower.switched(record, previous, shown=shown)
