"""The filter of the audit log."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from app.core.audit import Outcome
from app.kernel.errors import Invalid
from app.web.admin.audit.audit_filter import filter_of


def test_everything_that_is_filled_in_counts() -> None:
    form = {
        "since": "2026-11-23T08:40",
        "actor": "u1",
        "action": " app.* ",
        "target": "acme/counter",
        "outcome": "refused",
    }
    found = filter_of(form)
    assert found.since == datetime(2026, 11, 23, 8, 40, tzinfo=UTC)
    assert found.until is None
    assert (found.actor_id, found.action, found.target) == ("u1", "app.*", "acme/counter")
    assert found.outcome is Outcome.REFUSED


@pytest.mark.parametrize(
    "form",
    [{"since": "yesterday"}, {"outcome": "maybe"}, {"action": "*app"}, {"target": "a\nb"}],
)
def test_what_cannot_be_understood_is_refused(form: dict[str, str]) -> None:
    with pytest.raises(Invalid):
        filter_of(form)
