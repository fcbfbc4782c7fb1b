"""Which client app a state or an event belongs to, told from its name alone."""

from __future__ import annotations

import re
from functools import lru_cache

# Reflex writes dots of a module name as "___"; app and client names have no double underscore.
_MARK = "client_apps___"
_PAGES = "app___web___"
_LONGEST = 1_000
_APP = re.compile(
    r"(?:^|\.)client_apps___([a-z0-9]+(?:_[a-z0-9]+)*)___([a-z0-9]+(?:_[a-z0-9]+)*)___"
)


def is_core(name: str) -> bool:
    """Tell whether a state or event is the core's."""
    return _MARK not in name


def is_page_of_core(name: str) -> bool:
    """Tell whether a state or event is of the core's own pages, not of what shows apps."""
    return _PAGES in name and is_core(name)


def app_of(name: str) -> str | None:
    """Return the id of the app that a state or event belongs to; None for the core's."""
    # Browsers name what they like: nothing long is kept.
    return _app_of(name) if len(name) <= _LONGEST else None


@lru_cache(maxsize=4096)
def _app_of(name: str) -> str | None:
    found = _APP.search(name)
    return f"{found[1]}/{found[2]}" if found else None
