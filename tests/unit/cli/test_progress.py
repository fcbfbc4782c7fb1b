"""How commands tell what happens."""

import json

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
