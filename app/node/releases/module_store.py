"""Compiled ES modules by app and digest, as the browser fetches them.

By app, because who may use one app must not get at the code of another whose digest they know.
"""

from __future__ import annotations

import weakref
from collections import OrderedDict, deque
from typing import Protocol

from app.cell.compiling.es_module import AppModule

KEPT_BYTES = 1024 * 1024

_Key = tuple[str, str]


class ModuleStore(Protocol):
    """Keeps the modules of apps by the digest of their text."""

    def put(self, app_id: str, module: AppModule) -> None:
        """Keep a module of an app, and the scripts that its pages load."""
        ...

    def get(self, app_id: str, digest: str) -> bytes | None:
        """Return the text of an app's module, by its digest, or of a script, by its name; None when
        it is not kept (any more).
        """
        ...


class MemoryModules:
    """Has the modules of all versions in use, and the most recent ones that went out of use.

    What went out of use is kept for browsers that are slow to fetch it: they may ask for a version
    that was current when they were told. It is little, so that a thousand saves of an app leave
    nothing behind.

    Args:
        limit: bytes of text to keep of modules out of use; the last one is always kept.
    """

    def __init__(self, limit: int = KEPT_BYTES) -> None:
        self._limit = limit
        self._size = 0
        self._recent: OrderedDict[_Key, bytes] = OrderedDict()
        # Several versions may have equal modules.
        self._used: dict[_Key, tuple[str, int]] = {}
        # Filled by the garbage collector: in any thread, in the middle of anything.
        self._left: deque[_Key] = deque()

    def put(self, app_id: str, module: AppModule) -> None:
        """See `ModuleStore.put`."""
        self._take_note_of_left()
        for name, text in ((module.digest, module.code), *module.scripts.items()):
            key = (app_id, name)
            _, users = self._used.get(key, ("", 0))
            self._used[key] = (text, users + 1)
            weakref.finalize(module, self._left.append, key).atexit = False

    def get(self, app_id: str, digest: str) -> bytes | None:
        """See `ModuleStore.get`."""
        self._take_note_of_left()
        key = (app_id, digest)
        used = self._used.get(key)
        return used[0].encode() if used else self._recent.get(key)

    def _take_note_of_left(self) -> None:
        while self._left:
            key = self._left.popleft()
            code, users = self._used.pop(key)
            if users > 1:
                self._used[key] = (code, users - 1)
            else:
                self._keep(key, code.encode())

    def _keep(self, key: _Key, text: bytes) -> None:
        self._size += len(text) - len(self._recent.pop(key, b""))
        self._recent[key] = text
        while self._size > self._limit and len(self._recent) > 1:
            self._size -= len(self._recent.popitem(last=False)[1])
