"""A checkout of its own, in which commands may write."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
SHARED = ("app", "rxconfig.py", "pyproject.toml", "requirements.txt")

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A folder with the code of this checkout and no client apps."""
    for name in SHARED:
        (tmp_path / name).symlink_to(ROOT / name)
    (tmp_path / "client_apps").mkdir()
    return tmp_path


@pytest.fixture
def run(checkout: Path) -> Run:
    """Run `python <arguments>` in the checkout, as a person at a wide terminal would."""

    def call(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, *arguments],
            cwd=checkout,
            env={**os.environ, "COLUMNS": "160", "NO_COLOR": "1", "PYTHONPATH": str(checkout)},
            capture_output=True,
            text=True,
            check=False,
            timeout=600,
        )

    return call
