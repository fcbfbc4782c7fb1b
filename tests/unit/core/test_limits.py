from __future__ import annotations

from datetime import timedelta

import pytest

from app.core.limits import MIB, Limits, Retention
from app.kernel.errors import Invalid


def test_limits_have_defaults_that_settings_change_one_by_one() -> None:
    assert Limits.from_environment({}) == Limits()
    changed = Limits.from_environment({"GRAFT_MAX_FILE_MB": " 5 "})
    assert changed == Limits(5 * MIB, Limits().document_bytes)


@pytest.mark.parametrize("value", ["0", "-1", "1.5", "many"])
def test_a_limit_that_is_no_number_above_zero_is_refused_and_named(value: str) -> None:
    with pytest.raises(Invalid, match="GRAFT_MAX_DOCUMENT_MB"):
        Limits.from_environment({"GRAFT_MAX_DOCUMENT_MB": value})


@pytest.mark.parametrize(
    ("value", "kept"),
    [("", timedelta(days=400)), (" 30 ", timedelta(days=30)), ("0", None), ("00", None)],
)
def test_the_audit_log_is_kept_for_a_time_that_can_be_set(
    value: str, kept: timedelta | None
) -> None:
    assert Retention.from_environment({"GRAFT_AUDIT_DAYS": value}).audit == kept
    assert Retention.from_environment({}) == Retention()


@pytest.mark.parametrize("value", ["-1", "1.5", "for ever", "1000000", "²"])
def test_a_time_that_is_no_number_of_days_is_refused_and_named(value: str) -> None:
    with pytest.raises(Invalid, match="GRAFT_AUDIT_DAYS"):
        Retention.from_environment({"GRAFT_AUDIT_DAYS": value})
