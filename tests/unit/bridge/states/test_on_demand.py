"""States that a session does without until they are asked for."""

from __future__ import annotations

import weakref
from collections.abc import Iterator
from typing import Any

import pytest
import reflex as rx
import reflex.state
from reflex.state import BaseState, State, _resolve_delta, state_snapshot_hashes
from reflex_base.event import Event
from reflex_base.registry import RegistrationContext

from app.bridge import patches
from app.bridge.states import on_demand, registration
from app.bridge.states.on_demand import Substates, before_hydrate
from app.testing.isolated import own_registry

HYDRATE = "reflex___state____state.hydrate_and_load"


class Registered:
    """A core with one state that every session has, and one that most do without."""

    def __init__(self) -> None:
        # As if they were defined in modules: Reflex moves classes of functions elsewhere.
        class Common(rx.State):
            __module__, __qualname__ = "tests.common", "Common"
            text: str = "a"

        class Rare(rx.State):
            __module__, __qualname__ = "tests.rare.pages", "Rare"
            text: str = "b"
            numbers: list[int] = []

            @rx.var
            def doubled(self) -> str:
                return self.text * 2

        self.common, self.rare = Common, Rare
        self.core = RegistrationContext.get()

    def session(self) -> State:
        return State(_reflex_internal_init=True)

    def has_rare(self, root: BaseState) -> bool:
        return self.rare.get_full_name() in root.dict()


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> Iterator[Registered]:
    patches.install()
    monkeypatch.setattr(on_demand, "_packages", [])
    monkeypatch.setattr(reflex.state, "_initial_snapshot_cache", {})
    on_demand.leave_out("tests.rare")
    with own_registry():
        yield Registered()


async def hashes(root: type[BaseState] = State) -> list[str]:
    """Return what the compiler puts into the front end."""
    snapshot = root(_reflex_internal_init=True).dict(initial=True)
    return state_snapshot_hashes(await _resolve_delta(snapshot))


def connecting(told: list[str] | None) -> Event:
    return Event(name=HYDRATE, payload={} if told is None else {"hashes": told})


def test_a_new_session_has_the_common_states_only(made: Registered) -> None:
    root = made.session()
    assert made.common.get_full_name() in root.dict()
    assert not made.has_rare(root)
    assert RegistrationContext.get().base_states[made.rare.get_full_name()] is made.rare


def test_a_state_is_made_when_it_is_asked_for_and_stays(made: Registered) -> None:
    root = made.session()
    state = root.get_substate(made.rare.get_full_name().split("."))
    state.text = "c"
    assert root.get_delta()[made.rare.get_full_name()]["doubled_rx_state_"] == "cc"
    assert root.get_substate(made.rare.get_full_name().split(".")) is state
    assert state.parent_state is root


async def test_handlers_of_other_states_find_it(made: Registered) -> None:
    root = made.session()
    common: Any = root.get_substate(made.common.get_full_name().split("."))
    assert isinstance(await common.get_state(made.rare), made.rare)


def test_unknown_states_are_still_unknown(made: Registered) -> None:
    with pytest.raises(ValueError, match="nothing"):
        made.session().get_substate(["nothing"])


async def test_what_is_compiled_into_the_front_end_has_all_states(made: Registered) -> None:
    snapshot = made.session().dict(initial=True)
    assert snapshot[made.rare.get_full_name()]["doubled_rx_state_"] == "bb"


async def test_a_browser_that_holds_the_defaults_is_sent_nothing(made: Registered) -> None:
    root = made.session()
    await before_hydrate(root, connecting(await hashes()), made.core)
    assert not made.has_rare(root)


async def test_apps_that_the_session_has_open_are_no_defaults_of_the_core(
    made: Registered,
) -> None:
    told = await hashes()
    with registration.active(registration.fork(made.core)):

        class OfAnApp(rx.State):
            __module__, __qualname__ = "tests.an_app", "OfAnApp"

        root = made.session()
        await before_hydrate(root, connecting(told), made.core)
    assert not made.has_rare(root)


async def test_a_browser_that_holds_other_values_is_sent_all(made: Registered) -> None:
    root = made.session()
    told = await hashes()
    names = sorted(made.session().dict(initial=True))
    told[1 + names.index(made.rare.get_full_name())] = ""
    await before_hydrate(root, connecting(told), made.core)
    assert made.has_rare(root)


@pytest.mark.parametrize("told", [None, [], ["?"], ["?"] * 40])
async def test_a_browser_that_says_nothing_useful_is_sent_all(
    made: Registered, told: list[str] | None
) -> None:
    root = made.session()
    await before_hydrate(root, connecting(told), made.core)
    assert made.has_rare(root)


async def test_other_events_make_nothing(made: Registered) -> None:
    root = made.session()
    await before_hydrate(root, Event(name="any.other", payload={}), made.core)
    assert not made.has_rare(root)


def test_an_expired_session_is_freed_at_once(made: Registered) -> None:
    from reflex.istate.manager import _release_state_tree

    root = made.session()
    gone = weakref.ref(root)
    _release_state_tree(root)
    assert dict(root.substates) == {}
    assert "anything" not in root.substates
    del root
    assert gone() is None


def test_states_below_a_parent_are_made_with_it(made: Registered) -> None:
    class Below(made.rare):  # type: ignore[name-defined,misc]
        __module__, __qualname__ = "tests.rare.pages", "Below"
        deep: int = 1

    root = made.session()
    assert isinstance(root.substates, Substates)
    state = root.get_substate(Below.get_full_name().split("."))
    assert state.parent_state is root.get_substate(made.rare.get_full_name().split("."))


async def test_the_admin_pages_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    import app.web.admin.pages  # noqa: F401 - defines their states

    patches.install()
    names = State(_reflex_internal_init=True).dict()
    assert not [name for name in names if "web___admin" in name]
