"""Feeds: where the watcher's events come from, and which app a path is about."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from app.source.app_source import is_ignored

Parts = tuple[str, ...]


class Mark(Protocol):
    """What a feed calls for each event, from any thread."""

    def __call__(self, apps: Iterable[str], path: str, *, gone: bool) -> None:
        """The app ids an event touches, the path it is about, whether that no longer exists."""


class Feed(Protocol):
    """A source of events that has begun to report."""

    def close(self) -> None:
        """Stop reporting; returns when nothing is reported any more."""


def app_of(parts: Parts) -> str | None:
    """Id of the app that the path with these parts is or lies in; None for ignored paths."""
    if len(parts) < 2 or is_ignored(parts[:1]) or is_ignored(parts[1:2]) or is_ignored(parts[2:]):
        return None
    return f"{parts[0]}/{parts[1]}"


def holds_code(parts: Parts) -> bool:
    """Whether the folder with these parts (below the root) can hold files of apps."""
    return (len(parts) < 2 and not is_ignored(parts)) or app_of(parts) is not None
