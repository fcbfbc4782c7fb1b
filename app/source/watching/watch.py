"""Watch: which apps changed on disk, as one change for everything that was saved together.

Two parts: a feed says what happened (`inotify_feed` on Linux, `observer_feed` elsewhere), the
`Watcher` waits until it is quiet and then reports the apps. What exactly changed nobody asks: the
consumer reads the folder again and compares digests, so a touch without change costs little.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from app.kernel.tasks import in_thread
from app.source.watching.feed import Feed, Mark
from app.source.watching.following import OnChange
from app.source.watching.git_lock import GitLock

if sys.platform == "linux":
    from app.source.watching.inotify_feed import InotifyFeed as PlatformFeed
else:
    from app.source.watching.observer_feed import ObserverFeed as PlatformFeed


@dataclass(frozen=True, slots=True)
class Pace:
    """How long to wait for more, in seconds.

    `quiet` after the last event of a single file; `burst` after the last event of several; at most
    `longest` after the first event; `git` instead while git is writing the work tree.
    """

    quiet: float = 0.005
    burst: float = 0.03
    longest: float = 0.3
    git: float = 5.0


# Where only "modified" is reported, an editor's truncate and write are two events.
_PACE = Pace() if sys.platform == "linux" else Pace(quiet=0.05, burst=0.08)


class Watcher:
    """Watches the folder of all apps until it is closed.

    `on_change` gets the ids of the apps whose files changed, appeared or went, from the watcher's
    own thread, one call at a time. Watching has begun when the constructor returns: discover
    afterwards, and nothing is missed.
    """

    def __init__(
        self,
        root: Path,
        on_change: OnChange,
        *,
        pace: Pace | None = None,
        feed: Callable[[Path, Mark], Feed] | None = None,
    ) -> None:
        """Begin to watch `root` (the folder `client_apps`).

        Raises FileNotFoundError when there is no such folder, OSError when the system's limit of
        watches is reached. `feed` and `pace` default to what suits the operating system.
        """
        if not root.is_dir():
            raise FileNotFoundError(f"There is no folder {root} to watch.")
        self._on_change = on_change
        self._pace = pace or _PACE
        self._git = GitLock(root)
        self._condition = threading.Condition()
        self._closed = False
        self._apps: set[str] = set()
        self._paths: set[str] = set()
        self._first = self._last = 0.0
        self._thread = threading.Thread(target=self._run, name="graft-watch", daemon=True)
        self._feed = (feed or PlatformFeed)(root, self._mark)
        self._thread.start()

    def close(self) -> None:
        """Stop watching; no call of `on_change` begins after this returns."""
        self._feed.close()
        with self._condition:
            self._closed = True
            self._condition.notify()
        if threading.current_thread() is not self._thread:
            self._thread.join()

    def _mark(self, apps: Iterable[str], path: str, *, gone: bool) -> None:
        now = time.monotonic()
        with self._condition:
            if not self._apps:
                self._first = now
                self._condition.notify()
            self._last = now
            self._apps.update(apps)
            # A temporary file that was renamed or removed again is no file of its own.
            if gone and path in self._paths:
                self._paths.discard(path)
            else:
                self._paths.add(path)

    def _run(self) -> None:
        tell = in_thread(self._on_change, "telling of saved apps")
        while (changed := self._next_change()) is not None:
            tell(changed)

    def _next_change(self) -> frozenset[str] | None:
        """Wait for a change and for the quiet after it; None when closed."""
        with self._condition:
            while not self._closed:
                if not self._apps:
                    self._condition.wait()
                    continue
                left = self._until() - time.monotonic()
                if left > 0:
                    self._condition.wait(left)
                    continue
                changed = frozenset(self._apps)
                self._apps.clear()
                self._paths.clear()
                return changed
        return None

    def _until(self) -> float:
        """When what happened so far counts as complete (monotonic time)."""
        pace = self._pace
        several = len(self._paths) > 1
        quiet_at = self._last + (pace.burst if several else pace.quiet)
        end = self._first + pace.longest
        now = time.monotonic()
        # Asked only at the end of a pause: a single save never waits for git.
        if several and now >= min(quiet_at, end) and self._git.is_held():
            return min(now + pace.burst, self._first + pace.git)
        return min(quiet_at, end)
