"""Which of Reflex's events no page sends; an upgrade that has others needs a new look."""

from __future__ import annotations

from app.bridge.sockets.core_events import SentByPages, queued_by_the_server
from app.bridge.states.registration import core_registration
from app.testing.isolated import own_registry


def test_the_front_end_sends_only_two_events_of_these_states() -> None:
    with own_registry():
        names = {name.rpartition("___")[2] for name in queued_by_the_server(core_registration())}
    events = {name.split(".", 1)[-1] for name in names} - {"setvar"}
    assert events == {"hydrate", "set_is_hydrated"}


def test_what_reflex_queues_itself_and_what_is_an_apps_is_not_sent_by_pages_of_the_core() -> None:
    with own_registry():
        core = core_registration()
        sent = SentByPages(core)
        names = [name for name in core.event_handlers if name in sent]
    events = {name.rpartition(".")[2] for name in names}
    assert {"hydrate_and_load", "on_load_internal"} <= events
    assert not {"hydrate", "set_is_hydrated"} & events
    assert "reflex___state____state.client_apps___a___b___entry____s.run" not in sent
