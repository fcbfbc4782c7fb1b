"""Who asks may do it, or is refused and audited. Everything the platform does begins here."""

from __future__ import annotations

from contextlib import AbstractContextManager

from app.core import apps, audit
from app.core.actor import Actor, acting_as
from app.core.apps import App, Visibility
from app.core.context import Core
from app.core.errors import NotFound
from app.platform.permissions import Action, NotAllowed, Requester, may, require


class Gate:
    """Asks `permissions`, and writes refusals to the audit log.

    Args:
        core: records and audit log.
    """

    def __init__(self, core: Core) -> None:
        self.core = core

    async def app(self, who: Requester, app_id: str, action: Action) -> App:
        """Return an app with which the requester may do something.

        Who may not even see it learns nothing: it is not found.

        Raises:
            NotFound: there is none, or the requester may not know of it.
            NotAllowed: the requester may see it, but not do this.
        """
        app = await apps.get(self.core, app_id)
        if not may(who, Action.SEE, app.visible_to):
            await self._note(who, action, app_id)
            raise NotFound(f"there is no app {app_id}")
        await self.require(who, action, app_id, app.visible_to)
        return app

    async def require(
        self,
        who: Requester,
        action: Action,
        target: str = "",
        visibility: Visibility | None = None,
    ) -> None:
        """Refuse unless the requester may do something; see `permissions.may`.

        Raises:
            NotAllowed: the requester may not.
        """
        try:
            require(who, action, visibility)
        except NotAllowed:
            await self._note(who, action, target)
            raise

    def acting(self, who: Requester) -> AbstractContextManager[Actor]:
        """Run the block in the name of the requester."""
        return acting_as(who.actor)

    async def _note(self, who: Requester, action: Action, target: str) -> None:
        with self.acting(who):
            await audit.refused(self.core, action.name.lower(), target)
