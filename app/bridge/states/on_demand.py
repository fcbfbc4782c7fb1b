"""States of the core that most sessions never use: made in a session when they are first asked for.

Reflex makes every state of the core in every session, and looks at all of them whenever a browser
connects. Most people never open an admin page, so their sessions do without its states until an
event of one arrives. A browser holds the compiled defaults until it is told otherwise; when it
connects again, it says of which states it still does (app/browser/states/untouched.js), and the
others are made then, because a browser must not keep values that the server does not have.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Mapping
from typing import Any

from reflex.state import BaseState, State, _diff_against_initial_state
from reflex_base.event import Event
from reflex_base.registry import RegistrationContext

from app.bridge.states.registration import active

_HYDRATE = frozenset(f"{State.get_full_name()}.{name}" for name in ("hydrate", "hydrate_and_load"))
_packages: list[str] = []


def leave_out(package: str) -> None:
    """Let sessions do without the states of all modules of a package until they are asked for."""
    if f"{package}." not in _packages:
        _packages.append(f"{package}.")


class Substates(dict[str, BaseState]):
    """The substates of a session's root: what is in it is made, the rest is made by asking.

    Args:
        root: the state that they belong to.
        waiting: by name, those that are not made yet.
    """

    __slots__ = ("_root", "waiting")

    def __init__(self, root: BaseState, waiting: dict[str, type[BaseState]]) -> None:
        super().__init__()
        # A cycle would keep the tree of an expired session alive until a garbage collection.
        self._root = weakref.ref(root)
        self.waiting = waiting

    def __contains__(self, name: object) -> bool:
        return super().__contains__(name) or name in self.waiting

    def __missing__(self, name: str) -> BaseState:
        made = self.waiting.pop(name)(parent_state=self._root(), _reflex_internal_init=True)
        self[name] = made
        return made

    def clear(self) -> None:
        """Forget everything; the session expired."""
        self.waiting.clear()
        super().clear()


async def before_hydrate(root: BaseState, event: Event, core: RegistrationContext) -> None:
    """Make the states that a browser may hold other values of than the compiled ones.

    Does nothing when `event` is not the one with which a browser asks for its states. The core's
    registry is given because Reflex keeps the defaults that it compares with, and states of the
    apps that this session has open must not be among them.
    """
    substates = root.substates
    if event.name not in _HYDRATE or not isinstance(substates, Substates):
        return
    names = {state.get_full_name(): name for name, state in substates.waiting.items()}
    asked: dict[str, dict[str, Any]] = {name: {} for name in names}
    hashes = event.payload.get("hashes")
    # Reflex leaves out of an update what the browser has already: nothing of a state, if its hash
    # is the right one.
    changed: Mapping[str, Any] = asked
    if hashes:
        with active(core):
            changed = await _diff_against_initial_state(type(root), asked, hashes)
    for name in changed:
        substates[names[name]]


def making(original: Callable[..., None]) -> Callable[..., None]:
    """Return `BaseState.__init__` with substates of a root that are made on demand."""

    def init(
        self: BaseState,
        parent_state: BaseState | None = None,
        init_substates: bool = True,
        **kwargs: Any,
    ) -> None:
        if parent_state is not None or not init_substates:
            original(self, parent_state, init_substates, **kwargs)
            return
        original(self, None, False, **kwargs)
        found = {state.get_name(): state for state in self.get_substates()}
        prefixes = tuple(_packages)
        waiting = {name: s for name, s in found.items() if s.__module__.startswith(prefixes)}
        substates = Substates(self, waiting)
        object.__setattr__(self, "substates", substates)
        for name, state in found.items():
            if name not in waiting:
                substates[name] = state(parent_state=self, _reflex_internal_init=True)

    return init


def describing(original: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    """Return `BaseState.dict` whose initial values are those of all states, as they are compiled
    into the front end.
    """

    def describe(
        self: BaseState, include_computed: bool = True, initial: bool = False, **kwargs: Any
    ) -> dict[str, Any]:
        substates = self.substates
        if initial and isinstance(substates, Substates):
            for name in tuple(substates.waiting):
                substates[name]
        return original(self, include_computed, initial, **kwargs)

    return describe
