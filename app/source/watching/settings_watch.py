"""Development: which apps' settings changed on disk (`<folder>/<client>/<app>.toml`)."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from watchdog.events import FileSystemEvent, FileSystemEventHandler
from watchdog.observers import Observer

from app.kernel.tasks import in_thread

# Reading a file is an event, too.
_CHANGES = frozenset({"created", "modified", "moved", "deleted"})


class SettingsWatcher:
    """Watches until it is closed; settings change seldom, so watchdog's own pace will do.

    Args:
        folder: made, if it is not there.
        on_change: called with ids of apps, from the watcher's own thread.
    """

    def __init__(self, folder: Path, on_change: Callable[[frozenset[str]], None]) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._observer = Observer()
        # Links in the path would make the paths of events others than these.
        self._observer.schedule(
            _Handler(folder.resolve(), on_change), str(folder.resolve()), recursive=True
        )
        self._observer.start()

    def close(self) -> None:
        """Stop watching; nothing is called after this returns."""
        self._observer.stop()
        self._observer.join()


class _Handler(FileSystemEventHandler):
    def __init__(self, folder: Path, on_change: Callable[[frozenset[str]], None]) -> None:
        self._folder = folder
        self._on_change = on_change

    def dispatch(self, event: FileSystemEvent) -> None:
        """Take an event in the observer's thread, which would end with what this raises."""
        in_thread(super().dispatch, "watching settings")(event)

    def on_any_event(self, event: FileSystemEvent) -> None:
        if event.event_type not in _CHANGES:
            return
        paths = {os.fsdecode(path) for path in (event.src_path, event.dest_path) if path}
        app_ids = frozenset(app for path in paths if (app := self._app_of(Path(path))))
        if app_ids:
            self._on_change(app_ids)

    def _app_of(self, path: Path) -> str:
        parts = path.relative_to(self._folder).parts
        return f"{parts[0]}/{path.stem}" if len(parts) == 2 and path.suffix == ".toml" else ""
