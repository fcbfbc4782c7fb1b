"""What the vars of client apps were before the changes that no browser has seen yet.

An event may put something into a var that cannot be sent (`app.bridge.sockets.sendable`). Its
changes are taken back then, so that the session goes on with what its browser shows. Values are
never copied: of a var the value before its first change is kept, of a list, dict, set or object
that is changed in place a shallow copy.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

from reflex.istate.proxy import MutableProxy
from reflex.state import BaseState
from reflex_base.vars import base
from reflex_base.vars.base import Field

from app.bridge.client_code import CLIENT_APPS

_LOG = "_graft_undo"  # beside the vars of the root of a session's states
_MISSING: Any = object()

MOST_OBJECTS = 10_000
"""Objects that are kept of one session: one whose tab is away may go on for long."""


class _Log:
    """The changes of one session since its browser was sent all that changed."""

    __slots__ = ("objects", "vars")

    def __init__(self) -> None:
        self.vars: dict[tuple[int, str], tuple[BaseState, Any]] = {}
        self.objects: dict[int, tuple[Any, Callable[[], None]]] = {}


def install() -> None:
    """Let Reflex note each change of a client app's var before it is made."""
    type.__setattr__(Field, "__set__", _setting(Field.__set__))
    type.__setattr__(MutableProxy, "_mark_dirty", _mutating(MutableProxy._mark_dirty))


def changed(root: BaseState) -> list[tuple[BaseState, str]]:
    """Return the vars that changed since then, each with its state."""
    log: _Log | None = vars(root).get(_LOG)
    return [(state, name) for (_, name), (state, _) in log.vars.items()] if log is not None else []


def commit(root: BaseState) -> None:
    """Forget what was before: the browser has been sent everything that changed."""
    vars(root).pop(_LOG, None)


def roll_back(root: BaseState) -> bool:
    """Give all changed vars the values that they had before; returns whether there were any.

    Vars that are computed from them are computed anew when they are read.
    """
    log: _Log | None = vars(root).pop(_LOG, None)
    if log is None:
        return False
    for _, restore in log.objects.values():
        # An object of an app's own kind may refuse; it keeps what it has.
        with contextlib.suppress(Exception):
            restore()
    for (_, name), (state, value) in log.vars.items():
        if value is _MISSING:
            vars(state).pop(name, None)
        else:
            vars(state)[name] = value
    for (_, name), (state, _) in log.vars.items():
        state._mark_dirty((name,))
    return True


def _setting(original: Callable[..., None]) -> Callable[..., None]:
    def set_value(self: Field[Any], instance: Any, value: Any) -> None:
        owner: Any = self._owner
        if owner.__module__.startswith(CLIENT_APPS):
            state: Any = instance if type(instance) is owner else base._owner_state(instance, owner)
            _note(state, self._name)
        original(self, instance, value)

    return set_value


def _mutating(original: Callable[..., Any]) -> Callable[..., Any]:
    def mark_dirty(
        self: MutableProxy,
        wrapped: Any = None,
        instance: Any = None,
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        state = self._dirty_state()
        if type(state).__module__.startswith(CLIENT_APPS):
            objects = _note(state, self._self_field_name).objects
            changed = self.__wrapped__
            if id(changed) not in objects and len(objects) < MOST_OBJECTS:
                objects[id(changed)] = (changed, _restoring(changed))
        return original(self, wrapped, instance, args, kwargs)

    return mark_dirty


def _note(state: BaseState, name: str) -> _Log:
    root = vars(state._get_root_state())
    log: _Log | None = root.get(_LOG)
    if log is None:
        log = root[_LOG] = _Log()
    if (id(state), name) not in log.vars:
        log.vars[id(state), name] = (state, vars(state).get(name, _MISSING))
    return log


def _restoring(changed: Any) -> Callable[[], None]:
    """Return what gives `changed` back what it contains now."""
    if isinstance(changed, list):
        items = list(changed)
        return lambda: changed.__setitem__(slice(None), items)
    if isinstance(changed, dict | set):
        content: Any = dict(changed) if isinstance(changed, dict) else set(changed)

        def refill() -> None:
            changed.clear()
            changed.update(content)

        return refill
    return _restoring_attributes(changed)


def _restoring_attributes(changed: Any) -> Callable[[], None]:
    attributes = dict(getattr(changed, "__dict__", ()))
    slots = {
        name: _copied(value)
        for kind in type(changed).__mro__
        for name in _names(vars(kind).get("__slots__", ()))
        if name not in ("__dict__", "__weakref__")
        and (value := getattr(changed, name, _MISSING)) is not _MISSING
    }

    def restore() -> None:
        if hasattr(changed, "__dict__"):
            changed.__dict__.clear()
            changed.__dict__.update(attributes)
        for name, value in slots.items():
            object.__setattr__(changed, name, value)

    return restore


def _copied(value: Any) -> Any:
    """Return a copy of what Pydantic keeps in slots: which fields are set, private attributes."""
    return value.copy() if type(value) in (dict, set) else value


def _names(slots: Any) -> tuple[str, ...]:
    return (slots,) if isinstance(slots, str) else tuple(slots)
