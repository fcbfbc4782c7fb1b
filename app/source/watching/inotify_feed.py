"""The feed of file events on Linux, on watchdog's binding of inotify(7).

watchdog's own recursive observer was tried first. It holds every rename back for up to half a
second to pair its two ends (each atomic save is a rename), keeps watches of folders that were moved
away, cannot leave folders out, and says nothing to its user when the kernel's queue overflows. None
of that is needed here: a change only says "read this app again", so renames need no pairing.
"""

from __future__ import annotations

import errno
import logging
import os
import threading
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from watchdog.observers.inotify_c import (
    CallbackId,
    InotifyConstants,
    InotifyEvent,
    InotifyFD,
    Mask,
    WatchDescriptor,
)

from app.kernel.tasks import in_thread
from app.source.watching.feed import Mark, Parts, app_of, holds_code

logger = logging.getLogger(__name__)

# Not IN_MODIFY: an editor truncates before it writes; complete is what was closed.
_MASK = Mask(
    InotifyConstants.IN_CLOSE_WRITE
    | InotifyConstants.IN_CREATE
    | InotifyConstants.IN_DELETE
    | InotifyConstants.IN_MOVED_FROM
    | InotifyConstants.IN_MOVED_TO
    | InotifyConstants.IN_ONLYDIR
    | InotifyConstants.IN_DONT_FOLLOW
)


class InotifyFeed:
    """Watches every folder that holds code of apps and marks the apps that events are about.

    One watch per folder. A new folder is watched first and marked afterwards: what was put into it
    before the watch existed is found by whoever reads the app then.
    """

    def __init__(self, root: Path, mark: Mark) -> None:
        """Watch the tree below `root`; raises OSError when the system's limit is reached."""
        self._root = os.path.realpath(root)  # links are followed nowhere else
        self._mark = mark
        self._lock = threading.RLock()
        self._parts: dict[WatchDescriptor, Parts] = {}
        self._watches: dict[Parts, WatchDescriptor] = {}
        self._id = CallbackId(id(self))
        self._inotify = InotifyFD()
        self._inotify.start()
        try:
            with self._lock:
                self._watch_tree((), strict=True)
        except OSError:
            self.close()
            raise

    def close(self) -> None:
        """Stop; returns when the reading thread has ended."""
        self._inotify.stop()
        self._inotify.join()

    def on_event(self, event: InotifyEvent) -> None:
        """Take one event from the reading thread."""
        self._safely(partial(self._take, event))

    def _take(self, event: InotifyEvent) -> None:
        with self._lock:
            folder = self._parts.get(event.wd)
            if folder is None or not event.name:
                return
            parts = (*folder, os.fsdecode(event.name))
            gone = event.is_delete or event.is_moved_from
            if event.is_directory:
                self._folder_changed(event, parts, gone=gone)
            elif self._is_complete(event, parts):
                self._mark_app(parts, gone=gone)

    def on_watch_deleted(self, wd: WatchDescriptor) -> None:
        """Forget a folder that is no more."""
        with self._lock:
            self._forget(wd)

    def on_queue_overflow(self) -> None:
        """The kernel dropped events: watch anew and mark every app."""
        self._safely(self._watch_anew)

    def _safely(self, act: Callable[[], None]) -> None:
        """Do what an event asks for. The reading thread would end with what this raises; what is
        missed now is found by looking at everything.
        """
        try:
            act()
        except Exception:
            logger.exception("An event of the folder of apps was not understood")
            in_thread(self._watch_anew, "watching apps")()

    def _watch_anew(self) -> None:
        with self._lock:
            before = set(self._apps_below(()))
            self._unwatch_tree(())
            self._watch_tree(())
            for app in before | set(self._apps_below(())):
                self._mark((app,), app, gone=False)

    def _folder_changed(self, event: InotifyEvent, parts: Parts, *, gone: bool) -> None:
        if not holds_code(parts):
            return
        apps = set(self._apps_below(parts))
        if not event.is_delete and not event.is_create:
            # A moved folder takes its watches along, under the wrong path; what it was moved onto
            # is reported as deleted only later.
            self._unwatch_tree(parts)
        if not gone:
            self._watch_tree(parts)
            apps |= set(self._apps_below(parts))
        if apps:
            self._mark(apps, "/".join(parts), gone=gone)

    def _is_complete(self, event: InotifyEvent, parts: Parts) -> bool:
        """A created file is complete when it is closed; only a hard link is so at once."""
        if not event.is_create:
            return True
        try:
            return os.lstat(self._path(parts)).st_nlink > 1
        except OSError:
            return False

    def _mark_app(self, parts: Parts, *, gone: bool) -> None:
        app = app_of(parts)
        # A file beside the apps' folders is part of none.
        if app is not None and len(parts) > 2:
            self._mark((app,), "/".join(parts), gone=gone)

    def _apps_below(self, parts: Parts) -> Iterator[str]:
        """The app that a folder is or lies in; above that the watched apps below it."""
        own = app_of(parts)
        if own is not None:
            yield own
            return
        for watched in self._watches:
            if len(watched) == 2 and watched[: len(parts)] == parts:
                yield "/".join(watched)

    def _watch_tree(self, parts: Parts, *, strict: bool = False) -> None:
        """Watch a folder and all below it that hold code, each before looking into it."""
        if parts in self._watches:
            # Found already while looking into the folder above, before its event was read.
            return
        path = self._path(parts)
        try:
            wd = self._inotify.add_callback(os.fsencode(path), _MASK, self, self._id)
            self._parts[wd] = parts
            self._watches[parts] = wd
            with os.scandir(path) as entries:
                folders = [e.name for e in entries if e.is_dir(follow_symlinks=False)]
        except OSError as error:
            self._not_watched(path, error, strict=strict)
            return
        for name in folders:
            if holds_code((*parts, name)):
                self._watch_tree((*parts, name), strict=strict)

    def _unwatch_tree(self, parts: Parts) -> None:
        """Let go of a folder and all below it."""
        count = len(parts)
        below = [wd for watched, wd in self._watches.items() if watched[:count] == parts]
        self._inotify.remove_callbacks([(wd, self._id) for wd in below])
        for wd in below:
            self._forget(wd)

    def _forget(self, wd: WatchDescriptor) -> None:
        parts = self._parts.pop(wd, None)
        # The path may belong to a newer folder meanwhile.
        if parts is not None and self._watches.get(parts) == wd:
            del self._watches[parts]

    def _not_watched(self, path: str, error: OSError, *, strict: bool) -> None:
        if error.errno == errno.ENOSPC:
            message = (
                f"The system's limit of watched folders is reached at {path}: "
                "raise it with `sysctl fs.inotify.max_user_watches=524288`."
            )
            if strict:
                raise OSError(errno.ENOSPC, message) from error
            logger.error(message)
        elif error.errno not in (errno.ENOENT, errno.ENOTDIR):
            logger.warning("Changes in %s will not be seen: %s", path, error.strerror)

    def _path(self, parts: Parts) -> str:
        return "/".join((self._root, *parts))
