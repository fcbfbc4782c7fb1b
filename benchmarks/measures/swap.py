"""Server side of a swap: reading, checking, loading and compiling a changed app."""

from __future__ import annotations

from benchmarks.processes import Probe
from benchmarks.result import Result, Row, Target, row_of
from benchmarks.settings import Settings
from benchmarks.workspace import entry_text, put_app, with_heading

WARM_UP = 10
TARGETS = {"counter": Target(value=10), "board": Target(value=40)}
NAMES = {"counter": "small app", "board": "300-line app"}


def measure(settings: Settings) -> Result:
    """Swap both apps in turns on one server without open pages."""
    apps = settings.work / "apps"
    ids = {source: put_app(apps, source) for source in TARGETS}
    times: dict[str, list[float]] = {source: [] for source in TARGETS}
    loads: dict[str, list[float]] = {source: [] for source in TARGETS}
    with Probe(apps, settings.work / "data") as server:
        server.wait_for("/healthz")
        for turn in range(WARM_UP + settings.samples(300, 20)):
            for source, app_id in ids.items():
                text = with_heading(entry_text(source), f"Heading {turn}")
                took = server.ask("deploy", app=app_id, text=text)
                if turn >= WARM_UP:
                    times[source].append(took["total_ms"])
                    loads[source].append(took["load_ms"])
    rows: list[Row] = []
    for source, samples in times.items():
        note = "read, check, load, compile, switch"
        rows.append(row_of(NAMES[source], samples, target=TARGETS[source], note=note))
        rows.append(row_of(f"{NAMES[source]}: of it check, load, compile", loads[source]))
    return Result(
        title="Server side of a swap",
        how="Timed inside the server, without file event and without open pages;"
        f" {WARM_UP} swaps of warm-up, both apps in turns.",
        rows=rows,
    )
