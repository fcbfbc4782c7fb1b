"""After a change of settings: every open page of the app shows what follows from the new ones."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from app.bridge.sockets.events import EventCall
from app.bridge.sockets.outbox import Outbox
from app.bridge.types import BaseState
from app.node.cells.placing import Placing
from app.node.observe.observed import Observed
from app.node.pages.problem_view import ProblemView
from app.node.pages.watching import Watching
from app.node.sessions.sessions import Session, Sessions


class Renewer:
    """Brings open pages to the settings of the moment.

    Attributes:
        before: told of a change before pages are; None where there is nobody.

    Args:
        sessions: the node's sessions.
        outbox: ways to the sessions.
        view: shows developers what is wrong.
        observed: checks settings, and is told of errors.
        placing: computes vars anew.
        watching: pages that watch all apps.
        renew: the core's event that brings a page to the settings of the moment.
    """

    def __init__(
        self,
        sessions: Sessions,
        outbox: Outbox,
        view: ProblemView,
        observed: Observed,
        placing: Placing,
        watching: Watching,
        renew: EventCall,
    ) -> None:
        self._sessions = sessions
        self._outbox = outbox
        self._view = view
        self._observed = observed
        self._placing = placing
        self._watching = watching
        self._renew = renew
        self.before: Callable[[str], Awaitable[None]] | None = None

    async def changed(self, app_id: str) -> None:
        """Check the settings of an app, and let its open pages follow, each in its own order."""
        if self.before is not None:
            await self.before(app_id)
        was_wrong = app_id in self._observed.wrong_settings
        wrong = self._observed.settings_changed(app_id)
        self._watching.tell(app_id)
        for session in self._sessions.viewing(app_id):
            if wrong is not None:
                await self._view.tell_now(session, app_id, wrong, "settings")
            elif was_wrong:
                await self._view.tell_nothing_wrong(session, app_id)
            await self._outbox.enqueue(session.token, self._renew.event())

    async def page(self, session: Session, root: BaseState) -> Sequence[Any]:
        """Compute anew the computed vars of the page that a session shows, because no dependency
        tells that they read settings; return the events that the app wants to run then.

        The session's state lock is held.
        """
        version = session.attached.get(session.view.app_id) if session.view else None
        if version is None or version.entry.settings is None:
            return ()
        try:
            delta = await self._placing.renew(session, root, version)
            await self._outbox.send(session.token, delta)
        except Exception as error:
            # With these settings the page cannot be shown; it stays as it was.
            self._observed.failed(version, "settings", error)
            return ()
        return version.on_settings
