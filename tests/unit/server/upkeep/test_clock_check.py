"""A clock is believed when the time went on as it should for a day."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from app.server.upkeep.clock_check import ClockCheck

HOUR = timedelta(hours=1)


class Clock:
    """A clock that a test moves, and who looks at it."""

    def __init__(self, file: Path) -> None:
        self.now = datetime(2026, 1, 1, tzinfo=UTC)
        self.file = file

    def look(self, later: timedelta) -> bool:
        """Move it, and look at it as a server does that was started again."""
        self.now += later
        return ClockCheck(self.file, lambda: self.now).look()

    def goes_on(self, hours: int) -> list[bool]:
        return [self.look(HOUR) for _ in range(hours)]


@pytest.fixture
def clock(tmp_path: Path) -> Clock:
    return Clock(tmp_path / "clock.json")


def test_it_is_believed_after_a_day_and_from_then_on(clock: Clock) -> None:
    assert not clock.look(timedelta())
    assert clock.goes_on(30) == [False] * 23 + [True] * 7


@pytest.mark.parametrize("jump", [timedelta(days=400), timedelta(days=-1), timedelta(minutes=-1)])
def test_after_it_was_changed_it_is_not_believed_for_a_day(clock: Clock, jump: timedelta) -> None:
    clock.look(timedelta())
    assert clock.goes_on(24)[-1]
    with capture_logs() as logged:
        assert not clock.look(jump)
    (line,) = logged
    assert "clock was changed" in line["event"]
    assert clock.goes_on(24) == [False] * 23 + [True]


def test_that_it_is_right_again_is_a_change_too(clock: Clock) -> None:
    clock.look(timedelta())
    clock.goes_on(24)
    assert not clock.look(timedelta(days=400))
    assert not clock.look(timedelta(days=-400))
    assert not clock.look(HOUR)


@pytest.mark.parametrize("noted", ["", "{}", "[]", '{"since": 1, "last": 2}', "\0"])
def test_a_note_that_cannot_be_read_is_none(clock: Clock, noted: str) -> None:
    clock.file.write_text(noted)
    assert not clock.look(timedelta())
    assert clock.goes_on(24)[-1]
