"""Apps hear that something of theirs ended before its end: `AppEntry.on_resume`.

An event sets a flag, works, and takes the flag back. When it is cut on the way (the server was
restarted, the app was switched off, a third version came, the tab was away), the flag would stay
for ever. So tabs whose state comes back without what ran in it run the events that the app names.
"""

from __future__ import annotations

import asyncio
from typing import Any

from app.bridge.sockets.outbox import Outbox
from app.cell.loading.version import LoadedVersion
from app.node.releases.served import Served
from app.node.sessions.sessions import Session


class Resumer:
    """Knows in which tabs something was cut.

    Args:
        served: has the apps of the moment.
        outbox: ways to the sessions.
    """

    def __init__(self, served: Served, outbox: Outbox) -> None:
        self.resuming: set[asyncio.Task[None]] = set()
        self._served = served
        self._outbox = outbox

    def cut(self, session: Session, version: LoadedVersion) -> None:
        """Note that an event of a version was cancelled in a session.

        Going to another page cancels what `on_load` of the page before began. It is how Reflex ends
        such events, so that nothing is cut by it.
        """
        app_id = version.info.id
        if self._is_shown(session, app_id):
            if session.attached.get(app_id) is version:
                return
            session.cut.add(app_id)
            self._soon(session, app_id)
        else:
            session.cut.add(app_id)

    def lost(self, session: Session, app_id: str) -> None:
        """Note that an event which the app queued itself is not run."""
        if app_id in session.attached or app_id in session.parked:
            session.cut.add(app_id)

    def take(self, session: Session, app_id: str) -> tuple[Any, ...]:
        """Return the events to run in a session that shows the app now, once."""
        version = session.attached.get(app_id)
        if app_id not in session.cut or version is None:
            return ()
        session.cut.discard(app_id)
        return version.on_resume

    async def resume(self, session: Session, app_id: str) -> None:
        """Queue the events to run in a session that shows the app now, once."""
        events = self.take(session, app_id)
        if events:
            await self._outbox.enqueue(session.token, *events)

    def _soon(self, session: Session, app_id: str) -> None:
        task = asyncio.get_running_loop().create_task(self.resume(session, app_id))
        self.resuming.add(task)
        task.add_done_callback(self.resuming.discard)

    def _is_shown(self, session: Session, app_id: str) -> bool:
        if session.ended or not session.connected or session.view is None:
            return False
        is_usable = self._served.catalog.usable(app_id, session.actor) is not None
        return session.view.app_id == app_id and app_id in session.merged and is_usable
