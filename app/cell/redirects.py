"""Redirects that events of an app return: a path of one of its pages leads there, wherever the app
is hosted.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from app.bridge.types import Event
from app.source.own_pages import with_own_page
from app.source.url_templates import Routes

REDIRECT = "_redirect"
"""Name of the event that `rx.redirect` makes."""

# Reflex's router takes a redirect to "projects" as one to "/projects", on whichever page.
_BARE = re.compile(r"[\w\[-][^:?#]*(?:[?#].*)?", re.DOTALL)


def to_own_pages(events: Sequence[Event], url: str, routes: Routes) -> list[Event]:
    """Return what a browser is told to do, with redirects to pages of an app leading there.

    Args:
        events: what the app returned.
        url: the app's.
        routes: its pages.
    """
    return [_to_own_page(one, url, routes) if one.name == REDIRECT else one for one in events]


def _to_own_page(event: Event, url: str, routes: Routes) -> Event:
    path = event.payload.get("path")
    if not isinstance(path, str):
        return event
    written = f"/{path}" if _BARE.fullmatch(path) else path
    leads = with_own_page(written, url, routes)
    if leads == written:
        return event
    return replace(event, payload={**event.payload, "path": leads})
