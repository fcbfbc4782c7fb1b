"""Import of a 50 MB XML file in an app: how long, how much memory, and who waits meanwhile."""

from __future__ import annotations

import time
from pathlib import Path

from playwright.sync_api import Page

from benchmarks.browser import browser
from benchmarks.processes import ROOT, Probe
from benchmarks.result import Result, Row
from benchmarks.settings import Settings
from benchmarks.stats import median
from client_apps.acme.archicad_import.sample import sample_of_size

PATH = "/apps/acme-archicad-import"
TICK_MS = 5
_MB = 1_000_000


def measure(settings: Settings) -> Result:
    """Import the app's own large sample, in the checkout's client apps."""
    size = settings.samples(50, 2) * _MB
    file = settings.work / "rooms.xml"
    file.write_bytes(b"".join(sample_of_size(size)))
    seconds: list[float] = []
    grown: list[float] = []
    gaps: list[list[float]] = []
    with Probe(ROOT / "client_apps", settings.work / "data") as server, browser() as chromium:
        server.wait_for("/healthz")
        page = chromium.new_page()
        for _ in range(settings.samples(3, 1)):
            page.goto(server.address + PATH)
            page.get_by_text("Drop a schedule here").wait_for()
            before = server.ask("memory")["rss"]
            server.peak_memory()  # forget the peak of before
            server.ask("watch_loop")
            seconds.append(_import(page, file))
            gaps.append(server.ask("loop_gaps"))
            grown.append((server.peak_memory() - before) / 2**20)
    every = [gap for each in gaps for gap in each]
    return Result(
        title="Import of a large XML file",
        how=f"client_apps/acme/archicad_import reads its own sample of {size // _MB} MB in"
        " development mode: from choosing the file in a browser until its first rooms are on"
        " screen, upload included. Gaps are those between two turns of the server's event loop,"
        f" asked for every {TICK_MS} ms: what an event of anybody else waits at most. For"
        " information.",
        rows=[
            Row("import, until the rooms are shown", "s", median(seconds), samples=len(seconds)),
            Row("memory of the server above what it was", "MiB", max(grown), samples=len(grown)),
            Row("gap of the event loop, longest", "ms", max(every), samples=len(gaps)),
            Row(
                "gaps above 50 ms",
                "",
                sum(gap > 50 for gap in every) / len(gaps),
                samples=len(gaps),
                note="in one import",
            ),
        ],
        extra={"seconds": seconds, "grown_mib": grown, "gaps_ms": gaps},
    )


def _import(page: Page, file: Path) -> float:
    """Import a file; returns the seconds until its rooms are shown."""
    started = time.monotonic()
    page.set_input_files("input[type=file]", file)
    page.wait_for_url("**/imports/*", timeout=300_000)
    page.get_by_role("tab", name="Rooms").wait_for(timeout=60_000)
    page.get_by_role("table").get_by_role("row").nth(1).wait_for(timeout=60_000)
    return time.monotonic() - started
