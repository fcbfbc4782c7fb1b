"""Letting go of classes that Reflex's caches would keep alive for ever.

A version that nothing uses any more is only freed when no cache knows its classes: one entry is
enough to keep the class, its module and so all of the version. Which caches there are was found by
swapping an app with every kind of var and component and asking the garbage collector who refers to
the old classes; the test of this module does that again.
"""

from __future__ import annotations

import functools
import gc
import importlib
import sys
import types
import typing
from collections.abc import Callable, Collection, Iterator, MutableMapping
from typing import Any

from reflex.istate import proxy
from reflex_base.utils import serializers
from reflex_base.vars import base as vars_base

from app.bridge.client_code import is_client_module

_CACHE = type(functools.lru_cache(lambda: None))

# Caches whose keys are classes or types; those of strings and formats stay warm.
_MODULES = (
    "reflex.state",
    "reflex_base.utils.compat",
    "reflex_base.utils.types",
    "reflex_base.utils.serializers",
    "reflex_base.utils.form",
    "reflex_base.event",
    "reflex_base.event.context",
    "reflex_base.components.component",
    "reflex_base.components.memo",
    "reflex_base.vars.base",
)


def release(gone: Collection[int] = ()) -> None:
    """Drop what caches know of classes that may have gone; it is found out again when it is needed.

    Args:
        gone: ids of the namespaces (`vars(module)`) of modules that will never run again; the
            serializers that were registered there are dropped.
    """
    for cache in _caches():
        _drop_passing(cache)
    for cleanup in _typing_cleanups():
        cleanup()
    for table in _tables():
        for key in [key for key in table if _mentions_client(key)]:
            del table[key]
    if gone:
        _drop_serializers(gone)
    # Finding the classes is left to Python. Asking for a young collection here would begin its
    # count anew with each swap, so that it would never come to the older objects.


@functools.cache
def _caches() -> tuple[Any, ...]:
    return tuple(cache for name in _MODULES for cache in _caches_in(importlib.import_module(name)))


def _caches_in(module: types.ModuleType) -> Iterator[Any]:
    for value in vars(module).values():
        if isinstance(value, _CACHE):
            yield value
        elif isinstance(value, type) and value.__module__ == module.__name__:
            yield from _caches_of(value)


def _caches_of(cls: type) -> Iterator[Any]:
    for value in vars(cls).values():
        function = getattr(value, "__func__", value)
        if isinstance(function, _CACHE):
            yield function


def _drop_passing(cache: Any) -> None:
    """Drop a cache's entries about anything but classes of the release.

    Those stay: finding them out again would take a tenth of the time of the next load.
    """
    entries = _entries(cache)
    if entries is None:
        cache.cache_clear()
        return
    for key, value in list(entries.items()):
        if not _lasts(key) or (isinstance(value, type) and not _lasts(value)):
            entries.pop(key, None)


def _entries(cache: Any) -> dict[Any, Any] | None:
    """Return the dictionary with the entries of an unlimited cache; None for others."""
    if cache.cache_parameters()["maxsize"] is not None:
        return None
    found = [d for d in gc.get_referents(cache) if type(d) is dict and d is not vars(cache)]
    return found[0] if len(found) == 1 else None


def _lasts(key: Any) -> bool:
    """Tell whether a key, or a part of one, is about nothing that goes before the process does."""
    if isinstance(key, tuple):
        return all(map(_lasts, key))
    if isinstance(key, type):
        found = getattr(sys.modules.get(key.__module__), key.__qualname__, None)
        return found is key and not is_client_module(key.__module__)
    return key is None or isinstance(key, str | int)


def _typing_cleanups() -> list[Callable[[], None]]:
    """Return what empties the caches of `typing`, as CPython's own leak tests do."""
    return typing._cleanups  # type: ignore[attr-defined,no-any-return]


def _tables() -> Iterator[MutableMapping[Any, Any]]:
    """Return the dictionaries that Reflex keeps by class."""
    yield vars_base._to_operation_by_var_type
    yield vars_base._literal_var_by_type
    yield from proxy._DATACLASS_PROXY_CLASSES.values()


def _mentions_client(key: Any) -> bool:
    """Tell whether a type is, or is made of, a class of a client app (`list[Point]`)."""
    # Reading __module__ of a generic alias gives that of its origin.
    if is_client_module(str(getattr(key, "__module__", ""))):
        return True
    return any(map(_mentions_client, typing.get_args(key)))


def _drop_serializers(gone: Collection[int]) -> None:
    for cls, function in list(serializers.SERIALIZERS.items()):
        if id(getattr(function, "__globals__", None)) in gone:
            del serializers.SERIALIZERS[cls]
            serializers.SERIALIZER_TYPES.pop(cls, None)
