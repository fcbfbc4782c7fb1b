"""Letting go of classes that Reflex's caches would keep alive for ever.

A version that nothing uses any more is only freed when no cache knows its classes: one entry is
enough to keep the class, its module and so all of the version. Which caches there are was found by
swapping an app with every kind of var and component and asking the garbage collector who refers to
the old classes; the test of this module does that again.
"""

from __future__ import annotations

import functools
import gc
import sys
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
    """Empty the caches that are keyed by class; they fill again as they are used.

    Args:
        gone: ids of the namespaces (`vars(module)`) of modules that will never run again; the
            serializers that were registered there are dropped.
    """
    for cache in _caches():
        cache.cache_clear()
    for cleanup in _typing_cleanups():
        cleanup()
    for table in _tables():
        for key in [key for key in table if _mentions_client(key)]:
            del table[key]
    if gone:
        _drop_serializers(gone)
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
