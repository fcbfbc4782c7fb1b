"""Events by name, over a socket of somebody who may not send them."""

import json
from typing import Any

import pytest

from tests.production.doors.trying import (
    BOARD_STATE,
    COUNT,
    HOST,
    HYDRATE,
    LAUNCHER,
    OPERATION,
    SECRET,
    STATE,
    Tab,
    refusals,
    silent,
)
from tests.production.world import (
    BOARD,
    COUNTER,
    Person,
    World,
)
from tests.support.servers import Server

FOREIGN_EVENTS = {
    "of an app of another organisation": f"{COUNT}.increment",
    "a helper of such an app": f"{COUNT}.dict",
    "of an app that is not there": f"{COUNT}.increment".replace("counter", "gone"),
}


@pytest.mark.parametrize("kind", FOREIGN_EVENTS)
def test_an_event_of_others_gets_no_answer_and_is_audited(
    kind: str, world: World, stranger: Person, tab: Tab
) -> None:
    socket = tab(stranger)
    socket.send(FOREIGN_EVENTS[kind])
    silent(socket)
    assert refusals(world, stranger) == [("socket.event", FOREIGN_EVENTS[kind])]


REFUSED_EVENTS: dict[str, tuple[str, dict[str, Any]]] = {
    "of an app that is switched off": (f"{COUNT}.increment".replace("counter", "off"), {}),
    "of an app that was never promoted": (f"{COUNT}.increment".replace("counter", "draft"), {}),
    "a helper of a state": (f"{COUNT}.dict", {}),
    "setting a var by its name": (f"{COUNT}.setvar", {"var_name": "count", "value": 9}),
    "an automatic setter": (f"{COUNT}.set_count", {"value": 9}),
    "a private function": (f"{COUNT}._secret", {}),
    "setting a var of the admin pages": (f"{OPERATION}.setvar", {"var_name": "operation"}),
    "a setter of the admin pages": (f"{OPERATION}.set_target", {"value": COUNTER}),
    "a helper of the admin pages": (f"{OPERATION}._do", {}),
    "an event of no state": ("nothing", {}),
    "of Reflex's own that no page sends": (f"{STATE}.hydrate", {}),
    "a setter of Reflex": (f"{STATE}.set_is_hydrated", {"value": True}),
    "a state in place of an event": (COUNT, {}),
    "of a state of Reflex that is not there": (f"{STATE}.reflex___state____x.y", {}),
}


@pytest.mark.parametrize("kind", REFUSED_EVENTS)
def test_what_is_no_event_for_anybody_gets_no_answer_and_is_audited(
    kind: str, world: World, member: Person, tab: Tab
) -> None:
    name, payload = REFUSED_EVENTS[kind]
    socket = tab(member)
    socket.send(name, **payload)
    silent(socket)
    assert refusals(world, member) == [("socket.event", name)]


def test_a_helper_of_an_app_that_is_open_cannot_be_called(
    world: World, member: Person, tab: Tab
) -> None:
    socket = tab(member)
    assert socket.open("/apps/acme-counter")["type"] == "show"
    names = [f"{COUNT}.{helper}" for helper in ("dict", "reset", "setvar", "set_count", "_secret")]
    for name in names:
        socket.send(name, _at="/apps/acme-counter", value=9)
    socket.send(f"{COUNT}.increment", _at="/apps/acme-counter")
    assert socket.value("counter_state", "count") == 1
    assert [target for _, target in refusals(world, member)] == names[::-1]


PACKETS: dict[str, Any] = {
    "a text": SECRET,
    "a text that holds an event": json.dumps({"name": HYDRATE, "payload": {"secret": SECRET}}),
    "a list": [SECRET],
    "nothing": None,
    "no name": {"payload": {"secret": SECRET}},
    "a name that is no text": {"name": {"secret": SECRET}},
    "an endless name": {"name": "x" * 100_000, "payload": {"secret": SECRET}},
    "a payload that is no object": {"name": HYDRATE, "payload": [SECRET]},
    "a page that is no object": {"name": HYDRATE, "router_data": SECRET},
    "a query that is no object": {"name": HYDRATE, "router_data": {"query": SECRET}},
    "an address that is no text": {"name": HYDRATE, "router_data": {"pathname": [SECRET]}},
}


@pytest.mark.parametrize("kind", PACKETS)
def test_a_packet_that_is_no_event_gets_no_answer_and_leaves_nothing_in_the_log(
    kind: str, server: Server, world: World, member: Person, tab: Tab
) -> None:
    before = len(server.logged())
    socket = tab(member)
    socket.send_packet(PACKETS[kind])
    silent(socket)
    assert refusals(world, member) == [("socket.event", "")]
    logged = server.logged()[before:]
    assert SECRET not in logged
    assert "Traceback" not in logged


WRONG_ARGUMENTS: dict[str, tuple[str, dict[str, Any]]] = {
    "more than the event takes": (f"{COUNT}.increment", {"secret": SECRET}),
    "fewer": (f"{COUNT}.add", {}),
    "of another type": (f"{COUNT}.add", {"number": {"secret": SECRET}}),
    "that cannot be converted": (f"{COUNT}.add", {"number": SECRET}),
    "of an event of the core": (f"{LAUNCHER}.search", {"secret": SECRET}),
    "of another type, of the core": (f"{LAUNCHER}.search", {"query": [SECRET]}),
    "of an event of Reflex": (HYDRATE, {"secret": SECRET}),
}


@pytest.mark.parametrize("kind", WRONG_ARGUMENTS)
def test_wrong_arguments_are_one_short_line_and_tell_nothing(
    kind: str, server: Server, world: World, member: Person, tab: Tab
) -> None:
    name, payload = WRONG_ARGUMENTS[kind]
    before = len(server.logged())
    socket = tab(member)
    socket.send(name, **payload)
    while not (events := socket.update().get("events")):
        pass
    assert len(events) == 1
    assert "An error occurred." in json.dumps(events)
    assert SECRET not in json.dumps(events)
    assert refusals(world, member) == [("socket.event", name)]
    lines = server.logged()[before:]
    events = [json.loads(line)["event"] for line in lines.splitlines()]
    # The first of these tests to run also opens the app.
    assert [event for event in events if event != "app loaded"] == [
        "event with wrong arguments refused"
    ]
    assert SECRET not in lines


def test_wrong_arguments_without_end_do_not_fill_the_log(
    server: Server, world: World, member: Person, tab: Tab
) -> None:
    before = len(server.logged())
    socket = tab(member)
    for _ in range(300):
        socket.send(f"{COUNT}.add", number=[])
    seen = 0
    while seen < 300:
        seen += len(socket.update().get("events", ()))
    assert 20 <= len(refusals(world, member)) <= 25
    assert len(server.logged()) - before < 30_000


def test_an_event_that_fails_without_end_does_not_fill_the_log(
    server: Server, member: Person, tab: Tab
) -> None:
    update = f"{STATE}.reflex___state____update_vars_internal_state.update_vars_internal"
    before = len(server.logged())
    socket = tab(member)
    for _ in range(100):
        socket.send(update, vars={f"{STATE}.nothing.x_rx_state_": 1})
    seen = 0
    while seen < 100:
        seen += len(socket.update().get("events", ()))
    assert 20 <= server.logged()[before:].count("Traceback") <= 25


def test_many_refused_events_are_counted_and_not_all_written(
    server: Server, world: World, stranger: Person, tab: Tab
) -> None:
    before = len(server.logged())
    socket = tab(stranger)
    for number in range(300):
        socket.send(f"{COUNT}.attempt_{number}")
    silent(socket)
    assert 20 <= len(refusals(world, stranger)) <= 25
    assert len(server.logged()) - before < 30_000


def test_values_for_states_that_are_not_ones_own_are_not_taken(member: Person, tab: Tab) -> None:
    update = f"{STATE}.reflex___state____update_vars_internal_state.update_vars_internal"
    socket = tab(member)
    assert socket.open("/apps/board")["type"] == "storage"
    socket.send(f"{HOST}.resume", _at="/apps/board", app_id=BOARD, values={})
    assert socket.message()["type"] == "show"
    marker = "_rx_state_"
    for var in (f"{OPERATION}.target{marker}", f"{BOARD_STATE}.files{marker}"):
        socket.send(update, vars={var: [SECRET]})
    foreign = {f"{COUNT}.count{marker}": 9, f"{BOARD_STATE}.theme{marker}": "dark"}
    socket.send(update, _at="/apps/board", vars=foreign)
    assert socket.value("board_state", "theme") == "dark"
    socket.send(HYDRATE)
    assert SECRET not in json.dumps(socket.update())
