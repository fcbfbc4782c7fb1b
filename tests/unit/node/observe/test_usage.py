"""Usage of apps by the minute."""

from __future__ import annotations

import tracemalloc

import pytest

from app.node.observe.usage import MINUTES, Minute, Usage

APP = "acme/counter"


class Clock:
    def __init__(self) -> None:
        self.now = 1_700_000_040.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def usage(clock: Clock) -> Usage:
    return Usage(clock)


def test_counts_the_minute_that_runs(usage: Usage) -> None:
    usage.opened(APP)
    usage.error(APP)
    for milliseconds in range(1, 101):
        usage.event(APP, milliseconds / 1000)
    now = usage.of(APP)[-1]
    assert (now.opens, now.events, now.errors) == (1, 100, 1)
    assert now.p50 == pytest.approx(0.050, rel=0.13)
    assert now.p95 == pytest.approx(0.095, rel=0.13)


def test_a_minute_that_is_over_keeps_what_it_had(usage: Usage, clock: Clock) -> None:
    usage.event(APP, 0.01)
    clock.now += 60
    usage.opened(APP)
    before, now = usage.of(APP, minutes=2)
    assert (before.events, before.opens, now.events, now.opens) == (1, 0, 0, 1)
    assert before.p50 == pytest.approx(0.01, rel=0.13)
    assert now.p50 is None
    assert now.at - before.at == 60


def test_minutes_without_use_are_empty(usage: Usage, clock: Clock) -> None:
    usage.event(APP, 0.01)
    clock.now += 5 * 60
    usage.event(APP, 0.01)
    assert [minute.events for minute in usage.of(APP, minutes=7)] == [0, 1, 0, 0, 0, 0, 1]


def test_what_is_older_than_a_day_is_gone(usage: Usage, clock: Clock) -> None:
    usage.event(APP, 0.01)
    clock.now += MINUTES * 60
    assert sum(minute.events for minute in usage.of(APP)) == 0
    usage.event(APP, 0.01)
    clock.now += 10 * MINUTES * 60
    assert sum(minute.events for minute in usage.of(APP)) == 0
    assert len(usage.of(APP)) == MINUTES


def test_reading_in_a_later_minute_shows_the_one_before(usage: Usage, clock: Clock) -> None:
    usage.event(APP, 0.01)
    clock.now += 60
    assert [minute.events for minute in usage.of(APP, minutes=2)] == [1, 0]


def test_background_tasks_count_and_have_no_latency(usage: Usage) -> None:
    usage.event(APP, None)
    now = usage.of(APP)[-1]
    assert (now.events, now.p50, now.p95) == (1, None, None)


@pytest.mark.parametrize("seconds", [0.0, 1e-9, 10_000.0])
def test_any_latency_has_a_place(usage: Usage, seconds: float) -> None:
    usage.event(APP, seconds)
    assert usage.of(APP)[-1].p50 is not None


def test_an_app_that_was_never_used_has_empty_minutes(usage: Usage) -> None:
    assert set(usage.of("no/app")) == {
        Minute(minute.at, 0, 0, 0, None, None) for minute in usage.of("no/app")
    }


def test_a_thousand_apps_fit_into_the_memory_that_is_promised(usage: Usage) -> None:
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    for number in range(100):
        usage.event(f"acme/app{number}", 0.01)
    used = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    assert used / 100 < 33_000


def test_an_app_that_is_gone_is_forgotten(usage: Usage) -> None:
    usage.event(APP, 0.01)
    usage.forget(APP)
    assert sum(minute.events for minute in usage.of(APP)) == 0


def test_a_clock_that_is_set_back_shows_what_happens_now_and_no_other_day(
    usage: Usage, clock: Clock
) -> None:
    usage.opened(APP)
    clock.now += 60
    usage.opened(APP)
    clock.now -= 3_600
    usage.event(APP, 0.01)
    found = usage.of(APP)
    assert (found[-1].at, found[-1].events) == (int(clock.now) // 60 * 60, 1)
    assert sum(minute.opens for minute in found) == 0
    clock.now += 60
    assert [minute.events for minute in usage.of(APP, minutes=2)] == [1, 0]


def test_a_clock_that_is_corrected_by_a_moment_loses_nothing(usage: Usage, clock: Clock) -> None:
    usage.opened(APP)
    clock.now -= 59
    usage.opened(APP)
    clock.now += 59
    assert usage.of(APP)[-1].opens == 2
