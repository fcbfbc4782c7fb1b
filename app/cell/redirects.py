"""Redirects that events of an app return: a path of one of its pages leads there, wherever the app
is hosted. Cookies that they remove are below the app, as those that it keeps.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from app.bridge.types import Event
from app.source.own_pages import own_cookie_path, with_own_page
from app.source.url_templates import Routes

REDIRECT, REMOVE_COOKIE = "_redirect", "_remove_cookie"
"""Names of the events that `rx.redirect` and `rx.remove_cookie` make."""

ADDRESSED = frozenset({REDIRECT, REMOVE_COOKIE})
"""Names of the events with an address in them."""

# Reflex's router takes a redirect to "projects" as one to "/projects", on whichever page.
_BARE = re.compile(r"[\w\[-][^:?#]*(?:[?#].*)?", re.DOTALL)


def to_own_pages(events: Sequence[Event], url: str, routes: Routes) -> list[Event]:
    """Return what a browser is told to do, with redirects to pages of an app leading there, and
    cookies removed where it has them.

    Args:
        events: what the app returned.
        url: the app's.
        routes: its pages.
    """
    return [_with_own_address(one, url, routes) for one in events]


def _with_own_address(event: Event, url: str, routes: Routes) -> Event:
    if event.name == REDIRECT:
        return _to_own_page(event, url, routes)
    options = event.payload.get("options") if event.name == REMOVE_COOKIE else None
    if not isinstance(options, dict) or not isinstance(options.get("path"), str):
        return event
    path = own_cookie_path(options["path"], url)
    return replace(event, payload={**event.payload, "options": {**options, "path": path}})


def _to_own_page(event: Event, url: str, routes: Routes) -> Event:
    path = event.payload.get("path")
    if not isinstance(path, str):
        return event
    written = f"/{path}" if _BARE.fullmatch(path) else path
    leads = with_own_page(written, url, routes)
    if leads == written:
        return event
    return replace(event, payload={**event.payload, "path": leads})
