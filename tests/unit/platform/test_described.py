"""What readers are told of an app."""

from __future__ import annotations

import pytest

from app.platform.described import Standing, standing_of


@pytest.mark.parametrize(
    ("is_so", "standing"),
    [
        ({}, Standing.NEW),
        ({"promoted": True}, Standing.ON),
        ({"promoted": True, "failing": True}, Standing.FAILING),
        ({"promoted": True, "failing": True, "enabled": False}, Standing.OFF),
        ({"promoted": True, "enabled": False, "deleted": True}, Standing.DELETED),
    ],
)
def test_what_is_decided_about_an_app_comes_before_how_it_does(
    is_so: dict[str, bool], standing: Standing
) -> None:
    known = {"deleted": False, "enabled": True, "promoted": False, **is_so}
    assert standing_of(**known) is standing
