"""The benchmarks do not rot: each measure is there, and the cheapest of them runs."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest

from benchmarks import report
from benchmarks.__main__ import MEASURES
from benchmarks.measures import intake
from benchmarks.result import Result, Row, Target, row_of
from benchmarks.settings import Settings

FOLDER = Path(importlib.import_module("benchmarks.measures").__file__ or "").parent


@pytest.mark.parametrize("name", MEASURES)
def test_every_measure_says_what_it_measures(name: str) -> None:
    module = importlib.import_module(f"benchmarks.measures.{name}")
    assert callable(module.measure)
    assert module.__doc__


def test_no_measure_is_left_out() -> None:
    assert sorted(MEASURES) == sorted(p.stem for p in FOLDER.glob("[!_]*.py"))


def test_intake_is_measured_by_stage(tmp_path: Path) -> None:
    found = intake.measure(Settings(tmp_path, tmp_path, quick=True, say=print))
    stages = {row.what: row.value for row in found.rows}
    assert all(value > 0 for value in stages.values())
    assert stages["dry run"] < stages["all of it"]


@pytest.mark.parametrize(
    ("target", "met"),
    [
        (Target(value=20), True),
        (Target(value=19), False),
        (Target(value=20, p99=30), True),
        (Target(value=20, p99=29), False),
        (Target(ratio=2), True),
        (Target(ratio=1.9), False),
    ],
)
def test_a_target_is_met_when_every_bound_of_it_is(target: Target, met: bool) -> None:
    row = row_of("a row", [10.0, 20.0, 30.0], ratio=2, target=target)
    assert row.met is met


def test_a_missed_target_is_told() -> None:
    rows = [Row("quick", "ms", 1, target=Target(value=2)), Row("slow", "ms", 3, target=Target(1))]
    text = report.as_text(Result("Title", "How.", rows))
    assert [line.split()[0] for line in text.splitlines() if "MISSED" in line] == ["slow"]
