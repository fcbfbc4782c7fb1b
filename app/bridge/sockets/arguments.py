"""Arguments of events, as browsers send them: whether they fit what a handler declares.

Reflex lets everything through: what it cannot convert, and any other value, too. So does Graft,
because many a handler copes. Only when one failed it matters whether that was its own fault.
"""

from __future__ import annotations

import inspect
import logging
from collections.abc import Mapping
from typing import Any

from reflex import app as reflex_app
from reflex_base.event import EventHandler
from reflex_base.event.processor import base_state_processor
from reflex_base.event.processor.base_state_processor import _transform_event_payload
from reflex_base.registry import RegisteredEventHandler
from reflex_base.utils import types
from reflex_base.vars import base

# The last is said at each change that a background event makes for a tab that is closed.
_SHOW_VALUES = (
    "Error transforming event payload",
    "Expected field ",
    "Attempting to send delta to disconnected client",
)


class WrongArguments(Exception):
    """A browser sent arguments that are not those of the event."""


def fit(registered: RegisteredEventHandler, payload: Mapping[str, Any]) -> bool:
    """Tell whether arguments have the names and types that a handler declares.

    Of a type that says what is in a container, only the container counts. Hints that cannot be
    resolved say nothing.
    """
    handler = registered.handler
    try:
        inspect.signature(handler.fn).bind(None, **payload)
    except TypeError:
        return False
    hints = _hints(handler)
    try:
        values = _transform_event_payload(payload, hints)
    except ValueError:
        return False
    return all(_is_a(value, hints[name]) for name, value in values.items() if name in hints)


def without_values(record: logging.LogRecord) -> bool:
    """Leave out Reflex's warnings that show values which a browser sent, its token among them, and
    come as often as it likes; a filter of Reflex's loggers, see `quieten`.
    """
    return not record.getMessage().startswith(_SHOW_VALUES)


def quieten() -> None:
    """Let Reflex log no values that browsers sent; doing it again changes nothing."""
    for module in (base_state_processor, base, reflex_app):
        module.logger.addFilter(without_values)


def _hints(handler: EventHandler) -> Mapping[str, Any]:
    known = handler._type_hints
    if known is not None:
        return known
    try:
        return types.get_type_hints(handler.fn)
    except (NameError, TypeError):
        return {}


def _is_a(value: Any, hint: Any) -> bool:
    try:
        return types._isinstance(value, hint)
    except TypeError:
        return True
