"""What a node of tests has for itself: Reflex's registry, and the modules of client apps."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from typing import Any

from reflex.state import State
from reflex_base.registry import RegistrationContext

from app.bridge.client_code import is_client_module
from app.bridge.states import core_states


@contextlib.contextmanager
def own_registry() -> Iterator[None]:
    """Give the node a registry with the core's states only.

    Tests import states of apps in order to name them; those copies must not become part of
    sessions.
    """
    before = RegistrationContext.ensure_context()
    mine = RegistrationContext(_config=before._config)
    for state in (State, *_core_states(before)):
        if state.get_full_name() not in mine.base_states:
            mine._register_base_state(state)
    core_states.forget_others(mine)
    RegistrationContext.set(mine)
    try:
        yield
    finally:
        # Not with a token: a fixture and its test may be two contexts.
        RegistrationContext.set(before)


def _core_states(context: RegistrationContext) -> list[Any]:
    return [
        state for state in context.base_states.values() if not is_client_module(state.__module__)
    ]


@contextlib.contextmanager
def own_modules() -> Iterator[None]:
    """Put back the modules of client apps that the tests imported themselves."""
    before = {n: m for n, m in list(sys.modules.items()) if is_client_module(n + ".")}
    try:
        yield
    finally:
        for name in [n for n in list(sys.modules) if is_client_module(n + ".")]:
            del sys.modules[name]
        sys.modules.update(before)
