"""What happens before an app is loaded must not cost the import of Reflex."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

MODULES = [
    "app.rules.blame",
    "app.rules.entry.icons",
    "app.rules.entry.validate",
    "app.source.discover",
    "app.source.metadata",
    "app.source.watching.watch",
    "app.cli.check",
]


@pytest.mark.parametrize("module", MODULES)
def test_looking_at_apps_does_not_import_reflex(module: str) -> None:
    code = f"import {module}, sys; print([m for m in sys.modules if m.startswith('reflex')])"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=Path(__file__).parents[4],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "[]"
