"""Processes that confine themselves and then run some code."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from app.cell.confinement.confinement import Confinement

ROOT = Path(__file__).parents[4]

SCRIPT = """
import json, sys
from app.cell.confinement.confine import confine
from app.cell.confinement.confinement import Confinement

def tried(function, *arguments):
    try:
        return str(function(*arguments))
    except OSError as error:
        return type(error).__name__

allowed, code = json.loads(sys.argv[1])
layers = confine(Confinement.from_dict(allowed))
exec(code)
"""

Confined = Callable[..., str]

NOTHING = Confinement()


@pytest.fixture
def confined() -> Confined:
    """Run code in a confined process; returns what it prints. `layers` is what confines it, and
    `tried(function, …)` yields the result as text, or the name of the error.
    """

    def run(code: str, allowed: Confinement = NOTHING) -> str:
        made = subprocess.run(
            [sys.executable, "-c", SCRIPT, json.dumps([allowed.as_dict(), code])],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert made.stderr == "", made.stderr
        return made.stdout.strip()

    return run
