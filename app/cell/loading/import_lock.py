"""Who may change what `sys.modules` answers: one at a time, and nobody waits long who must not.

A load holds it for as long as it imports, which may be for ever: what is imported need not end. The
event loop serves everybody, so it never waits for a load.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager

LATE_SECONDS = 2.0
"""How long an event waits that imports a module of its app for the first time."""


class ImportBlocked(ImportError):
    """Something else is imported at the moment, and for long."""

    def __init__(self) -> None:
        """Say what can be done about it."""
        super().__init__(
            "another app is being loaded, and every event would have to wait for it. Import"
            " the module at the top of a file that is loaded with the app"
        )


class ImportLock:
    """Held by whoever imports; whoever holds it may take it again.

    Args:
        late: how long `held` waits if it is not for a load, in seconds.
    """

    def __init__(self, late: float = LATE_SECONDS) -> None:
        self._late = late
        self._lock = threading.RLock()
        self._depth = 0
        self._is_given_up = False
        self._waiting = deque[Callable[[], object]]()

    @contextmanager
    def held(self, *, for_load: bool) -> Iterator[None]:
        """Hold it inside the `with` statement.

        Args:
            for_load: whether this waits for as long as it takes.

        Raises:
            ImportBlocked: it is not for a load, and somebody else does not let go.
        """
        self._take(for_load)
        self._depth += 1
        try:
            yield
        finally:
            self._depth -= 1
            self._lock.release()
            self._catch_up()

    def soon(self, change: Callable[[], object]) -> None:
        """Make a change while nobody imports: at once, or by whoever imports now, at the end. They
        are made in order. Never waits.
        """
        self._waiting.append(change)
        self._catch_up()

    def _take(self, for_load: bool) -> None:
        if for_load:
            self._lock.acquire()
        elif not self._lock.acquire(timeout=0 if self._is_given_up else self._late):
            # Whoever is next would only hold up everybody once more.
            self._is_given_up = True
            raise ImportBlocked
        self._is_given_up = False

    def _catch_up(self) -> None:
        # Again after letting go: a change may have come while this one still held it.
        while self._waiting and self._lock.acquire(blocking=False):
            try:
                if self._depth:
                    return  # the same thread imports, further out
                while self._waiting:
                    self._waiting.popleft()()
            finally:
                self._lock.release()
