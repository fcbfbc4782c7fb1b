"""What a session with one open app costs when 1, 100 or 1,000 apps are installed."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from pathlib import Path

from benchmarks.processes import Probe
from benchmarks.result import Result, Row, Target
from benchmarks.settings import Settings
from benchmarks.stats import median
from benchmarks.tab import Tab
from benchmarks.workspace import CLIENT, put_copies, route_of

SIZES = (1, 100, 1000)
WARM_UP = 20
BATCH = 20


@dataclass
class Node:
    """One server, its open tabs, and what was measured on it."""

    size: int
    server: Probe
    tabs: list[Tab]
    hydrate: list[int]
    grown: float = 0.0

    def open(self, number: int) -> None:
        """Open the same app in new tabs."""
        hashes = self.server.ask("compiled")
        for _ in range(number):
            tab = Tab(self.server.address, route_of(f"{CLIENT}/counter"), hashes)
            tab.wait_until_open()
            self.tabs.append(tab)
            self.hydrate.append(tab.received)


def measure(settings: Settings) -> Result:
    """Open tabs on three servers in turns, first with memory traced and then without."""
    folders: dict[int, Path] = {}
    for size in SIZES:
        folders[size] = settings.work / f"{size}"
        put_copies(folders[size] / "apps", size)
    number = settings.samples(300, 40)
    traced = _run(folders, number, "traced")
    resident = _run(folders, number, "rss")
    return Result(
        title="Cost of a session",
        how=f"{number} browser tabs (one socket each) that show one small app, opened in turns on"
        f" three servers with 1, 100 and 1,000 apps on disk; {WARM_UP} tabs of warm-up. Memory is"
        " what the server grew by, divided by the tabs: of Python's objects by tracemalloc, and"
        " resident on other servers without it; socket and buffers are included. Hydrate bytes are"
        " all socket messages until the page has its state, decompressed; like a browser, a tab"
        " says which states it has from the front end.",
        rows=[
            *_rows("Python memory of a session", "kB", _grown_kb(traced), 1.05),
            *_rows("hydrate", "bytes", {node.size: median(node.hydrate) for node in traced}, 1.05),
            *_rows("resident memory of a session", "kB", _grown_kb(resident)),
        ],
    )


def _run(folders: dict[int, Path], number: int, kind: str) -> list[Node]:
    with contextlib.ExitStack() as stack:
        nodes = []
        for size, folder in folders.items():
            probe = Probe(folder / "apps", folder / f"data-{kind}", trace=kind == "traced")
            nodes.append(Node(size, stack.enter_context(probe), [], []))
        for node in nodes:
            node.server.wait_for("/healthz")
            # Apps that are looked at in the background would count as cost of sessions.
            node.server.ask("warmed_up")
            node.open(WARM_UP)
            node.hydrate.clear()
        before = [node.server.ask("memory")[kind] for node in nodes]
        for _ in range(number // BATCH):
            for node in nodes:
                node.open(BATCH)
        for node, start in zip(nodes, before, strict=True):
            if node.server.ask("sessions") != len(node.tabs):
                raise RuntimeError("sessions were lost")
            node.grown = (node.server.ask("memory")[kind] - start) / (len(node.tabs) - WARM_UP)
        for node in nodes:
            for tab in node.tabs:
                tab.close()
    return nodes


def _grown_kb(nodes: list[Node]) -> dict[int, float]:
    return {node.size: node.grown / 1000 for node in nodes}


def _rows(what: str, unit: str, values: dict[int, float], bound: float | None = None) -> list[Row]:
    return [
        Row(
            f"{what}, {size:,} installed",
            unit,
            value,
            ratio=value / values[SIZES[0]],
            target=Target(ratio=bound) if bound and size == SIZES[-1] else None,
        )
        for size, value in values.items()
    ]
