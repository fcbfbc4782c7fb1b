"""Compiled ES modules by digest, as the browser fetches them."""

from __future__ import annotations

import weakref
from collections import OrderedDict
from typing import Protocol

from app.runtime.module import AppModule

KEPT_BYTES = 1024 * 1024


class ModuleStore(Protocol):
    """Keeps modules by the digest of their text."""

    def put(self, module: AppModule) -> None:
        """Keep a module."""
        ...

    def get(self, digest: str) -> bytes | None:
        """Return a module's text, or None when it is not kept (any more)."""
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
        self._recent: OrderedDict[str, bytes] = OrderedDict()
        self._used: dict[str, list[weakref.ref[AppModule]]] = {}

    def put(self, module: AppModule) -> None:
        """See `ModuleStore.put`."""
        self._note_use(module)
        text = module.code.encode()
        if module.digest not in self._recent:
            self._size += len(text)
        self._recent[module.digest] = text
        self._recent.move_to_end(module.digest)
        while self._size > self._limit and len(self._recent) > 1:
            self._size -= len(self._recent.popitem(last=False)[1])

    def get(self, digest: str) -> bytes | None:
        """See `ModuleStore.get`."""
        for reference in self._used.get(digest, ()):
            module = reference()
            if module is not None:
                return module.code.encode()
        return self._recent.get(digest)

    def _note_use(self, module: AppModule) -> None:
        """Find the module for as long as somebody has it; several versions may have equal ones."""
        digest = module.digest

        def forget(gone: weakref.ref[AppModule]) -> None:
            left = [reference for reference in self._used[digest] if reference is not gone]
            if left:
                self._used[digest] = left
            else:
                del self._used[digest]

        self._used.setdefault(digest, []).append(weakref.ref(module, forget))
