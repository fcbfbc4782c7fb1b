"""Names that Reflex makes up depend on the app only."""

from __future__ import annotations

from reflex_base.vars import base

from app.bridge.compiling.naming import deterministic_names


def drawn(count: int = 5) -> list[str]:
    return [base.get_unique_variable_name() for _ in range(count)]


def test_the_same_seed_gives_the_same_names_whatever_was_drawn_before() -> None:
    with deterministic_names("acme/counter"):
        first = drawn()
    drawn(20)
    with deterministic_names("acme/counter"):
        assert drawn() == first
    with deterministic_names("acme/other"):
        assert drawn() != first


def test_names_inside_are_unique() -> None:
    with deterministic_names("acme/counter"):
        names = drawn(500)
    assert len(set(names)) == 500


def test_reflexs_own_names_go_on_as_if_nothing_had_been() -> None:
    generator, used = base._rng, base.USED_VARIABLES
    with deterministic_names("acme/counter"):
        assert base.USED_VARIABLES is not used
        drawn()
    assert base._rng is generator
    assert base.USED_VARIABLES is used
