"""What is taken of Reflex's shared states; how they work is in tests/unit/node/sessions."""

from __future__ import annotations

import inspect

import pytest
from reflex.istate import shared
from reflex.istate.shared import SharedState, SharedStateBaseInternal

from app.bridge.states import shared_states


def test_the_parts_of_reflex_that_are_used_are_there() -> None:
    for name in ("_linked_locks_holder", "_held_locks_linked_states"):
        assert callable(getattr(SharedStateBaseInternal, name)), name
    assert {"_exit_stack", "_held_locks", "_held_locks_lock"} <= set(
        SharedStateBaseInternal.__slots__
    )
    assert {"_linked_from", "_linked_to"} <= set(SharedState.__annotations__)


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (shared_states._linking, SharedStateBaseInternal._modify_linked_states),
        (shared_states._link, SharedStateBaseInternal._internal_patch_linked_state),
        (shared_states._unlink, SharedStateBaseInternal._unlink),
        (shared_states._in_place, shared._patch_state),
    ],
)
def test_what_is_replaced_is_called_in_the_same_way(ours: object, theirs: object) -> None:
    def parameters(function: object) -> list[str]:
        return list(inspect.signature(function).parameters)  # type: ignore[arg-type]  # of whatever kind it is

    assert parameters(ours) == parameters(theirs)
