"""From a save on disk to the new heading in the DOM of an open page."""

from __future__ import annotations

import contextlib
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import playwright.sync_api
from playwright.sync_api import Browser, Page

from benchmarks import peers
from benchmarks.browser import browser, clock_error_ms, seen_at, watch_for
from benchmarks.processes import DidNotStart, graft
from benchmarks.result import Result, Row, Target, row_of
from benchmarks.settings import Settings
from benchmarks.stats import median, ratio_interval
from benchmarks.workspace import put_app, route_of, with_heading

WARM_UP = 5
REST_SECONDS = 0.15
"""After each sample, so that what a server still does about it is not measured with the next."""

GIVEN = (
    ("Phoenix LiveView 1.2.10", 71, 124),
    ("Reflex 0.10.1, production (rebuild, restart)", 7900, None),
    ("NiceGUI 3.18 (reloads, state lost)", 1761, 1951),
)


@dataclass
class Subject:
    """One open page and the file whose heading it shows."""

    name: str
    source: Path
    page: Page
    slow: bool = False
    target: Target | None = None
    samples: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.text = self.source.read_text("utf-8")
        self.turn = 0

    def save(self) -> float:
        """Save another heading; returns the milliseconds until the page has it."""
        self.turn += 1
        heading = f"Heading {self.turn} of {self.name}"
        text = with_heading(self.text, heading)
        watch_for(self.page, "h1", heading)
        started = time.time() * 1000
        self.source.write_text(text, "utf-8")
        return seen_at(self.page) - started


def measure(settings: Settings) -> Result:
    """Save in turns; all servers and pages are open all the time."""
    others = _peers(settings)
    with contextlib.ExitStack() as stack:
        chromium = stack.enter_context(browser())
        subjects = [
            *_graft_subjects(settings, stack, chromium),
            *_peer_subjects(settings, stack, chromium, others),
        ]
        clock = max(clock_error_ms(subject.page) for subject in subjects)
        rounds, slow_rounds = settings.samples(120, 8), settings.samples(25, 3)
        for turn in range(WARM_UP + rounds):
            for subject in subjects:
                if subject.slow and turn >= slow_rounds + WARM_UP:
                    continue
                took = subject.save()
                if turn >= WARM_UP:
                    subject.samples.append(took)
                time.sleep(REST_SECONDS)
        kept = [subject.page.inner_text("#count") for subject in subjects[:2]]
    if kept != ["3", "3"]:
        raise RuntimeError(f"the count was lost: {kept}")
    return Result(
        title="Save → visible",
        how="From the moment before the file is written, by the writer's clock, to the new heading"
        f" in the DOM, by the page's clock (difference found: {clock:.2f} ms). {WARM_UP} saves of"
        " warm-up; all servers and pages are open all the time and saved in turns,"
        f" {REST_SECONDS * 1000:.0f} ms apart. Graft kept the page's count all the time.",
        rows=_rows(subjects),
        extra={"clock_error_ms": clock},
    )


def _peers(settings: Settings) -> list[peers.Peer]:
    """Return the peers that this machine can have."""
    found = [peers.reflex_development(settings.work)]
    try:
        programs = peers.ensure_installed(settings.say)
    except subprocess.CalledProcessError as error:
        settings.say(f"Without Streamlit and Solara, which could not be installed: {error}")
        return found
    return [
        peers.streamlit(programs, settings.work),
        peers.solara(programs, settings.work),
        *found,
    ]


def _graft_subjects(
    settings: Settings, stack: contextlib.ExitStack, chromium: Browser
) -> Sequence[Subject]:
    apps = settings.work / "apps"
    made = []
    targets = {"counter": Target(value=45, p99=120), "board": None}
    names = {"counter": "Graft, small app", "board": "Graft, 300-line app"}
    ids = {source: put_app(apps, source) for source in targets}
    server = stack.enter_context(graft(apps, settings.work / "data"))
    server.wait_for("/healthz")
    for source, target in targets.items():
        page = chromium.new_page()
        page.goto(server.address + route_of(ids[source]))
        for expected in ("1", "2", "3"):
            page.click("#plus")
            page.locator("#count", has_text=expected).wait_for()
        entry = apps / ids[source] / "entry.py"
        made.append(Subject(names[source], entry, page, target=target))
    return made


def _peer_subjects(
    settings: Settings,
    stack: contextlib.ExitStack,
    chromium: Browser,
    others: Sequence[peers.Peer],
) -> Sequence[Subject]:
    made = []
    for peer in others:
        settings.say(f"Starting {peer.name}")
        server = stack.enter_context(peer.server())
        page = chromium.new_page()
        try:
            server.wait_for(peer.page)
            page.goto(server.address + peer.page)
            page.locator("h1", has_text="First heading").wait_for(timeout=60_000)
        except (DidNotStart, playwright.sync_api.Error) as error:
            settings.say(f"Without {peer.name}: {error}")
            server.stop()
            continue
        made.append(Subject(peer.name, peer.source, page, slow=peer.slow))
    return made


def _rows(subjects: Sequence[Subject]) -> Sequence[Row]:
    small = subjects[0].samples
    rows = []
    for subject in subjects:
        note = ""
        if subject.samples is not small:
            low, high = ratio_interval(subject.samples, small)
            note = f"ratio is to Graft's small app; 95 % between {low:.2f} and {high:.2f}"
        rows.append(
            row_of(
                subject.name,
                subject.samples,
                ratio=median(subject.samples) / median(small),
                target=subject.target,
                note=note,
            )
        )
    given = [Row(name, "ms", value, p99, None) for name, value, p99 in GIVEN]
    return [*rows, *given]
