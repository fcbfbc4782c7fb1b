"""1,000 apps loaded in one server: time and memory."""

from __future__ import annotations

from benchmarks.processes import Probe
from benchmarks.result import Result, Row, row_of
from benchmarks.settings import Settings
from benchmarks.workspace import CLIENT, put_copies


def measure(settings: Settings) -> Result:
    """Open each of many apps once."""
    number = settings.samples(1000, 50)
    apps = settings.work / "apps"
    put_copies(apps, number)
    names = sorted(folder.name for folder in (apps / CLIENT).iterdir())
    with Probe(apps, settings.work / "data") as server:
        server.wait_for("/healthz")
        first = server.ask("open", app=f"{CLIENT}/{names[0]}")
        before = server.ask("memory")["rss"]
        times = [server.ask("open", app=f"{CLIENT}/{name}") for name in names[1:]]
        grown = (server.ask("memory")["rss"] - before) / 2**20
    tenth = max(1, len(times) // 10)
    slowdown = sum(times[-tenth:]) / sum(times[:tenth])
    return Result(
        title="Loaded apps",
        how=f"{number:,} copies of the small app, each loaded once as its first opening does, timed"
        " inside the server; the first is warm-up. For information.",
        rows=[
            row_of("load of one app", times, note=f"last tenth ÷ first tenth: {slowdown:.2f}"),
            Row("load of the first app", "ms", first),
            Row("load of all", "s", sum(times) / 1000),
            Row("memory of a loaded app", "kB", grown * 1024 / len(times)),
            Row("memory of all", "MiB", grown),
        ],
    )
