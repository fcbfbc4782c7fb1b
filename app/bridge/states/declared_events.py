"""Which methods of an app's states its author declared to be events, with `@rx.event`.

Reflex makes every public method of a state an event that any browser may send by name, and adds
`setvar` to each state. For code that people upload that is too much: a helper method is not meant
to be called from outside. So a browser may send what is declared here, and what pages name
(`named_events.py`); the rest can be run by the app itself.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from reflex.state import BaseState
from reflex_base.event import event

from app.bridge.client_code import is_client_module

_MARK = "_graft_declared_event"
SETVAR = ".setvar"


def install() -> None:
    """Apply the rule; doing it again changes nothing."""
    if getattr(event, "_graft_patched", False):
        return
    event.__new__ = _marking(event.__new__)  # type: ignore[method-assign]
    add = BaseState._add_event_handler.__func__  # type: ignore[attr-defined]
    BaseState._add_event_handler = classmethod(_not_to_the_core(add))  # type: ignore[method-assign,assignment]
    event._graft_patched = True  # type: ignore[attr-defined]


def is_declared(function: Any) -> bool:
    """Tell whether the author of a method decorated it with `@rx.event`."""
    return hasattr(function, _MARK)


def is_set_var(name: str) -> bool:
    """Tell whether an event is the one with which a browser sets a var by name."""
    return name.endswith(SETVAR)


def _marking(make: Callable[..., Any]) -> Callable[..., Any]:
    """Let the decorator mark the function; Reflex's leaves no mark if it has no arguments."""

    def marked(cls: type, func: Any = None, **options: Any) -> Any:
        if func is not None:
            _mark(func)
            return make(cls, func, **options)
        decorate = make(cls, **options)

        def decorator(function: Any) -> Any:
            _mark(function)
            return decorate(function)

        return decorator

    return marked


def _mark(function: Any) -> None:
    if is_client_module(getattr(function, "__module__", "") or ""):
        setattr(function, _MARK, True)


def _not_to_the_core(add: Callable[..., None]) -> Callable[..., None]:
    """Refuse `@rx.event def handler(state: rx.State)` of a client app: it changes a core state."""

    def check(cls: type[BaseState], name: str, fn: Any) -> None:
        if is_client_module(fn.__module__) and not is_client_module(cls.__module__):
            raise TypeError(
                f"{fn.__qualname__} would become an event of {cls.__name__}, which is not a state"
                " of this app. Annotate its first argument with a state of the app."
            )
        add(cls, name, fn)

    return check
