"""Server start with 1, 100 and 1,000 apps on disk."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from benchmarks.processes import graft
from benchmarks.result import Result, Row, Target, row_of
from benchmarks.settings import Settings
from benchmarks.stats import median
from benchmarks.tab import VISITOR, Tab
from benchmarks.workspace import put_copies

SIZES = (1, 100, 1000)
WARM_UP = 1
LAUNCHER_STATE = "launcher_state"


def measure(settings: Settings) -> Result:
    """Start servers in turns, one at a time."""
    folders: dict[int, Path] = {}
    for size in SIZES:
        folders[size] = settings.work / f"{size}"
        put_copies(folders[size] / "apps", size)
    ready: dict[int, list[float]] = {size: [] for size in SIZES}
    listed: dict[int, list[float]] = {size: [] for size in SIZES}
    for turn in range(WARM_UP + settings.samples(15, 2)):
        for size, folder in folders.items():
            with graft(folder / "apps", folder / "data") as server:
                server.wait_for("/healthz")
                answered = server.wait_for("/") * 1000
                shown = answered + list_apps(server.address, size)
            if turn >= WARM_UP:
                ready[size].append(answered)
                listed[size].append(shown)
    return Result(
        title="Server start",
        how="From starting the process (`python -m app serve --dev`, front end built, data folder"
        " of an earlier start) until /healthz and the launcher are answered, and until a first"
        f" session has the launcher's list. {WARM_UP} start of warm-up; sizes in turns.",
        rows=[*_rows(ready, "answers", Target(ratio=1.5)), *_rows(listed, "apps listed", None)],
    )


def list_apps(address: str, number: int, cookie: str = VISITOR) -> float:
    """Open the launcher; returns the milliseconds until its session knows all apps."""
    started = time.perf_counter()
    with Tab(address, "/", cookie=cookie) as tab:
        found = tab.wait_for(lambda delta: _value(delta, "loaded") is True)
        took = (time.perf_counter() - started) * 1000
    total = _value(found, "total")
    if total != number:
        raise RuntimeError(f"the launcher lists {total} apps, not {number}")
    return took


def _value(delta: dict[str, Any], var: str) -> Any:
    """Return the value that an update has for a var of the launcher's state."""
    for state, values in delta.items():
        for name, value in values.items():
            if state.endswith(LAUNCHER_STATE) and name.startswith(f"{var}_"):
                return value
    return None


def _rows(samples: dict[int, list[float]], what: str, target: Target | None) -> list[Row]:
    one = median(samples[SIZES[0]])
    return [
        row_of(
            f"{size:,} {'apps' if size > 1 else 'app'} on disk, {what}",
            taken,
            ratio=median(taken) / one,
            target=target if size == SIZES[-1] else None,
        )
        for size, taken in samples.items()
    ]
