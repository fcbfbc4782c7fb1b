from __future__ import annotations

from app.core.refusals import (
    BURST,
    MAX_SOURCES,
    SECONDS_IN_TOTAL,
    SECONDS_PER_SOURCE,
    TOTAL_BURST,
    RefusalLimiter,
)


class Seconds:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_source_is_recorded_until_its_burst_is_used_up_and_then_slowly() -> None:
    clock = Seconds()
    limiter = RefusalLimiter(clock)
    assert [limiter.admit("eve") for _ in range(BURST)] == [0] * BURST
    assert limiter.admit("eve") is None
    clock.now += SECONDS_PER_SOURCE
    assert limiter.admit("eve") == 1
    assert limiter.admit("eve") is None


def test_the_next_record_says_how_many_were_left_out_and_only_once() -> None:
    clock = Seconds()
    limiter = RefusalLimiter(clock)
    for _ in range(BURST + 7):
        limiter.admit("eve")
    clock.now += 2 * SECONDS_PER_SOURCE
    assert [limiter.admit("eve"), limiter.admit("eve"), limiter.admit("eve")] == [7, 0, None]


def test_one_source_does_not_use_up_the_records_of_another() -> None:
    limiter = RefusalLimiter(Seconds())
    for _ in range(BURST * 3):
        limiter.admit("eve")
    assert limiter.admit("mallory") == 0


def test_many_sources_together_are_limited_too() -> None:
    clock = Seconds()
    limiter = RefusalLimiter(clock)
    sources = (f"10.0.{number // 256}.{number % 256}" for number in range(5_000))
    assert sum(limiter.admit(source) is not None for source in sources) == TOTAL_BURST
    clock.now += 3_600
    more = (f"10.1.{number // 256}.{number % 256}" for number in range(5_000))
    admitted = sum(limiter.admit(source) is not None for source in more)
    assert admitted == min(TOTAL_BURST, 3_600 / SECONDS_IN_TOTAL)


def test_a_day_of_attack_from_anywhere_is_a_bounded_number_of_records() -> None:
    clock = Seconds()
    limiter = RefusalLimiter(clock)
    admitted = 0
    for number in range(86_400):
        clock.now += 1
        admitted += limiter.admit(f"source {number}") is not None
        admitted += limiter.admit(f"source {number}") is not None
    assert admitted <= TOTAL_BURST + 86_400 / SECONDS_IN_TOTAL


def test_sources_that_are_remembered_are_bounded() -> None:
    limiter = RefusalLimiter(Seconds())
    for number in range(MAX_SOURCES + 100):
        limiter.admit(str(number))
    assert len(limiter._sources) == MAX_SOURCES
