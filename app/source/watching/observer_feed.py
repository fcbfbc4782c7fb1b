"""The feed of file events where there is no inotify: watchdog's observer for the platform."""

from __future__ import annotations

import os
import threading
from pathlib import Path

from watchdog.events import FileSystemEvent, FileSystemEventHandler
from watchdog.observers import Observer
from watchdog.observers.api import BaseObserver

from app.kernel.tasks import in_thread
from app.source.watching.feed import Mark, Parts, app_of

_GONE = frozenset({"deleted"})
_GONE = frozenset({"deleted", "moved"})
_HARMLESS = frozenset({"opened", "closed_no_write"})


class ObserverFeed(FileSystemEventHandler):
    """Marks the apps that an observer's events are about.

    Some platforms report a moved or deleted folder as one event; then all apps that were or are
    below it are marked.
    """

    def __init__(self, root: Path, mark: Mark, observer: BaseObserver | None = None) -> None:
        """Watch the tree below `root`, with the platform's observer unless another is given."""
        self._root = root.resolve()
        self._mark = mark
        self._lock = threading.Lock()
        self._observer = observer or Observer()
        self._observer.schedule(self, os.fspath(self._root), recursive=True)
        self._observer.start()
        self._known = set(self._apps_on_disk())

    def close(self) -> None:
        """Stop; returns when the observer's threads have ended."""
        self._observer.stop()
        self._observer.join()

    def dispatch(self, event: FileSystemEvent) -> None:
        """Take one event; the observer's thread would end with what this raises."""
        in_thread(super().dispatch, "watching apps")(event)

    def on_any_event(self, event: FileSystemEvent) -> None:
        """Take one event from the observer's thread."""
        if event.event_type in _HARMLESS or (event.is_directory and event.event_type == "modified"):
            return
        moved = event.event_type == "moved"
        self._take(event.src_path, folder=event.is_directory, gone=event.event_type in _GONE)
        if moved:
            self._take(event.dest_path, folder=event.is_directory, gone=False)

    def _take(self, path: str | bytes, *, folder: bool, gone: bool) -> None:
        try:
            parts = Path(os.fsdecode(path)).relative_to(self._root).parts
        except ValueError:
            return
        app = app_of(parts)
        apps = {app} if app is not None and (folder or len(parts) > 2) else set()
        if folder and len(parts) < 2:
            apps |= self._apps_of_client(parts)
        with self._lock:
            self._known |= apps
        if apps:
            self._mark(apps, "/".join(parts), gone=gone)

    def _apps_of_client(self, parts: Parts) -> set[str]:
        """Apps that are, or were, below a client's folder (or the root)."""
        with self._lock:
            known = self._known | self._apps_on_disk()
        return {app for app in known if not parts or app.startswith(f"{parts[0]}/")}

    def _apps_on_disk(self) -> set[str]:
        found = (app_of(path.relative_to(self._root).parts) for path in self._root.glob("*/*/"))
        return {app for app in found if app is not None}
