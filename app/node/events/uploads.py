"""Which events may be sent files."""

from __future__ import annotations

from contextlib import suppress

from app.bridge.sockets.core_events import SentByPages
from app.bridge.sockets.file_uploads import takes_files
from app.node.cells.versions import VersionInCell
from app.node.events.admission import Admission
from app.node.events.names import app_of
from app.node.releases.served import Served
from app.node.sessions.chooser import Chooser
from app.node.sessions.sessions import Session
from app.source.problems import AppError


class Uploads:
    """Judges requests that bring files.

    Args:
        core_events: the core's events that pages send.
        served: has the apps of the moment.
        admission: judges names of events, and notes what is refused.
        chooser: says which version a session gets.
    """

    def __init__(
        self, core_events: SentByPages, served: Served, admission: Admission, chooser: Chooser
    ) -> None:
        self._core_events = core_events
        self._served = served
        self._admission = admission
        self._chooser = chooser

    async def takes(self, session: Session, name: str) -> bool:
        """Tell whether a session may send files to an event; notes it if not."""
        app_id = app_of(name) if self._admission.allows_upload(session, name) else None
        if app_id is None and name not in self._core_events:
            why = "upload refused"
            await self._admission.refuse(session, name, why, action="app.file_upload")
            return False
        record = self._served.catalog.get(app_id or "")
        if record is not None:
            # After a restart a page may send files before anybody has opened the app again.
            with suppress(AppError):
                await self._chooser.version_for(session, record)
        version = session.attached.get(app_id or "")
        if isinstance(version, VersionInCell):
            return name in version.facts.uploads
        return takes_files(session.registration, name)
