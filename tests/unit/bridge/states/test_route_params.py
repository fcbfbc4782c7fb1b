"""Parameters of url templates, without vars on `rx.State`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from reflex.state import State
from reflex_base.event.context import EventContext
from reflex_base.vars.base import Var

from app.bridge.states.route_params import (
    AppPage,
    RouteParameter,
    page_delta,
    provide_route_parameters,
    set_page,
    use_template,
    with_page,
)
from app.cell.attach import attach
from tests.unit.apps.loading import Workshop

READER = """
class Reader(rx.State):
    @rx.var
    def shown(self) -> str:
        return f"project {self.test_id}"
"""


@pytest.fixture(autouse=True)
def in_event() -> Iterator[EventContext]:
    """An event that runs, on a page whose own parameters are those of the host page."""
    data = {"pathname": "/apps/x/7", "query": {"splat": ["x", "7"]}}
    context = EventContext(
        token="token",
        state_manager=None,
        enqueue_impl=None,
        router_data=data,  # type: ignore[arg-type]
    )
    token = EventContext.set(context)
    yield context
    EventContext.reset(token)
    if "test_id" in vars(State):
        type.__delattr__(State, "test_id")


def test_on_the_class_it_is_a_var_that_reads_the_routes_parameters() -> None:
    provide_route_parameters(["test_id"], [])
    var = State.test_id  # type: ignore[attr-defined]
    assert isinstance(var, Var)
    assert var._var_type is str
    assert "rx_router_page" in str(var)
    assert '"test_id"' in str(var)
    assert str(var).endswith('?? "")')
    data = var._get_all_var_data()
    assert data is not None
    assert data.state == State.get_full_name()


def test_on_an_instance_it_is_the_value(made: Workshop) -> None:
    provide_route_parameters(["test_id"], [])
    root: Any = made.session()[1]
    assert root.test_id == ""
    set_page(root, AppPage("/projects/[test_id]", {"test_id": "7"}))
    assert root.test_id == "7"


def test_the_schema_and_the_vars_of_the_core_stay_the_same() -> None:
    before = State._to_frontend_schema(), set(State.vars), set(State.computed_vars)
    provide_route_parameters(["test_id"], [])
    assert (State._to_frontend_schema(), set(State.vars), set(State.computed_vars)) == before


def test_names_that_the_state_has_stay_as_they_are() -> None:
    provide_route_parameters(["router", "is_hydrated"], [])
    assert not isinstance(vars(State).get("is_hydrated"), RouteParameter)
    assert not isinstance(vars(State).get("router"), RouteParameter)


def test_a_computed_var_that_reads_it_is_computed_again_when_it_changes(made: Workshop) -> None:
    version = made.load(PAGES.format(body=READER))
    again = made.load(PAGES.format(body=READER))
    for loaded in (version, again):
        session, root = made.session()
        attach(session, root, loaded)
        reader: Any = root.get_substate(loaded.tree.tops[0].split("."))
        assert reader.shown == "project "
        set_page(root, AppPage("/projects/[test_id]", {"test_id": "7"}))
        assert reader.shown == "project 7"
        set_page(root, AppPage("/projects/[test_id]", {"test_id": "8"}))
        assert reader.shown == "project 8"
        assert loaded.tree.tops[0] in root.get_delta()


PAGES = """
import reflex as rx
from app.sdk import DynamicApp

{body}

def index():
    return rx.text("home")

class AppEntry(DynamicApp):
    name = "Made"
    pages = {{"/": index, "/projects/[test_id]": index}}
"""

OWNER = """
class Owner(rx.State):
    test_id: str = "mine"
    runs: int = 0

    @rx.var
    def shown(self) -> str:
        return self.test_id

    @rx.event
    def rename(self, name: str):
        self.test_id = name
"""


def test_a_var_of_the_same_name_in_another_app_is_that_apps_own(made: Workshop) -> None:
    made.load(PAGES.format(body=READER))
    version = made.load(PAGES.format(body=OWNER).replace("[test_id]", "[other_id]"), "globex/owner")
    session, root = made.session()
    attach(session, root, version)
    owner: Any = root.get_substate(version.tree.tops[0].split("."))
    assert owner.test_id == "mine"
    owner.test_id = "new"
    assert (owner.test_id, owner.shown, root.test_id) == ("new", "new", "")
    assert "test_id" in type(owner).base_vars
    assert str(type(owner).test_id).endswith("test_id_rx_state_")


def test_a_catch_all_is_a_list() -> None:
    parameter = RouteParameter("splat")
    assert parameter.empty == []
    assert parameter.__get__(None, State)._var_type == list[str]


def test_the_apps_own_parameters_stand_in_for_the_catch_all_of_the_host_page() -> None:
    given = {"pathname": "/apps/x/7", "query": {"splat": ["x", "7"], "tab": "2"}}
    changed = with_page(given, AppPage("/[project]", {"project": "7"}))
    changed["pathname"] = "/apps/[[...splat]]"  # Reflex puts the route of the host page there
    use_template(changed)
    assert changed == {"pathname": "/[project]", "query": {"tab": "2", "project": "7"}}
    assert given["query"] == {"splat": ["x", "7"], "tab": "2"}


def test_events_that_follow_get_the_page_too(made: Workshop, in_event: EventContext) -> None:
    _, root = made.session()
    set_page(root, AppPage("/projects/[test_id]", {"test_id": "7"}))
    assert in_event.router_data["query"] == {"test_id": "7"}
    assert in_event.router_data["pathname"] == "/projects/[test_id]"


def test_a_page_is_named_by_its_url_template(made: Workshop) -> None:
    root: Any = made.session()[1]
    set_page(root, AppPage("/projects/[test_id]", {"test_id": "7"}))
    assert root.router.page.path == root.router.route_id == "/projects/[test_id]"
    set_page(root, AppPage())
    assert root.router.page.path == "/404"


def test_the_browser_is_told_under_the_names_by_which_pages_read_it(made: Workshop) -> None:
    _, root = made.session()
    set_page(root, AppPage("/projects/[test_id]", {"test_id": "7"}))
    ((state, values),) = page_delta(root).items()
    for name in ("rx_router_page", "rx_router_url", "rx_router_route_id"):
        assert str(getattr(State, name)).startswith(f"{state.replace('.', '__')}.{name}")
    assert values["rx_router_page_rx_state_"].params == {"test_id": "7"}
