"""Previews that people open by a link, which has the preview's secret in it."""

from __future__ import annotations

from app.node.events.admission import Admission
from app.node.front_door import Unlock
from app.node.releases.access import LEFT
from app.node.releases.served import Served
from app.node.sessions.sessions import Session


class Previews:
    """Opens preview links.

    Args:
        served: has the apps of the moment.
        admission: notes what is refused.
        unlock: returns app id and preview id of a secret, or None.
    """

    def __init__(self, served: Served, admission: Admission, unlock: Unlock) -> None:
        self._served = served
        self._admission = admission
        self._unlock = unlock

    async def opened(self, app_id: str, secret: str) -> str | None:
        """Return the id of the preview of an app whose link has this secret, if there is one."""
        found = await self._unlock(secret) if secret else None
        return found[1] if found is not None and found[0] == app_id else None

    def leave(self, session: Session, app_id: str) -> bool:
        """Note that a session wants no preview of an app, its user's own among them, until it
        opens a link again; tells whether there is another version to go back to.
        """
        record = self._served.catalog.usable(str(app_id), session.actor)
        if record is None or not record.released:
            return False
        session.previews[record.id] = LEFT
        return True

    async def note(self, session: Session, secret: str | None) -> None:
        """Note that a session came through a preview link, if it did."""
        if not secret:
            return
        found = await self._unlock(str(secret))
        if found is None:
            why = "preview link refused"
            await self._admission.refuse(session, "", why, action="app.preview")
            return
        app_id, preview_id = found
        record = self._served.catalog.get(app_id)
        # Of a static app's preview its own documents must know, and they are in no session.
        if record is not None and record.kind != "static":
            session.previews[app_id] = preview_id
