"""What capabilities mean, in words."""

from __future__ import annotations

import pytest

from app.kernel.capabilities import CAPABILITIES, friendly


@pytest.mark.parametrize("name", sorted(CAPABILITIES))
def test_all_of_what_a_capability_allows_is_said(name: str) -> None:
    assert friendly(name) == CAPABILITIES[name]


def test_a_capability_of_another_release_is_named() -> None:
    assert friendly("printers") == "use printers"
