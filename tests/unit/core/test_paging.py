"""How many entries one page of a list has."""

from __future__ import annotations

import pytest

from app.core.paging import MAX_PAGE, checked_limit
from app.kernel.errors import Invalid


@pytest.mark.parametrize("limit", [0, -1, MAX_PAGE + 1])
def test_pages_have_1_to_1000_entries(limit: int) -> None:
    with pytest.raises(Invalid, match="1 to 1000"):
        checked_limit(limit)


@pytest.mark.parametrize("limit", [1, MAX_PAGE])
def test_what_is_within_the_limits_stays(limit: int) -> None:
    assert checked_limit(limit) == limit
