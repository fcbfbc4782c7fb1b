"""Who is told when what is served changes."""

from __future__ import annotations

from typing import Protocol

from app.cell.compiling.es_module import AppModule
from app.cell.loading.version import Version
from app.node.releases.catalog import AppRecord
from app.source.problems import Problem


class Followers(Protocol):
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
