"""What a client app's states leave on the core's state classes, kept apart.

When a state class is made, Reflex writes into its parents: which computed vars depend on their
vars, and which substates must be recomputed always. Those entries name states that most sessions do
not have, and a session without them fails with a KeyError. So while a client app is loaded its
entries are diverted into a `Touches`, and only the sessions that have the app open see them, as
attributes of their own instances.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from reflex.state import BaseState, all_base_state_classes
from reflex_base.registry import RegistrationContext

Dependents = set[tuple[str, str]]


@dataclass
class Touches:
    """Entries that one version's states made on core states, by full name of the core state."""

    dependencies: dict[str, dict[str, Dependents]] = field(default_factory=dict)
    always_dirty: dict[str, set[str]] = field(default_factory=dict)

    def states(self) -> set[str]:
        """Return the full names of the core states concerned."""
        return self.dependencies.keys() | self.always_dirty.keys()


_diverted: ContextVar[Touches | None] = ContextVar("graft_diverted", default=None)


@contextmanager
def divert(touches: Touches) -> Iterator[None]:
    """Send what is written to sealed core states inside the `with` statement to `touches`."""
    token = _diverted.set(touches)
    known = dict(all_base_state_classes)
    try:
        yield
    finally:
        _diverted.reset(token)
        # The list of all state names only serves counts in the core's compile; it must not grow.
        all_base_state_classes.clear()
        all_base_state_classes.update(known)


class _Dependencies(dict[str, Dependents]):
    """`_var_dependencies` of a core state."""

    def __init__(self, state: str, items: dict[str, Dependents]) -> None:
        super().__init__(items)
        self._state = state

    def setdefault(self, key: str, default: Any = None) -> Dependents:
        touches = _diverted.get()
        if touches is None:
            return super().setdefault(key, default)
        return touches.dependencies.setdefault(self._state, {}).setdefault(key, set())


class _AlwaysDirty(set[str]):
    """`_always_dirty_substates` of a core state."""

    def __init__(self, state: str, items: Iterable[str]) -> None:
        super().__init__(items)
        self._state = state

    def add(self, item: str) -> None:
        touches = _diverted.get()
        if touches is None:
            super().add(item)
        else:
            touches.always_dirty.setdefault(self._state, set()).add(item)


class _PotentiallyDirty(set[str]):
    """`_potentially_dirty_states` of a core state; only the Redis state manager reads it."""

    def add(self, item: str) -> None:
        if _diverted.get() is None:
            super().add(item)


def seal(core: RegistrationContext) -> None:
    """Make every state of the core divert what client apps write to it; done once, after all are
    made.
    """
    for name, state in core.base_states.items():
        if isinstance(state._always_dirty_substates, _AlwaysDirty):
            continue
        state._var_dependencies = _Dependencies(name, state._var_dependencies)
        state._always_dirty_substates = _AlwaysDirty(name, state._always_dirty_substates)
        state._potentially_dirty_states = _PotentiallyDirty(state._potentially_dirty_states)


def show_touches(root: BaseState, attached: Iterable[Touches]) -> None:
    """Let the core states of one session know of the apps that it has open, and of no others."""
    attached = tuple(attached)
    for name in {state for touches in attached for state in touches.states()}:
        instance = root.get_substate(name.split("."))
        dependencies = {var: set(deps) for var, deps in type(instance)._var_dependencies.items()}
        always_dirty = set(type(instance)._always_dirty_substates)
        for touches in attached:
            for var, dependents in touches.dependencies.get(name, {}).items():
                dependencies.setdefault(var, set()).update(dependents)
            always_dirty |= touches.always_dirty.get(name, set())
        object.__setattr__(instance, "_var_dependencies", dependencies)
        object.__setattr__(instance, "_always_dirty_substates", always_dirty)


def hide_touches(root: BaseState, names: Iterable[str]) -> None:
    """Undo `show_touches` on the core states `names` of one session."""
    for name in names:
        instance = root.get_substate(name.split("."))
        for attribute in ("_var_dependencies", "_always_dirty_substates"):
            vars(instance).pop(attribute, None)


def forget_others(core: RegistrationContext) -> None:
    """Take from the core's states what they know of states that are not in this registry.

    Whoever imports a state of a client app to name it in a test leaves entries on the core's.
    """
    known = core.base_states.keys()
    names = {name.rpartition(".")[2] for name in known}
    for state in core.base_states.values():
        for dependents in state._var_dependencies.values():
            dependents.difference_update([one for one in dependents if one[0] not in known])
        state._always_dirty_substates.intersection_update(names)
        state._potentially_dirty_states.intersection_update(known)
