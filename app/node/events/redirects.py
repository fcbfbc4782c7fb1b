"""Redirects that events of an app return: a path of one of its pages leads there, wherever the app
is hosted.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextvars import ContextVar
from dataclasses import replace

from app.bridge.types import Event
from app.cell.loading.version import LoadedVersion, Version
from app.node.sessions.sessions import Session
from app.source.own_pages import with_own_page

REDIRECT = "_redirect"
"""Name of the event that `rx.redirect` makes."""

running: ContextVar[LoadedVersion | None] = ContextVar("graft_running", default=None)
"""The version whose handler runs."""

# Reflex's router takes a redirect to "projects" as one to "/projects", on whichever page.
_BARE = re.compile(r"[\w\[-][^:?#]*(?:[?#].*)?", re.DOTALL)


def to_own_pages(session: Session, events: Sequence[Event]) -> list[Event]:
    """Return what a browser is told to do, with redirects to pages of the app leading there.

    Args:
        session: of the tab that is told.
        events: what the handler that runs returned; what the core returns while a page is opened is
            the `on_load` of the page that the tab shows.
    """
    if not any(event.name == REDIRECT for event in events):
        return list(events)
    version = running.get() or _shown(session)
    if not isinstance(version, LoadedVersion):
        return list(events)
    return [_to_own_page(event, version) if event.name == REDIRECT else event for event in events]


def _shown(session: Session) -> Version | None:
    return session.attached.get(session.view.app_id) if session.view is not None else None


def _to_own_page(event: Event, version: LoadedVersion) -> Event:
    path = event.payload.get("path")
    if not isinstance(path, str):
        return event
    written = f"/{path}" if _BARE.fullmatch(path) else path
    leads = with_own_page(written, version.info.url, version.routes)
    if leads == written:
        return event
    return replace(event, payload={**event.payload, "path": leads})
