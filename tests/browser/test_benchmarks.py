"""The benchmarks of the production path run from end to end, with few samples."""

from __future__ import annotations

import subprocess
import sys

from tests.support.forge import ROOT

MEASURES = {
    "deploy": "Deploy → visible",
    "promote": "Promote, roll back → visible",
    "first_opening": "First opening of an app",
    "fan_out": "Promote with many open pages",
}


def test_the_measures_run() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", "--quick", "--only", *MEASURES],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    for title in MEASURES.values():
        _, _, written = done.stdout.partition(title)
        assert "samples" in written, done.stdout
