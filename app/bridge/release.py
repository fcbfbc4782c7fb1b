"""Letting go of classes that Reflex's caches would keep alive for ever."""

from __future__ import annotations

import functools
import gc
import sys
from collections.abc import Iterator
from typing import Any

from reflex.istate import proxy
from reflex.state import BaseState

_CACHE = type(functools.lru_cache(lambda: None))

# Caches whose keys are classes or types; those of strings and formats stay warm.
_MODULES = (
    "reflex.state",
    "reflex_base.utils.types",
    "reflex_base.utils.serializers",
    "reflex_base.utils.form",
    "reflex_base.event",
    "reflex_base.event.context",
    "reflex_base.components.component",
    "reflex_base.components.memo",
    "reflex_base.vars.base",
)


def release() -> None:
    """Empty the caches of Reflex that are keyed by class; they fill again as they are used."""
    for cache in _caches():
        cache.cache_clear()
    for classes in proxy._DATACLASS_PROXY_CLASSES.values():
        for cls in [c for c in classes if c.__module__.startswith("client_apps.")]:
            del classes[cls]
    gc.collect(0)


def _caches() -> Iterator[Any]:
    for name in _MODULES:
        module = sys.modules.get(name)
        for value in vars(module).values() if module else ():
            if isinstance(value, _CACHE):
                yield value
            elif isinstance(value, type) and value.__module__ == name:
                yield from _caches_of(value)


def _caches_of(cls: type) -> Iterator[Any]:
    for value in vars(cls).values():
        function = getattr(value, "__func__", value)
        if isinstance(function, _CACHE):
            yield function


def class_level_caches() -> tuple[str, ...]:
    """Return the names of BaseState's cached class methods (for tests)."""
    return tuple(
        name
        for name, value in vars(BaseState).items()
        if isinstance(getattr(value, "__func__", value), _CACHE)
    )
