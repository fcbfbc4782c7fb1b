"""Which events the JavaScript of pages and components names: what they name, a browser may send.

Reflex writes an event as `ReflexEvent("<full name>", ({ ["<argument>"] : <value> }))`, in what a
script calls back as `ReflexEvent("<full name>", {<argument>:<value>})`, and gives each state an
event `setvar`, whose first argument is the name of the var that it sets.
"""

from __future__ import annotations

import re
from collections.abc import Container
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from app.bridge.states.declared_events import SETVAR

MARK = "ReflexEvent("
"""Is in every text that names an event."""

# Quotes are escaped where the JavaScript is a text in JSON, once or more than once.
_NAMED = re.compile(
    r'ReflexEvent\(\\*"(?P<event>[\w.]+)\\*"'
    r'(?:\s*,\s*\(?\{\s*(?:\[\\*"var_name\\*"\]|var_name)\s*:\s*\\*"(?P<var>\w+)\\*")?'
)


@dataclass(frozen=True, slots=True)
class NamedEvents:
    """Events by full name, and the vars that each `setvar` among them sets.

    Attributes:
        events: those that are no `setvar`.
        setters: (full name of a `setvar`, var).
    """

    events: AbstractSet[str] = frozenset()
    setters: AbstractSet[tuple[str, str]] = frozenset()

    def has(self, name: str, var: object) -> bool:
        """Tell whether an event is among them; `var` is its argument `var_name`, if it has one."""
        return name in self.events or (name, var) in self.setters

    def among(self, names: Container[str]) -> NamedEvents:
        """Return those whose full names are among some."""
        events = frozenset(name for name in self.events if name in names)
        return NamedEvents(events, frozenset(one for one in self.setters if one[0] in names))

    def __or__(self, other: NamedEvents) -> NamedEvents:
        """Both together."""
        return NamedEvents(self.events | other.events, self.setters | other.setters)

    def __bool__(self) -> bool:
        """Whether there are any."""
        return bool(self.events or self.setters)


def events_named(text: str) -> NamedEvents:
    """Return the events that JavaScript names, also where it is a text inside of JSON."""
    if MARK not in text:
        return NamedEvents()
    events: set[str] = set()
    setters: set[tuple[str, str]] = set()
    for found in _NAMED.finditer(text):
        name, var = found["event"], found["var"]
        if not name.endswith(SETVAR):
            events.add(name)
        elif var is not None:
            setters.add((name, var))
    return NamedEvents(frozenset(events), frozenset(setters))
