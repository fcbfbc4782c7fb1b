"""What an app's states depend on in core states is seen by the sessions that have the app open."""

from __future__ import annotations

from typing import Any

from reflex.state import BaseState, State, all_base_state_classes
from reflex_base.registry import RegistrationContext

from app.bridge.states import core_states
from app.bridge.states.core_states import Touches, divert, hide_touches, seal, show_touches
from app.cell.attach import attach, take_out
from app.cell.loading.version import LoadedVersion
from tests.unit.apps.loading import Workshop

BODY = """
class Looker(rx.State):
    @rx.var
    def where(self) -> str:
        return self.rx_router_url.path

    @rx.var(cache=False)
    def always(self) -> int:
        return 1
"""
ROOT = "reflex___state____state"


def looker(root: Any, version: LoadedVersion) -> Any:
    return root.get_substate(version.tree.tops[0].split("."))


def entries(state: Any) -> set[str]:
    """Return all that core states know of the states of apps."""
    found = {full for deps in state._var_dependencies.values() for full, _ in deps}
    return {name for name in found | set(state._always_dirty_substates) if "client_apps" in name}


def test_reflex_keeps_dependencies_where_they_are_diverted(made: Workshop) -> None:
    assert isinstance(State._var_dependencies, core_states._Dependencies)
    assert isinstance(State._always_dirty_substates, core_states._AlwaysDirty)
    assert isinstance(State._potentially_dirty_states, core_states._PotentiallyDirty)
    version = made.states(BODY)
    assert ROOT in version.touches.dependencies
    assert version.touches.always_dirty[ROOT]
    assert version.touches.states() >= {ROOT}


def test_loading_leaves_nothing_on_core_states(made: Workshop) -> None:
    names = dict(all_base_state_classes)
    made.states(BODY)
    for state in made.core.base_states.values():
        assert entries(state) == set()
        assert not [n for n in state._potentially_dirty_states if "client_apps" in str(n)]
    # Apps that other test modules import by themselves are among the names before.
    assert all_base_state_classes == names


def test_the_core_may_still_add_states_of_its_own() -> None:
    table = core_states._Dependencies("core", {})
    table.setdefault("var", set()).add(("core.below", "computed"))
    always = core_states._AlwaysDirty("core", ())
    always.add("below")
    potentially = core_states._PotentiallyDirty()
    potentially.add("below")
    assert (dict(table), set(always)) == ({"var": {("core.below", "computed")}}, {"below"})
    touches = Touches()
    with divert(touches):
        table.setdefault("var", set()).add(("app", "computed"))
        always.add("app")
        potentially.add("app")
    assert (dict(table), set(always)) == ({"var": {("core.below", "computed")}}, {"below"})
    assert set(potentially) == {"below"}
    assert touches == Touches({"core": {"var": {("app", "computed")}}}, {"core": {"app"}})


def test_sealing_twice_is_sealing_once(made: Workshop) -> None:
    before = State._var_dependencies
    seal(RegistrationContext.get())
    assert State._var_dependencies is before


def test_a_session_without_the_app_is_not_touched(made: Workshop) -> None:
    version = made.states(BODY)
    session, root = made.session()
    other_session, other = made.session("other")
    attach(session, root, version)
    assert entries(root) == {*version.touches.always_dirty[ROOT], version.tree.tops[0]}
    assert entries(other) == set()
    other.router_data = other._update_router_vars({"pathname": "/x", "asPath": "/x"}, {})
    assert not [name for name in other.get_delta() if "client_apps" in name]
    assert other_session.attached == {}


def test_a_change_of_a_core_var_recomputes_what_depends_on_it(made: Workshop) -> None:
    version = made.states(BODY)
    session, root = made.session()
    attach(session, root, version)
    state = looker(root, version)
    before = state.where
    root.router_data = root._update_router_vars({"pathname": "/x", "asPath": "/x"}, {})
    assert (before, state.where) != (before, before)
    assert state.where == "/x"


def test_what_is_hidden_is_as_before(made: Workshop) -> None:
    version = made.states(BODY)
    session, root = made.session()
    attach(session, root, version)
    take_out(session, root, version)
    assert entries(root) == set()
    assert "_var_dependencies" not in vars(root)
    assert root.get_delta() is not None


def test_entries_of_several_apps_are_shown_together() -> None:
    root = State(_reflex_internal_init=True)
    one = Touches({ROOT: {"v": {("a", "x")}}}, {ROOT: {"a"}})
    two = Touches({ROOT: {"v": {("b", "y")}}})
    show_touches(root, [one, two])
    assert root._var_dependencies["v"] >= {("a", "x"), ("b", "y")}
    assert "a" in root._always_dirty_substates
    assert isinstance(root, BaseState)
    hide_touches(root, [ROOT])
    assert "v" not in root._var_dependencies
    assert "a" not in type(root)._always_dirty_substates
