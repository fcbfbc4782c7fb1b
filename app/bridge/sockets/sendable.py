"""Values that cannot be sent to a browser: where they are, and why.

Nothing is looked at before it is sent. Only when sending fails it is asked which var is at fault.
"""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import Any, cast

from reflex.istate.proxy import MutableProxy
from reflex.state import BaseState
from reflex_base.constants.state import FIELD_MARKER
from reflex_base.utils.format import json_dumps
from reflex_base.utils.serializers import get_serializer, serialize

from app.bridge.errors import UnsendableValue

LONGEST_PATH = 200
DEEPEST = 400
"""Containers inside one another; a longer way down is too deep, unless something else is wrong."""
MOST_PLACES = 100_000
"""Values that are looked at in search of what is wrong with a var."""

_HALVES = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True)
class Fault:
    """A var that cannot be sent.

    Attributes:
        state: the full name of its state.
        key: the var as browsers know it.
        why: names state, var and path, and says what is wrong there.
    """

    state: str
    key: str
    why: str


def faults_in(delta: Mapping[str, Mapping[str, Any]], root: BaseState | None) -> list[Fault]:
    """Return the vars of an update that cannot be sent; `root` knows their states."""
    return [
        Fault(state, key, _explain(_title(state, key, root), value, error))
        for state, values in delta.items()
        for key, value in values.items()
        if (error := _failure(value)) is not None
    ]


def error_for(faults: list[Fault]) -> UnsendableValue:
    """Return the error that names all of these."""
    return UnsendableValue("; ".join(fault.why for fault in faults))


def forget_sent(root: BaseState, delta: Mapping[str, Any]) -> None:
    """Let uncached computed vars of these states be sent again, although they are the same as in
    `delta`: it never arrived.
    """
    for name in delta:
        with contextlib.suppress(ValueError):
            state = root.get_substate(name.split("."))
            for var in type(state)._always_dirty_computed_vars:
                with contextlib.suppress(AttributeError):
                    delattr(state, state.computed_vars[var]._last_delta_key_attr)


def put_default(root: BaseState, fault: Fault) -> bool:
    """Give the var at fault the default of its class; returns False for a computed var."""
    state = root.get_substate(fault.state.split("."))
    declared = type(state).__fields__.get(fault.key.removesuffix(FIELD_MARKER))
    if declared is None:
        return False
    setattr(state, declared._name, declared.default_value())
    return True


def whole_text(text: str) -> str:
    """Return JSON that can be sent as UTF-8: halves of surrogate pairs are written as escapes,
    which arrive as they were.
    """
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return _HALVES.sub(lambda half: f"\\u{ord(half[0]):04x}", text)
    return text


def _title(state: str, key: str, root: BaseState | None) -> str:
    name = state.rpartition("___")[2]
    if root is not None:
        with contextlib.suppress(ValueError):
            name = type(root.get_substate(state.split("."))).__name__
    return f"{name}.{key.removesuffix(FIELD_MARKER)}"


def _failure(value: Any) -> Exception | None:
    try:
        json_dumps(value)
    except Exception as error:  # an app's serializer may raise anything
        return error
    return None


@dataclass(frozen=True)
class _Place:
    """A value on the way down, with all that contains it."""

    value: Any
    path: str
    above: _Place | None = None
    depth: int = 0

    def containing(self, value: Any) -> _Place | None:
        """Return where `value` is among what contains this place."""
        place = self.above
        while place is not None:
            if place.value is value:
                return place
            place = place.above
        return None


def _explain(title: str, value: Any, error: Exception) -> str:
    """Say what is wrong with a var, and where."""
    waiting = [_Place(_bare(value), title)]
    deepest: str | None = None
    for _ in range(MOST_PLACES):
        if not waiting:
            break
        place = waiting.pop()
        if place.depth > DEEPEST:
            deepest = place.path
            continue
        around = place.containing(place.value) if _has_parts(place.value) else None
        if around is not None:
            return (
                f"{_short(place.path)} is {_short(around.path)} again: what contains itself cannot"
                " be sent to a browser"
            )
        try:
            below = [
                _Place(_bare(part), place.path + step, place, place.depth + 1)
                for step, part in _parts(place.value)
            ]
        except Exception as wrong:  # the app's serializer, or what it returned
            return f"{_short(place.path)} cannot be sent to a browser: {_said(wrong)}"
        waiting += reversed(below)
    if deepest is not None:
        return f"{title} is nested too deeply to be sent to a browser: {_short(deepest)}"
    return f"{title} cannot be sent to a browser: {_said(error)}"


def _parts(value: Any) -> Iterator[tuple[str, Any]]:
    """Give what a value contains, as it is sent; raises why it cannot be."""
    if isinstance(value, list | tuple):
        yield from ((f"[{index}]", part) for index, part in enumerate(value))
    elif isinstance(value, dict):
        for key, part in value.items():
            if not isinstance(key, str | int | float | bool | type(None)):
                raise TypeError(f"the key {_said_value(key)} is neither a text nor a number")
            yield f"[{key!r}]", part
    elif is_dataclass(value) and get_serializer(cast(Any, type(value))) is None:
        yield from ((f".{one.name}", getattr(value, one.name)) for one in fields(value))
    elif names := getattr(type(value), "model_fields", None):
        yield from ((f".{name}", getattr(value, name)) for name in names)
        yield from _sent(value)
    else:
        yield from _sent(value)


def _sent(value: Any) -> Iterator[tuple[str, Any]]:
    """Give what a value is sent as, if it is not sent as it is; raises why it cannot be."""
    if isinstance(value, str | float | bool | type(None)):
        return
    if isinstance(value, int):
        json.dumps(value)
        return
    yield "", serialize(value)


def _has_parts(value: Any) -> bool:
    return not isinstance(value, str | int | float | bool | type(None))


def _bare(value: Any) -> Any:
    return value.__wrapped__ if isinstance(value, MutableProxy) else value


def _said(error: Exception) -> str:
    text = str(error).splitlines()
    return f"{type(error).__name__}: {text[0][:LONGEST_PATH]}" if text else type(error).__name__


def _said_value(value: Any) -> str:
    return f"{value!r:.50} ({type(value).__name__})"


def _short(path: str) -> str:
    if len(path) <= LONGEST_PATH:
        return path
    half = LONGEST_PATH // 2
    return f"{path[:half]}…{path[-half:]}"
