"""No kind of log line comes without end."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from app.server.process import log_flood
from app.server.process.log_flood import EACH, SECONDS, Flood


class Log:
    """A log behind the filter, and a clock."""

    def __init__(self) -> None:
        self.time = 0.0
        self.lines: list[str] = []
        self.flood = Flood(self.write, lambda: self.time)

    def write(self, record: logging.LogRecord) -> None:
        if self.flood.filter(record):
            self.lines.append(record.getMessage())

    def __call__(
        self, text: Any, *args: Any, level: int = logging.WARNING, name: str = "x", **more: Any
    ) -> None:
        self.write(logging.LogRecord(name, level, "", 0, text, args, more.get("exc_info")))


@pytest.fixture
def log() -> Log:
    return Log()


def test_the_first_of_a_kind_are_written_and_then_how_many_more_there_were(log: Log) -> None:
    for number in range(EACH + 412):
        log("bad frame from %s", number)
    assert len(log.lines) == EACH
    log.time += SECONDS
    log("bad frame from %s", "somebody")
    assert log.lines[EACH:] == [
        f"bad frame from {EACH + 411} … and 412 more",
        "bad frame from somebody",
    ]


def test_a_kind_that_others_are_many_of_keeps_nobody_from_being_heard(log: Log) -> None:
    for _ in range(100):
        log("bad frame")
    log("disk is full")
    log("bad frame", level=logging.ERROR)
    log("bad frame", name="y")
    assert log.lines[EACH:] == ["disk is full", "bad frame", "bad frame"]


def test_texts_that_differ_in_numbers_are_one_kind(log: Log) -> None:
    for number in range(100):
        log(f"task {number} at {number:#x} failed\nand another line {number}")
    assert len(log.lines) == EACH


def test_errors_of_another_type_are_another_kind(log: Log) -> None:
    for _ in range(50):
        log("failed", exc_info=(ValueError, ValueError(), None))
    log("failed", exc_info=(OSError, OSError(), None))
    assert len(log.lines) == EACH + 1


def test_what_is_no_warning_is_not_counted(log: Log) -> None:
    for _ in range(100):
        log("signed in", level=logging.INFO)
    assert len(log.lines) == 100


def test_lines_of_apps_are_theirs(log: Log) -> None:
    for _ in range(100):
        log({"event": "no such plan", "app": "acme/counter"})
        log({"event": "not an event", "app": ""})
    assert len(log.lines) == 100 + EACH


def test_when_it_is_quiet_again_the_rest_is_told(log: Log) -> None:
    for _ in range(EACH + 1):
        log("bad frame")
    log("seldom")
    log.flood.tell()
    assert len(log.lines) == EACH + 1
    log.time += SECONDS
    log.flood.tell()
    assert log.lines[-1] == "bad frame … and 1 more"
    log.flood.tell()
    assert len(log.lines) == EACH + 2
    log.flood.close()


def test_the_end_tells_the_rest(log: Log) -> None:
    for _ in range(EACH + 3):
        log("bad frame")
    log.flood.close()
    assert log.lines[-1] == "bad frame … and 3 more"


def test_somebody_who_makes_kinds_up_gets_no_further(
    log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log_flood, "_KINDS", 10)
    for letter in "abcdefghijklmnopqrstuvwxyz" * 4:
        log(f"made up {letter * 3}")
    assert len(log.lines) <= 10 * EACH + EACH
    assert len(log.flood._counts) <= 11


def test_lines_of_structlog_are_counted_by_what_happened() -> None:
    log = Log()
    for number in range(100):
        log({"event": "a socket is closed", "address": f"192.0.2.{number}"})
    assert len(log.lines) == EACH
