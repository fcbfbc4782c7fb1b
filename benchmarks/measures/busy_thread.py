"""Click → DOM beside a thread that computes, with the turns of Python and with those of Graft."""

from __future__ import annotations

from collections import defaultdict

from playwright.sync_api import Page

from benchmarks.browser import browser, click_to_dom, open_with_fine_clock
from benchmarks.processes import graft
from benchmarks.result import Result, Row, row_of
from benchmarks.settings import Settings
from benchmarks.stats import median
from benchmarks.workspace import put_app, route_of

ROUNDS = 10
WARM_UP = 100


def measure(settings: Settings) -> Result:
    """Click while a thread of the same server computes, with both kinds of turns one after the
    other.
    """
    apps = settings.work / "apps"
    app_id = put_app(apps, "busy")
    clicks = settings.samples(60, 5)
    times: dict[str, list[float]] = defaultdict(list)
    done: dict[str, list[float]] = defaultdict(list)
    with graft(apps, settings.work / "data") as server, browser() as chromium:
        server.wait_for("/healthz")
        page = open_with_fine_clock(chromium, server.address + route_of(app_id))
        for _ in range(WARM_UP):
            click_to_dom(page, "#plus", "#count")
        for turn in range(ROUNDS):
            for turns in ("python", "graft")[:: 1 if turn % 2 else -1]:
                _begin(page, turns)
                times[turns] += [click_to_dom(page, "#plus", "#count") for _ in range(clicks)]
                done[turns].append(_end(page))
    return Result(
        title="Click → DOM beside a busy thread",
        how="As Click → DOM, while a thread of the server computes without end, as parsing a file"
        f" or compiling an app does. {WARM_UP} clicks of warm-up, {ROUNDS} rounds with each kind of"
        " turns.",
        rows=[
            row_of("turns of 1 ms (Graft)", times["graft"], ratio=_ratio(times)),
            row_of("turns of 5 ms (Python)", times["python"]),
            Row(
                "work done by the thread, with turns of 1 ms",
                "1,000 loops/s",
                median(done["graft"]),
                ratio=_ratio(done),
            ),
            Row(
                "work done by the thread, with turns of 5 ms",
                "1,000 loops/s",
                median(done["python"]),
            ),
        ],
    )


def _begin(page: Page, turns: str) -> None:
    page.locator(f"#{turns}").click()
    page.locator("#thread", has_text=turns).wait_for()


def _end(page: Page) -> float:
    """Stop the thread; returns how much it did."""
    page.locator("#end").click()
    page.locator("#thread", has_text="idle").wait_for()
    return float(page.locator("#thread").inner_text().split()[1])


def _ratio(of: dict[str, list[float]]) -> float:
    return median(of["graft"]) / median(of["python"])
