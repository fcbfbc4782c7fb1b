"""The benchmarks of the production path run from end to end, with few samples."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.support.forge import ROOT


@pytest.mark.parametrize("measure", ["deploy", "promote", "first_opening", "fan_out"])
def test_the_measure_runs(measure: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", "--quick", "--only", measure],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "samples" in done.stdout
