"""How commands tell what happens."""

import json
import sys

import pytest

from app.cli.progress import reporter


def test_a_pipe_gets_one_line_for_each_step(capsys: pytest.CaptureFixture[str]) -> None:
    with reporter(as_json=False) as report:
        report.step("Bundling", 0.25)
        report.step("Waiting", None)
        report.result("started", "It runs.")
        report.problem("Not good.")
    captured = capsys.readouterr()
    assert captured.out == "Bundling (25%)\nWaiting\nIt runs.\n"
    assert captured.err == "error: Not good.\n"


def test_a_program_gets_one_object_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    with reporter(as_json=True) as report:
        report.step("Bundling", 0.25)
        report.result("started", "It runs.", address="http://localhost:1")
        report.problem("Not good.")
    assert [json.loads(line) for line in capsys.readouterr().out.splitlines()] == [
        {"event": "step", "text": "Bundling", "done": 0.25},
        {"event": "started", "text": "It runs.", "address": "http://localhost:1"},
        {"event": "error", "text": "Not good."},
    ]


def test_on_a_terminal_nothing_moves_once_the_result_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    plain = sys.stdout
    with reporter(as_json=False) as report:
        report.step("Starting", None)
        assert sys.stdout is not plain, "what is written while the bar moves goes above it"
        report.result("started", "It runs.")
        assert sys.stdout is plain
    assert capsys.readouterr().out == "It runs.\n"
