"""Telling apps from the names of states and events."""

from __future__ import annotations

import keyword

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reflex.state import State

from app.node.events.names import app_of, is_core
from app.source.app_source import name_problems
from tests.unit.apps.loading import workshop

PREFIX = "reflex___state____state."
NAMES = st.from_regex(r"\A[a-z][a-z0-9]{0,5}(_[a-z0-9]{1,4}){0,2}\Z").filter(
    lambda name: not keyword.iskeyword(name)  # such as "or", which no package can be called
)


@pytest.mark.parametrize(
    ("name", "app_id"),
    [
        (PREFIX + "client_apps___acme___counter___entry____counter_state", "acme/counter"),
        (PREFIX + "client_apps___acme___counter___entry____counter_state.add", "acme/counter"),
        (PREFIX + "client_apps___a_b___c_d___deep___er____s.client_apps___a_b___c_d", "a_b/c_d"),
        ("client_apps___acme___counter___entry____s", "acme/counter"),
        (PREFIX + "hydrate", None),
        (PREFIX + "app___browser___component____host_state.open", None),
        ("", None),
    ],
)
def test_names_of_states_and_events_tell_their_app(name: str, app_id: str | None) -> None:
    assert app_of(name) == app_id
    assert is_core(name) is (app_id is None)


def test_what_pretends_to_be_an_apps_is_neither() -> None:
    assert app_of("client_apps___acme") is None
    assert not is_core("client_apps___acme")


@given(client=NAMES, name=NAMES)
def test_every_name_that_an_app_may_have_is_found_again(client: str, name: str) -> None:
    app_id = f"{client}/{name}"
    assert name_problems(app_id) == ()
    written = f"client_apps.{client}.{name}.entry".replace(".", "___")
    assert app_of(f"{PREFIX}{written}____my_state.handler") == app_id


def test_reflex_writes_names_as_they_are_read(tmp_path: object) -> None:
    from pathlib import Path

    with workshop(Path(str(tmp_path))) as made:
        version = made.load(
            "import reflex as rx\nfrom app.sdk import DynamicApp\n"
            "class S(rx.State):\n    a: int = 1\n    @rx.event\n    def go(self): ...\n"
            "def index():\n    return rx.text(S.a)\n"
            "class AppEntry(DynamicApp):\n    name = 'x'\n    pages = {'/': index}\n",
            "big_corp/room_list2",
        )
        for name in (*version.tree.classes, *version.handlers):
            assert app_of(name) == "big_corp/room_list2"
        for name in (State.get_full_name(), *made.core.base_states, *made.core.event_handlers):
            assert is_core(name)
