"""Registration contexts: which states and event handlers exist, for whom.

Reflex keeps its registry of states and event handlers in a context variable
(`RegistrationContext`). Every version of a client app gets one of its own, made of the core's
entries and the version's; the core's context never learns of a client app. So the core's front-end
schema, its compiled initial state and what every session creates and hydrates stay the same however
many apps are installed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from reflex.state import BaseState
from reflex_base.registry import RegisteredEventHandler, RegistrationContext

from app.bridge.states.declared_events import is_declared, is_set_var

StateClass = type[BaseState]


def core_registration() -> RegistrationContext:
    """Return the context in which the core's own states are registered."""
    return RegistrationContext.ensure_context()


def fork(core: RegistrationContext) -> RegistrationContext:
    """Return a context that begins with the core's entries and grows on its own.

    Unlike `RegistrationContext.fork`, the config and the app stay attached, so that `rxconfig.py`
    is not read again for every version.
    """
    return RegistrationContext(
        event_handlers=dict(core.event_handlers),
        base_states=dict(core.base_states),
        base_state_substates={name: set(subs) for name, subs in core.base_state_substates.items()},
        bundled_libraries=list(core.bundled_libraries),
        _config=core._config,
        _app=core._app,
    )


def merge(core: RegistrationContext, parts: Iterable[RegistrationContext]) -> RegistrationContext:
    """Return a context with the core's entries and those of several versions of different apps."""
    merged = fork(core)
    for part in parts:
        merged.event_handlers.update(part.event_handlers)
        merged.base_states.update(part.base_states)
        for name, substates in part.base_state_substates.items():
            merged.base_state_substates.setdefault(name, set()).update(substates)
    return merged


def activate(context: RegistrationContext) -> None:
    """Make `context` the registry that Reflex uses in this task, and in those that it starts."""
    RegistrationContext.set(context)


class active:
    """Make `context` the registry that Reflex uses inside the `with` statement.

    `RegistrationContext.__enter__` refuses to be entered twice at a time; the same version runs in
    many tasks at once, so the variable is set directly. It is a class because every event enters
    it, and a generator takes three times as long.
    """

    __slots__ = ("_context", "_token")

    def __init__(self, context: RegistrationContext) -> None:
        self._context = context

    def __enter__(self) -> None:
        self._token = RegistrationContext.set(self._context)

    def __exit__(self, *_: object) -> None:
        RegistrationContext.reset(self._token)


def own_states(core: RegistrationContext, context: RegistrationContext) -> tuple[StateClass, ...]:
    """Return the states that `context` has on top of the core's, by depth and name."""
    names = sorted(
        context.base_states.keys() - core.base_states.keys(), key=lambda n: (n.count("."), n)
    )
    return tuple(context.base_states[name] for name in names)


def own_handlers(
    core: RegistrationContext, context: RegistrationContext
) -> dict[str, RegisteredEventHandler]:
    """Return the event handlers that `context` has on top of the core's, by full event name."""
    return {
        name: handler
        for name, handler in context.event_handlers.items()
        if name not in core.event_handlers
    }


def declared(handlers: Mapping[str, RegisteredEventHandler]) -> frozenset[str]:
    """Return the names of those handlers that their authors decorated with `@rx.event`."""
    return frozenset(
        name
        for name, registered in handlers.items()
        if not is_set_var(name) and is_declared(registered.handler.fn)
    )


class _EventTable(dict[str, RegisteredEventHandler]):
    """The core's event handlers, with a way to answer for events of client apps."""

    def __init__(
        self,
        handlers: dict[str, RegisteredEventHandler],
        fallback: Callable[[str], RegisteredEventHandler | None],
    ) -> None:
        super().__init__(handlers)
        self._fallback = fallback

    def __missing__(self, name: str) -> RegisteredEventHandler:
        handler = self._fallback(name)
        if handler is None:
            raise KeyError(name)
        return handler

    def get(self, name: str, default: Any = None) -> Any:
        """Answer like `[]`; Reflex's upload endpoint asks this way."""
        try:
            return self[name]
        except KeyError:
            return default


def answer_unknown_events(
    core: RegistrationContext, fallback: Callable[[str], RegisteredEventHandler | None]
) -> None:
    """Let `fallback` name the handler of an event that is not the core's.

    Reflex's event queue looks handlers up in the core's context, before it knows whose session it
    is. The answer only decides between queued and background; the processor looks the handler up
    again, in the version that the session has open.
    """
    handlers = {name: h for name, h in core.event_handlers.items() if not is_set_var(name)}
    object.__setattr__(core, "event_handlers", _EventTable(handlers, fallback))
