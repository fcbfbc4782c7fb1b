"""Calls of contexts as data: arguments, results and errors, for whoever asks from another process.

What types there are, the declarations say (`exposing.py`). A stream of bytes travels as its name;
how its chunks travel is the business of whoever calls.
"""

from __future__ import annotations

import errno
import functools
import typing
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator, Mapping
from typing import Any

from pydantic import TypeAdapter

from app.kernel.contexts.exposing import DECLARATIONS, Exposed
from app.kernel.errors import CoreError

STREAM = "stream"

ToStream = Callable[[AsyncIterator[bytes]], str]
"""Takes a stream, and returns the name that it travels by."""

FromStream = Callable[[str], AsyncGenerator[bytes, None]]
"""Returns the stream of a name."""


def arguments_out(what: Exposed, given: Mapping[str, Any], stream: ToStream) -> dict[str, Any]:
    """Return arguments as JSON-able data.

    Raises:
        pydantic.ValidationError: they are not of the declared types.
    """
    return {name: _out(_types(what.path)[name], one, stream) for name, one in given.items()}


def arguments_in(what: Exposed, data: Mapping[str, Any], stream: FromStream) -> dict[str, Any]:
    """Return the arguments that `arguments_out` took.

    Raises:
        pydantic.ValidationError, KeyError: they are not those of the declaration.
    """
    return {name: _in(_types(what.path)[name], one, stream) for name, one in data.items()}


def result_out(what: Exposed, result: Any, stream: ToStream) -> Any:
    """Return a result as JSON-able data."""
    return _out(_types(what.path)["return"], result, stream)


def result_in(what: Exposed, data: Any, stream: FromStream) -> Any:
    """Return the result that `result_out` took."""
    return _in(_types(what.path)["return"], data, stream)


def error_out(error: Exception) -> tuple[str, dict[str, Any]]:
    """Return the name of an error, and its attributes as JSON-able data. An error that no context
    raises on purpose is a `CoreError` to whoever asked.
    """
    known = next((cls for cls in type(error).__mro__ if cls in _errors().values()), CoreError)
    kinds = _attributes(known)
    held = {
        name: TypeAdapter(kind).dump_python(getattr(error, name), mode="json")
        for name, kind in kinds.items()
    }
    return known.__name__, held


def error_in(name: str, message: str, attributes: Mapping[str, Any]) -> CoreError:
    """Return the error that `error_out` took."""
    cls = _errors().get(name, CoreError)
    error = cls.__new__(cls)
    if isinstance(error, OSError):
        OSError.__init__(error, errno.EACCES, message)
    else:
        Exception.__init__(error, message)
    for attribute, kind in _attributes(cls).items():
        setattr(error, attribute, TypeAdapter(kind).validate_python(attributes[attribute]))
    return error


def _out(kind: Any, value: Any, stream: ToStream) -> Any:
    if isinstance(value, AsyncIterator):
        return {STREAM: stream(value)}
    if isinstance(value, bytes):
        return {STREAM: stream(_once(value))}
    return _adapter(kind).dump_python(value, mode="json")


def _in(kind: Any, data: Any, stream: FromStream) -> Any:
    if isinstance(data, dict) and data.keys() == {STREAM} and _is_stream(kind):
        return stream(str(data[STREAM]))
    return _adapter(kind).validate_python(data)


async def _once(content: bytes) -> AsyncIterator[bytes]:
    yield content


def _is_stream(kind: Any) -> bool:
    kinds = (kind, *typing.get_args(kind))
    return any(typing.get_origin(one) in (AsyncIterator, AsyncGenerator) for one in kinds)


@functools.cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


@functools.cache
def _types(path: str) -> dict[str, Any]:
    return typing.get_type_hints(DECLARATIONS[path])


@functools.cache
def _errors() -> dict[str, type[CoreError]]:
    known: list[type[CoreError]] = [CoreError, *_below(CoreError)]
    return {cls.__name__: cls for cls in known}


def _below(cls: type[CoreError]) -> Iterator[type[CoreError]]:
    for one in cls.__subclasses__():
        if one.__module__.startswith("app.kernel."):
            yield one
        yield from _below(one)


def _attributes(cls: type[CoreError]) -> dict[str, Any]:
    """Return what an error holds besides its text: what its class declares."""
    return typing.get_type_hints(cls)
