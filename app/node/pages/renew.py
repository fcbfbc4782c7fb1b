"""After a change of settings: every open page of the app shows what follows from the new ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from app.bridge import instances, registration
from app.bridge.outbox import Outbox
from app.bridge.types import BaseState
from app.node.events.scopes import Scopes
from app.node.observe.observed import Observed
from app.node.pages.messages import as_delta
from app.node.pages.opening import Opener
from app.node.pages.swap import Swapper
from app.node.sessions.sessions import Session, Sessions


class Renewer:
    """Brings open pages to the settings of the moment.

    Args:
        sessions: the node's sessions.
        outbox: ways to the sessions.
        opener: says what is shown over a page.
        observed: checks settings, and is told of errors.
        scopes: in which code of apps runs.
        swapper: tells the pages that watch all apps.
        renew: the core's event that brings a page to the settings of the moment.
        show_details: whether people may see what is wrong (development mode).
    """

    def __init__(
        self,
        sessions: Sessions,
        outbox: Outbox,
        opener: Opener,
        observed: Observed,
        scopes: Scopes,
        swapper: Swapper,
        renew: Any,
        *,
        show_details: bool,
    ) -> None:
        self._sessions = sessions
        self._outbox = outbox
        self._opener = opener
        self._observed = observed
        self._scopes = scopes
        self._swapper = swapper
        self._renew = renew
        self._show_details = show_details

    async def changed(self, app_id: str) -> None:
        """Check the settings of an app, and let its open pages follow, each in its own order."""
        wrong = self._observed.settings_changed(app_id)
        self._swapper.tell_watching(app_id)
        for session in self._sessions.viewing(app_id):
            if wrong is not None and self._show_details:
                message = self._opener.problems(app_id, (wrong,), "event")
                await self._outbox.send(session.token, as_delta(message))
            await self._outbox.enqueue(session.token, self._renew)

    async def page(self, session: Session, root: BaseState) -> Sequence[Any]:
        """Compute anew the computed vars of the page that a session shows, because no dependency
        tells that they read settings; return the events that the app wants to run then.

        The session's state lock is held.
        """
        version = session.attached.get(session.view.app_id) if session.view else None
        if version is None or version.entry.settings is None:
            return ()
        try:
            with (
                self._scopes.running(session, version),
                registration.active(session.registration),
            ):
                delta = await instances.renew_computed(root, version.tree)
                await self._outbox.send(session.token, delta)
        except Exception as error:
            # With these settings the page cannot be shown; it stays as it was.
            self._observed.failed(version, "settings", error)
            return ()
        return version.on_settings
