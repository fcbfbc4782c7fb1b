"""Compiled ES modules by digest, as the browser fetches them."""

from __future__ import annotations

from collections import OrderedDict
from typing import Protocol

from app.runtime.module import AppModule

KEPT_BYTES = 64 * 1024 * 1024


class ModuleStore(Protocol):
    """Keeps modules by the digest of their text."""

    def put(self, module: AppModule) -> None:
        """Keep a module."""
        ...

    def get(self, digest: str) -> bytes | None:
        """Return a module's text, or None when it is not kept (any more)."""
        ...


class MemoryModules:
    """Keeps the most recent modules in memory, so that a slow browser still gets one that was
    replaced.

    Args:
        limit: bytes to keep at the most; the last module put is always kept.
    """

    def __init__(self, limit: int = KEPT_BYTES) -> None:
        self._limit = limit
        self._size = 0
        self._texts: OrderedDict[str, bytes] = OrderedDict()

    def put(self, module: AppModule) -> None:
        """See `ModuleStore.put`."""
        text = module.code.encode()
        if module.digest not in self._texts:
            self._size += len(text)
        self._texts[module.digest] = text
        self._texts.move_to_end(module.digest)
        while self._size > self._limit and len(self._texts) > 1:
            self._size -= len(self._texts.popitem(last=False)[1])

    def get(self, digest: str) -> bytes | None:
        """See `ModuleStore.get`."""
        return self._texts.get(digest)
