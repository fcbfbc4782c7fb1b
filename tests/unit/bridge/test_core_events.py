"""Which of Reflex's events no page sends; an upgrade that has others needs a new look."""

from __future__ import annotations

from app.bridge.core_events import queued_by_the_server
from app.bridge.registration import core_registration
from app.testing.kit import own_registry


def test_the_front_end_sends_only_two_events_of_these_states() -> None:
    with own_registry():
        names = {name.rpartition("___")[2] for name in queued_by_the_server(core_registration())}
    events = {name.split(".", 1)[-1] for name in names} - {"setvar"}
    assert events == {"hydrate", "set_is_hydrated"}
