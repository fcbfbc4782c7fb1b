"""What readers are told of an app."""

from __future__ import annotations

import pytest

from app.platform.described import Standing, size_of, standing_of


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


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 bytes"),
        (1023, "1,023 bytes"),
        (1024, "1 kB"),
        (1536, "1.5 kB"),
        (200 * 1024, "200 kB"),
        (1234567, "1.18 MB"),
        (2**30, "1 GB"),
        (5000 * 2**40, "5,000 TB"),
    ],
)
def test_bytes_are_read_with_three_digits(count: int, text: str) -> None:
    assert size_of(count) == text
