"""Who asks may do it, or is refused and audited. Everything the platform does begins here."""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from contextlib import AbstractContextManager
from typing import TypeVar

from app.core import apps, audit
from app.core.apps import App, UrlTaken, Visibility
from app.core.context import Core
from app.kernel.actor import Actor, acting_as
from app.kernel.errors import NotFound
from app.platform.permissions import Action, NotAllowed, Requester, may, require, require_confirmed

T = TypeVar("T")
# What an app of others is called for whoever may not know of it.
_SOME_APP = "another app"


def name_for(who: Requester, app: App) -> str:
    """Return the id of an app, unless the requester may not know that there is one."""
    return app.id if may(who, Action.SEE, app.visible_to) else _SOME_APP


def _is_foreign(who: Requester, app: App) -> bool:
    """Tell whether nobody of the requester's organisation sees an app."""
    seeing = app.visible_to.organisations
    outside = seeing is not None and who.actor.organisation.id not in seeing
    return outside and not may(who, Action.OPERATE)


class Gate:
    """Asks `permissions`, and writes refusals to the audit log.

    Args:
        core: records and audit log.
    """

    def __init__(self, core: Core) -> None:
        self.core = core

    async def app(self, who: Requester, app_id: str, action: Action) -> App:
        """Return an app with which the requester may do something.

        Who may not even see it learns nothing: it is not found, in the same words, after the same
        work, and with the same entry in the audit log, which the requester may be able to read.

        Raises:
            NotFound: there is none, or the requester may not know of it.
            NotAllowed: the requester may see it, but not do this.
        """
        app = await self._if_any(app_id)
        if app is None or not may(who, Action.SEE, app.visible_to):
            if not may(who, Action.OPERATE):
                await self._note(who, action, app_id)
            raise NotFound(f"there is no app {app_id[:130]!r}")
        await self.require(who, action, app_id, app.visible_to)
        return app

    async def place(self, who: Requester, app_id: str, known: Sequence[App]) -> App | None:
        """Return the app that a package of this id would update, None if it would be a new one.

        An id that is free can be had, so trying would tell which apps others have. Therefore
        nothing new comes in under a client that has apps which the requester may not know of.

        Args:
            who: the requester.
            app_id: the package's.
            known: all apps, the deleted ones too.

        Raises:
            NotFound: the requester may not know of the app, or of others of its client.
            NotAllowed: the requester may see it, but not update it.
        """
        app = next((app for app in known if app.id == app_id), None)
        client = f"{app_id.partition('/')[0]}/"
        if app is not None:
            hidden = not may(who, Action.SEE, app.visible_to)
        else:
            hidden = any(_is_foreign(who, app) for app in known if app.id.startswith(client))
        if hidden:
            await self._note(who, Action.UPLOAD, app_id)
            text = f"there is no app {app_id[:130]!r}, and only an operator can add one to {client}"
            raise NotFound(text)
        if app is not None:
            await self.require(who, Action.UPLOAD, app_id, app.visible_to)
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
        """Run the block in the name of the requester. Whatever changes something is in one: here it
        is asked whether a person wants it.

        Raises:
            ConfirmationNeeded: a browser asks, and nobody proved lately that they sit at it.
        """
        require_confirmed(who)
        return acting_as(who.actor)

    async def hiding(self, who: Requester, work: Awaitable[T]) -> T:
        """Await `work`; who has a url that is taken is told only to those who may see that app."""
        try:
            return await work
        except UrlTaken as taken:
            owner = await self._if_any(taken.owner)
            if owner is not None and may(who, Action.SEE, owner.visible_to):
                raise
            raise UrlTaken(taken.url, _SOME_APP) from None

    async def _if_any(self, app_id: str) -> App | None:
        try:
            return await apps.get(self.core, app_id)
        except NotFound:
            return None

    async def _note(self, who: Requester, action: Action, target: str) -> None:
        with acting_as(who.actor):
            await audit.refused(self.core, action.name.lower(), target, source=who.actor.user.id)
