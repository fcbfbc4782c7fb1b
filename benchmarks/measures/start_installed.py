"""Start of a production server with 1,000 apps installed and with none."""

from __future__ import annotations

import time
from pathlib import Path

from benchmarks.measures.start import list_apps
from benchmarks.production import Keys, install, package_of, production, set_up
from benchmarks.result import Result, Row, Target, row_of
from benchmarks.settings import Settings
from benchmarks.stats import median, ratio_interval
from benchmarks.workspace import CLIENT, put_copies

WARM_UP = 1


def measure(settings: Settings) -> Result:
    """Start servers in turns, one at a time."""
    many = settings.samples(1000, 30)
    source = settings.work / "source"
    put_copies(source, many)
    folders: dict[int, tuple[Path, Keys]] = {}
    for size in (0, many):
        data = settings.work / f"{size}" / "data"
        folders[size] = data, set_up(data)
    settings.say(f"Installing {many:,} apps")
    began = time.perf_counter()
    install(folders[many][0], map(package_of, sorted((source / CLIENT).iterdir())))
    installing = time.perf_counter() - began
    ready: dict[int, list[float]] = {size: [] for size in folders}
    listed: dict[int, list[float]] = {size: [] for size in folders}
    used: dict[int, list[float]] = {size: [] for size in folders}
    for turn in range(WARM_UP + settings.samples(15, 2)):
        for size, (data, keys) in folders.items():
            with production(data) as server:
                answered = server.wait_for("/readyz") * 1000
                processor = server.cpu_seconds() * 1000
                shown = answered + list_apps(server.address, size, keys.cookie)
            if turn >= WARM_UP:
                ready[size].append(answered)
                listed[size].append(shown)
                used[size].append(processor)
    return Result(
        title="Start with many apps installed",
        how="From starting the process (`python -m app serve`, production mode, front end built)"
        " until /readyz is answered with 200, and until a first session has the launcher's list."
        f" {WARM_UP} start of warm-up; sizes in turns. The apps were stored by the core, as it"
        f" stores what passed intake: {installing / many * 1000:.0f} ms each.",
        rows=[
            *_rows(ready, many, "ready", Target(ratio=1.1)),
            *_rows(listed, many, "apps listed", None),
            *_rows(used, many, "processor time until ready", None),
        ],
    )


def _rows(
    samples: dict[int, list[float]], many: int, what: str, target: Target | None
) -> list[Row]:
    low, high = ratio_interval(samples[many], samples[0])
    return [
        row_of(f"no app installed, {what}", samples[0]),
        row_of(
            f"{many:,} apps installed, {what}",
            samples[many],
            ratio=median(samples[many]) / median(samples[0]),
            target=target,
            note=f"95 % between {low:.3f} and {high:.3f}",
        ),
    ]
