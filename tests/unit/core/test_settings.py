from __future__ import annotations

import pytest

from app.core.errors import Invalid
from app.core.settings import MIB, Limits


def test_limits_have_defaults_that_settings_change_one_by_one() -> None:
    assert Limits.from_environment({}) == Limits()
    changed = Limits.from_environment({"GRAFT_MAX_FILE_MB": " 5 "})
    assert changed == Limits(5 * MIB, Limits().document_bytes)


@pytest.mark.parametrize("value", ["0", "-1", "1.5", "many"])
def test_a_limit_that_is_no_number_above_zero_is_refused_and_named(value: str) -> None:
    with pytest.raises(Invalid, match="GRAFT_MAX_DOCUMENT_MB"):
        Limits.from_environment({"GRAFT_MAX_DOCUMENT_MB": value})
