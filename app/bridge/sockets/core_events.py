"""Reflex's own events, as far as browsers may send them."""

from __future__ import annotations

from reflex.state import BaseState, OnLoadInternalState, State

from app.bridge.types import RegistrationContext

_SENT_BY_PAGES = {
    State: {"hydrate_and_load"},
    OnLoadInternalState: {"on_load_internal"},
}
"""What the front end sends, of states that have more: the rest is queued by the server only."""


class SentByPages:
    """The core's events that a page may send, by name."""

    def __init__(self, core: RegistrationContext) -> None:
        self._core = core
        self._others = queued_by_the_server(core)

    def __contains__(self, name: object) -> bool:
        # Not by asking for its handler: the table answers for events of apps, too.
        return name in self._core.event_handlers and name not in self._others


def queued_by_the_server(core: RegistrationContext) -> frozenset[str]:
    """Return the names of Reflex's events that no page sends: `State.hydrate`, say."""
    return frozenset(
        name
        for state, sent in _SENT_BY_PAGES.items()
        for name in core.event_handlers
        if name.rpartition(".")[0] == _full_name(state) and name.rpartition(".")[2] not in sent
    )


def _full_name(state: type[BaseState]) -> str:
    return state.get_full_name()
