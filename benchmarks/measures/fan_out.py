"""A promote with 200 and 1,000 open pages: when the last one is told, and who waits meanwhile."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import IO, Any

from benchmarks.processes import ROOT, Server
from benchmarks.production import Api, Keys, packages_of, production, set_up
from benchmarks.result import Result, Row, Target, row_of
from benchmarks.settings import Settings
from benchmarks.stats import median, p99
from benchmarks.workspace import entry_text, put_app, route_of, with_heading

WARM_UP = 2
CLICKING = 10
REST_SECONDS = 0.3
LAST_TOLD = {200: 80.0, 1000: 400.0}
OTHERS = 50.0
_CPU = "clicks before and after included"


@dataclass
class Crowd:
    """Open pages in a process of their own (benchmarks/crowd.py)."""

    process: subprocess.Popen[str]

    def ask(self, text: str) -> None:
        """Send a line."""
        stream: IO[str] = self.process.stdin  # type: ignore[assignment]
        stream.write(f"{text}\n")
        stream.flush()

    def answer(self) -> Any:
        """Return the next answer."""
        stream: IO[str] = self.process.stdout  # type: ignore[assignment]
        line = stream.readline()
        if not line:
            raise RuntimeError("the process with the open pages ended")
        return json.loads(line)


@dataclass
class Found:
    """What the rounds with one number of open pages gave, in milliseconds."""

    last: list[float] = field(default_factory=list)
    half: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    others: list[float] = field(default_factory=list)
    at_rest: list[float] = field(default_factory=list)


def measure(settings: Settings) -> Result:
    """Promote version after version while others click in another app."""
    warm_up = settings.samples(WARM_UP, 1)
    sizes = (20, 40) if settings.quick else tuple(LAST_TOLD)
    rounds = warm_up + settings.samples(20, 1)
    source, data = settings.work / "source", settings.work / "data"
    watched, clicked = put_app(source, "counter"), put_app(source, "counter", "clicked")
    keys = set_up(data)
    found: dict[int, Found] = {}
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(production(data))
        server.wait_for("/readyz")
        api = stack.enter_context(Api(server.address, keys))
        texts = [with_heading(entry_text("counter"), f"Version {n}") for n in range(4)]
        numbers = [api.upload(package) for package in packages_of(source, watched, texts)]
        api.promote(watched, numbers[0])
        (other,) = packages_of(source, clicked, [entry_text("counter")])
        api.promote(clicked, api.upload(other))
        clicking = stack.enter_context(_crowd("click", server, keys, clicked, CLICKING))
        crowds: list[Crowd] = []
        turn = opened = 0
        for size in sizes:
            settings.say(f"Opening {size - opened} pages")
            crowd = _crowd("watch", server, keys, watched, size - opened)
            crowds.append(stack.enter_context(crowd))
            opened = size
            found[size] = Found()
            for each in range(rounds):
                turn += 1
                number = numbers[turn % len(numbers)]
                used = server.cpu_seconds()
                _round(api, watched, number, crowds, clicking, found[size], each >= warm_up)
                if each >= warm_up:
                    found[size].cpu.append((server.cpu_seconds() - used) * 1000)
    rows: list[Row] = []
    for size, limit in zip(sizes, LAST_TOLD.values(), strict=True):
        rows += _rows(size, found[size], limit)
    return Result(
        title="Promote with many open pages",
        how="Production mode, one node. The open pages are sockets as browsers open them,"
        f" compression included, in a process of their own; {CLICKING} pages of another app, in a"
        " third process, click ten times a second each. From before the request is sent until the"
        " last page has the message that tells it of the version; it does not load the module."
        f" Events meanwhile are clicks that were under way in that time. {warm_up} promotes of"
        f" warm-up, {REST_SECONDS * 1000:.0f} ms apart.",
        rows=rows,
    )


@contextlib.contextmanager
def _crowd(kind: str, server: Server, keys: Keys, app_id: str, number: int) -> Iterator[Crowd]:
    command = [sys.executable, "-m", "benchmarks.crowd", kind, server.address, route_of(app_id)]
    process = subprocess.Popen(
        [*command, str(number), keys.cookie],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        crowd = Crowd(process)
        try:
            crowd.answer()
            yield crowd
        finally:
            process.kill()


def _round(
    api: Api,
    app_id: str,
    number: int,
    crowds: list[Crowd],
    clicking: Crowd,
    found: Found,
    counts: bool,
) -> None:
    """Promote once; note what came of it if it `counts`."""
    for crowd in crowds:
        crowd.ask(f'"number":{number},')
    clicking.ask("forget")
    clicking.answer()
    time.sleep(REST_SECONDS)
    began = time.monotonic()
    api.promote(app_id, number)
    told = sorted(at for crowd in crowds for at in crowd.answer())
    time.sleep(REST_SECONDS)
    clicking.ask("all")
    clicks = clicking.answer()
    if not counts:
        return
    found.last.append((told[-1] - began) * 1000)
    found.half.append((told[len(told) // 2] - began) * 1000)
    for sent, took in clicks:
        meanwhile = sent <= told[-1] and sent + took >= began
        (found.others if meanwhile else found.at_rest).append(took * 1000)


def _rows(size: int, found: Found, limit: float) -> list[Row]:
    others = Row(
        f"{size:,} open pages: events of others meanwhile, p99",
        "ms",
        p99(found.others),
        samples=len(found.others),
        target=Target(value=OTHERS),
        note=f"p50 {median(found.others):.1f}; at rest p50 {median(found.at_rest):.1f},"
        f" p99 {p99(found.at_rest):.1f}",
    )
    return [
        row_of(f"{size:,} open pages: the last is told", found.last, target=Target(value=limit)),
        row_of(f"{size:,} open pages: half of them are told", found.half),
        row_of(f"{size:,} open pages: processor time of the server", found.cpu, note=_CPU),
        others,
    ]
