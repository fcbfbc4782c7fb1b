"""Trying a version in a confined process, because the server ended when it was loaded here."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from app.packages.trying.dry_run import DryRunner
from app.source.problems import Problem


async def try_out(runner: DryRunner, folder: Path) -> Sequence[Problem]:
    """Return how the process that loaded the app in `folder` ended; nothing if it lived. What else
    is wrong with the app is found when it is loaded.

    Raises:
        DryRunFailed: it could not be tried.
    """
    tried = await runner.run(folder)
    return tried.problems if tried.died else ()
