"""Compiled ES modules by app and digest, as the browser fetches them.

By app, because who may use one app must not get at the code of another whose digest they know.
"""

from __future__ import annotations

import weakref
from collections import OrderedDict
from typing import Protocol

from app.runtime.module import AppModule

KEPT_BYTES = 1024 * 1024

_Key = tuple[str, str]


class ModuleStore(Protocol):
    """Keeps the modules of apps by the digest of their text."""

    def put(self, app_id: str, module: AppModule) -> None:
        """Keep a module of an app."""
        ...

    def get(self, app_id: str, digest: str) -> bytes | None:
        """Return the text of an app's module, or None when it is not kept (any more)."""
        ...


class MemoryModules:
    """Has the modules of all versions that are in use, and the most recent ones that were replaced.

    A version keeps its own module; what is kept here on top is for browsers that are slow to fetch
    one. It is little, so that a thousand saves of an app leave nothing behind.

    Args:
        limit: bytes of text to keep at the most; the last module put is always kept.
    """

    def __init__(self, limit: int = KEPT_BYTES) -> None:
        self._limit = limit
        self._size = 0
        self._recent: OrderedDict[_Key, bytes] = OrderedDict()
        self._used: dict[_Key, list[weakref.ref[AppModule]]] = {}

    def put(self, app_id: str, module: AppModule) -> None:
        """See `ModuleStore.put`."""
        key = (app_id, module.digest)
        self._note_use(key, module)
        text = module.code.encode()
        if key not in self._recent:
            self._size += len(text)
        self._recent[key] = text
        self._recent.move_to_end(key)
        while self._size > self._limit and len(self._recent) > 1:
            self._size -= len(self._recent.popitem(last=False)[1])

    def get(self, app_id: str, digest: str) -> bytes | None:
        """See `ModuleStore.get`."""
        for reference in self._used.get((app_id, digest), ()):
            module = reference()
            if module is not None:
                return module.code.encode()
        return self._recent.get((app_id, digest))

    def _note_use(self, key: _Key, module: AppModule) -> None:
        """Find the module for as long as somebody has it; several versions may have equal ones."""

        def forget(gone: weakref.ref[AppModule]) -> None:
            left = [reference for reference in self._used[key] if reference is not gone]
            if left:
                self._used[key] = left
            else:
                del self._used[key]

        self._used.setdefault(key, []).append(weakref.ref(module, forget))
