"""Which version of an app a tab gets."""

from __future__ import annotations

from app.cell.loading.version import Version
from app.node.releases.catalog import AppRecord
from app.node.releases.releases import Releases
from app.node.sessions.sessions import Session
from app.source.problems import AppError


class Chooser:
    """Chooses versions for sessions.

    Args:
        releases: has them, and loads them.
    """

    def __init__(self, releases: Releases) -> None:
        self._releases = releases

    async def version_for(self, session: Session, record: AppRecord) -> Version:
        """Return the version of an app that a session gets: the current one or one that it
        previews. It is loaded if this is its first opening.

        A preview that does not load takes nothing from whoever has it.

        Raises:
            AppError: none can be loaded.
        """
        number = record.access.preview_for(session.actor, session.previews.get(record.id))
        try:
            return await self._releases.version_of(record.id, number)
        except AppError:
            if number is None or not record.released:
                raise
        return await self._releases.version_of(record.id)
