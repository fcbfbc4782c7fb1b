"""Redirects that events of an app return, and those of what its pages do when they are opened."""

from __future__ import annotations

from collections.abc import Sequence
from contextvars import ContextVar

from app.bridge.types import Event
from app.cell import redirects
from app.cell.loading.version import LoadedVersion, Version
from app.cell.redirects import ADDRESSED
from app.node.sessions.sessions import Session

running: ContextVar[LoadedVersion | None] = ContextVar("graft_running", default=None)
"""The version whose handler runs."""


def to_own_pages(session: Session, events: Sequence[Event]) -> list[Event]:
    """Return what a browser is told to do, with addresses of the app leading there.

    Args:
        session: of the tab that is told.
        events: what the handler that runs returned; what the core returns while a page is opened is
            the `on_load` of the page that the tab shows.
    """
    if not any(event.name in ADDRESSED for event in events):
        return list(events)
    version = running.get() or _shown(session)
    if not isinstance(version, LoadedVersion):
        return list(events)
    return redirects.to_own_pages(events, version.info.url, version.routes)


def _shown(session: Session) -> Version | None:
    return session.attached.get(session.view.app_id) if session.view is not None else None
