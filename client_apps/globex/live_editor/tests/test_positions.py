from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from client_apps.globex.live_editor.positions import LETTERS, between

TAILS = st.text(LETTERS[1:], min_size=2, max_size=2)


@given(st.lists(st.tuples(st.integers(0, 50), TAILS), max_size=40))
def test_there_is_always_room_between_two_keys(insertions: list[tuple[int, str]]) -> None:
    keys: list[str] = []
    for place, tail in insertions:
        at = place % (len(keys) + 1)
        low = keys[at - 1] if at else ""
        high = keys[at] if at < len(keys) else ""
        keys.insert(at, between(low, high, tail))
    assert keys == sorted(set(keys))


@given(TAILS, TAILS)
def test_two_sections_put_into_one_gap_get_keys_with_room_between_them(one: str, two: str) -> None:
    first, second = sorted([between("b", "c", one), between("b", "c", two)])
    if one != two:
        assert first < between(first, second, "zz") < second


def test_keys_stay_short_when_a_list_is_built_at_its_end() -> None:
    key = ""
    for _ in range(200):
        key = between(key, "", "bb")
    assert len(key) < 60


@pytest.mark.parametrize(("low", "high"), [("m", "m"), ("n", "m"), ("m", "na"), ("ma", "n")])
def test_keys_without_room_between_them_are_refused(low: str, high: str) -> None:
    with pytest.raises(ValueError, match=r"room|end with"):
        between(low, high, "bb")
