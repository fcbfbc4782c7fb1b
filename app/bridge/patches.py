"""Changes to Reflex's classes: two versions of a state can be alive at once, and a session pays for
what it uses only.

Each function states what it changes and why; `install` applies all of them, once, and is called by
the composition root and by the test kit before the first client app is loaded.
"""

from __future__ import annotations

import itertools
import sys
from collections.abc import Sequence
from types import ModuleType
from typing import Any

from reflex.state import BaseState, ComponentState, State
from reflex.utils.exceptions import StateMismatchError

from app.bridge.client_code import is_client_module
from app.bridge.compiling import client_assets
from app.bridge.states import declared_events, on_demand, shared_states, undo


def install() -> None:
    """Apply all changes; doing it again changes nothing."""
    if getattr(BaseState, "_graft_patched", False):
        return
    _replace(BaseState, "get_class_substate", classmethod(_get_class_substate))
    _replace(BaseState, "_get_state_from_cache", _get_state_from_cache)
    local_def = _handle_local_def(BaseState._handle_local_def)
    _replace(BaseState, "_handle_local_def", classmethod(local_def))
    create = _create_component_state(ComponentState.create)
    _replace(ComponentState, "create", classmethod(create))
    _replace(BaseState, "__init__", on_demand.making(BaseState.__init__))
    _replace(BaseState, "dict", on_demand.describing(BaseState.dict))
    client_assets.install()
    shared_states.install()
    declared_events.install()
    undo.install()
    type.__setattr__(BaseState, "_graft_patched", True)


def _replace(owner: type, name: str, attribute: Any) -> None:
    """Replace an attribute that must exist; a Reflex without it needs a new look at this module."""
    if name not in vars(owner):
        raise RuntimeError(f"this version of Reflex has no {owner.__name__}.{name}")
    type.__setattr__(owner, name, attribute)


def _get_class_substate(cls: type[BaseState], path: Sequence[str] | str) -> type[BaseState]:
    """Find a state class by path, without Reflex's cache.

    Reflex caches the answer per class and path for ever. With several versions of a state under one
    name the answer depends on the registration context, and a cached one is a dead class.
    """
    steps = tuple(path.split(".")) if isinstance(path, str) else tuple(path)
    if steps and steps[0] == cls.get_name():
        steps = steps[1:]
    found = cls
    for step in steps:
        below = next((sub for sub in found.get_substates() if sub.get_name() == step), None)
        if below is None:
            raise ValueError(f"Invalid path: {path}")
        found = below
    return found


_get_class_substate.cache_clear = lambda: None  # type: ignore[attr-defined]


def _get_state_from_cache(self: BaseState, state_cls: type[BaseState]) -> BaseState:
    """Find the session's instance of a state, whichever version of the state's class it is.

    A background task that began before a swap asks with its own, older class. The instance under
    that name is the one with the session's values, so it is the right answer.
    """
    found = self._get_root_state().get_substate(state_cls._get_substate_path())
    if isinstance(found, state_cls):
        return found
    if (
        is_client_module(state_cls.__module__)
        and found.get_full_name() == state_cls.get_full_name()
    ):
        return found
    raise StateMismatchError(f"Searched for state {state_cls.get_full_name()} but found {found}.")


def _handle_local_def(original: Any) -> Any:
    """Give states that a client app defines inside functions a name that is the same in every
    version.

    Reflex puts them into one module for the whole process and numbers them, so that the same state
    would be called differently after every swap, and would never be freed. Here they are numbered
    in the order in which one version makes them.
    """

    def handle(cls: type[BaseState]) -> None:
        if not is_client_module(cls.__module__):
            original.__func__(cls)
            return
        cls.__original_name__ = cls.__name__
        cls.__original_module__ = cls.__module__
        name = cls.__qualname__.replace(".<locals>.", "__").replace(".", "_")
        cls.__name__ = cls.__qualname__ = _free_name(sys.modules[cls.__module__], name)
        setattr(sys.modules[cls.__module__], cls.__name__, cls)

    return handle


def _free_name(module: ModuleType, name: str) -> str:
    """Return a name that a module does not have yet: this one, or with a number, from 2 on."""
    numbered = (f"{name}_{number}" for number in itertools.count(2))
    return next(one for one in itertools.chain([name], numbered) if not hasattr(module, one))


def _create_component_state(original: Any) -> Any:
    """Keep the states of `rx.ComponentState` components in the module of the app that defines them.

    Reflex puts them into one module for the whole process, where two apps with a component of the
    same name would share one state.
    """

    def create(cls: type[ComponentState], *children: Any, **props: Any) -> Any:
        if not is_client_module(cls.__module__):
            return original.__func__(cls, *children, **props)
        from reflex.compiler.compiler import into_component

        cls._per_component_state_instance_count += 1
        name = f"{cls.__name__}_n{cls._per_component_state_instance_count}"
        state = type(name, (cls, State), {"__module__": cls.__module__}, mixin=False)
        setattr(sys.modules[cls.__module__], name, state)
        component = into_component(state.get_component(*children, **props))  # type: ignore[attr-defined]
        component.State = state
        return component

    return create
