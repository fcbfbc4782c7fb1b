"""What an author may pass to the kit as an event, and what a browser would send for it."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeAlias

from reflex_base.event import Event, EventCallback, EventHandler, EventSpec
from reflex_base.utils.format import format_event_handler

# While tests run, `State.handler` is an `EventHandler`; to type checkers it is what `rx.event`
# says that it returns.
AnyHandler: TypeAlias = EventHandler | EventSpec | EventCallback[*tuple[Any, ...]]
AnyEvent: TypeAlias = AnyHandler | Callable[..., Any] | Sequence[AnyHandler | Callable[..., Any]]


def handler_of(event: AnyHandler) -> EventHandler:
    """Return the event handler that an event runs.

    Raises:
        TypeError: it is no event, for example a method that nothing makes one.
    """
    if isinstance(event, EventSpec):
        handler: EventHandler = event.handler
        return handler
    if isinstance(event, EventHandler):
        return event
    raise TypeError(f"an event handler such as MyState.save is needed, not {event!r}")


def events_of(event: AnyEvent, args: tuple[Any, ...] = ()) -> Iterator[dict[str, Any]]:
    """Yield name and payload of what a browser sends for an event.

    Args:
        event: what Reflex takes as an event, or several.
        args: the arguments of what triggered it, such as the text of a field.

    Raises:
        TypeError: it is no event.
    """
    given: object = event
    if isinstance(given, str):
        raise TypeError(f"an event such as MyState.save is needed, not its name {given!r}")
    if isinstance(event, Sequence):
        for each in event:
            yield from events_of(each, args)
        return
    if isinstance(event, EventHandler):
        names = list(inspect.signature(event.fn).parameters)[1:]
        # As they are: a test may send what no page would.
        payload = dict(zip(names, args, strict=False))
        yield _sent(format_event_handler(event), payload)
        return
    if isinstance(event, EventSpec):
        # One that is partial, such as `State.setvar("x")`.
        for made in Event.from_event_type(event.add_args(*args) if args else event):
            yield _sent(made.name, made.payload)
        return
    if not callable(event):
        raise TypeError(f"an event such as MyState.save is needed, not {event!r}")
    result = event(*args)  # a lambda, or a function that returns events
    if result is not None:
        yield from events_of(result)


def _sent(name: str, payload: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "payload": payload}
