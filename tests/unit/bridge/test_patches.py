"""Changes to Reflex's classes; each must still be needed, and must still work."""

from __future__ import annotations

from typing import Any

import pytest
import reflex as rx
import reflex.istate.dynamic
from reflex.istate.proxy import StateProxy
from reflex.state import BaseState, ComponentState, State
from reflex.utils.exceptions import StateMismatchError
from reflex_base.event.context import EventContext

from app.bridge import patches
from app.bridge.states import registration
from app.cell.attach import attach
from app.source.problems import AppError
from tests.unit.apps.loading import Workshop

COUNTER = """
class Counter(rx.State):
    count: int = 0

    @rx.event
    def increment(self):
        self.count += 1
"""

COMPONENTS = """
class Stepper(rx.ComponentState):
    step: int = 0

    @rx.event
    def forward(self):
        self.step += 1

    @classmethod
    def get_component(cls, **props):
        return rx.button(cls.step, on_click=cls.forward)

def local():
    class Hidden(rx.State):
        shown: bool = False
    return Hidden

Hidden = local()
Again = local()
one = Stepper.create()
two = Stepper.create()
"""


@pytest.fixture(autouse=True, scope="module")
def installed() -> None:
    patches.install()


def test_what_is_replaced_exists_and_has_the_signature_that_is_replaced() -> None:
    import inspect

    found = inspect.signature(BaseState.__dict__["get_class_substate"].__func__)
    assert list(found.parameters) == ["cls", "path"]
    assert list(inspect.signature(BaseState._get_state_from_cache).parameters) == [
        "self",
        "state_cls",
    ]
    assert BaseState.__dict__["get_class_substate"].__func__.__module__ == patches.__name__
    assert hasattr(BaseState.get_class_substate, "cache_clear")


def test_installing_again_changes_nothing() -> None:
    before = BaseState.__dict__["get_class_substate"], ComponentState.__dict__["create"]
    patches.install()
    assert (BaseState.__dict__["get_class_substate"], ComponentState.__dict__["create"]) == before


def test_a_reflex_without_what_is_replaced_is_refused() -> None:
    with pytest.raises(RuntimeError, match=r"no State\.nothing_like_it"):
        patches._replace(State, "nothing_like_it", None)


def test_a_state_class_is_looked_up_anew_each_time(made: Workshop) -> None:
    one, two = made.states(COUNTER), made.states(COUNTER)
    (name,) = one.tree.tops
    for version in (one, two, one):
        with registration.active(version.registration):
            assert State.get_class_substate(name) is version.tree.classes[name]
            assert State.get_class_substate(tuple(name.split("."))) is version.tree.classes[name]
    assert State.get_class_substate("reflex___state____state") is State
    with pytest.raises(ValueError, match="Invalid path"):
        State.get_class_substate(name)


async def test_an_older_class_finds_the_instance_that_the_session_has(made: Workshop) -> None:
    one, two = made.states(COUNTER), made.states(COUNTER)
    session, root = made.session()
    attach(session, root, one)
    old: Any = root.get_substate(one.tree.tops[0].split("."))
    old.count = 4
    attach(session, root, two)
    with registration.active(two.registration):
        found: Any = await root.get_state(one.tree.classes[one.tree.tops[0]])
    assert type(found) is two.tree.classes[two.tree.tops[0]]
    assert found.count == 4


def test_a_foreign_class_of_the_same_name_is_still_refused() -> None:
    root = State(_reflex_internal_init=True)

    class Impostor:
        @classmethod
        def get_full_name(cls) -> str:
            return State.get_full_name()

        @classmethod
        def _get_substate_path(cls) -> tuple[str, ...]:
            return (State.get_full_name(),)

    with pytest.raises(StateMismatchError):
        root._get_state_from_cache(Impostor)  # type: ignore[arg-type]


def test_states_of_components_and_functions_are_the_apps_own_under_lasting_names(
    made: Workshop,
) -> None:
    before = set(vars(reflex.istate.dynamic))
    one, two = made.states(COMPONENTS), made.states(COMPONENTS)
    module = "client_apps___acme___made___entry___"
    names = {name.rpartition(module)[2] for name in one.tree.classes}
    assert names == {"_stepper_n1", "_stepper_n2", "local___hidden", "local___hidden_2"}
    assert one.tree.classes.keys() == two.tree.classes.keys()
    for version in (one, two):
        module = version.package.modules["client_apps.acme.made.entry"]
        for cls in version.tree.classes.values():
            assert cls.__module__ == "client_apps.acme.made.entry"
            assert vars(module)[cls.__name__] is cls
    assert set(vars(reflex.istate.dynamic)) == before


def test_components_of_one_name_in_two_apps_do_not_share_a_state(made: Workshop) -> None:
    from tests.unit.apps.loading import ENTRY

    one = made.states(COMPONENTS)
    text = ENTRY.format(body=COMPONENTS, version="1", extra="")
    two = made.load(text, "globex/made")
    assert not one.tree.classes.keys() & two.tree.classes.keys()


def test_the_core_keeps_reflexs_own_ways() -> None:
    class CoreStepper(rx.ComponentState):
        step: int = 0

        @classmethod
        def get_component(cls, *children: Any, **props: Any) -> rx.Component:
            return rx.text(cls.step)

    made = CoreStepper.create()
    assert made.State is not None
    assert made.State.__module__ == reflex.istate.dynamic.__name__


def test_a_background_events_proxy_goes_on_with_the_instance_of_the_new_version(
    made: Workshop,
) -> None:
    """`async with self` looks the state up by path, so it finds the new version's instance."""
    one, two = made.states(COUNTER), made.states(COUNTER)
    session, root = made.session()
    attach(session, root, one)
    old: Any = root.get_substate(one.tree.tops[0].split("."))
    running = EventContext(token="t", state_manager=None, enqueue_impl=None)  # type: ignore[arg-type]
    token = EventContext.set(running)
    proxy = StateProxy(old)
    EventContext.reset(token)
    assert proxy._self_substate_path == tuple(one.tree.tops[0].split("."))
    attach(session, root, two)
    assert type(root.get_substate(proxy._self_substate_path)) is two.tree.classes[two.tree.tops[0]]


IN_A_LOOP = (
    COMPONENTS
    + """
class Rows(rx.State):
    rows: list[str] = ["a", "b"]

rx.foreach(Rows.rows, {each})
"""
)


def test_a_component_state_for_each_of_a_var_is_refused_in_words(made: Workshop) -> None:
    with pytest.raises(AppError, match="Using a ComponentState as `render_fn`"):
        made.states(IN_A_LOOP.format(each="Stepper.create"))


def test_a_component_state_in_a_loop_over_a_var_is_one_for_all(made: Workshop) -> None:
    version = made.states(IN_A_LOOP.format(each="lambda row: Stepper.create()"))
    steppers = [cls for cls in version.tree.classes if "_stepper_n" in cls]
    assert len(steppers) == 3  # two beside it
