"""Click → DOM: a hot-loaded page against the same page compiled into the front end."""

from __future__ import annotations

from playwright.sync_api import Page

from benchmarks.browser import browser, click_to_dom, open_with_fine_clock
from benchmarks.processes import graft
from benchmarks.result import Result, Target, row_of
from benchmarks.settings import Settings
from benchmarks.stats import median, ratio_interval
from benchmarks.variant import ROUTE, environment, make_variant
from benchmarks.workspace import put_app, route_of

WARM_UP = 100
GIVEN = (
    "given for others, p50 / p99: Reflex production 3.5 / 6.2, LiveView 3.2 / 10.8,"
    " Solara 10.9 / 20, Streamlit 60 / 120"
)


def measure(settings: Settings) -> Result:
    """Click in turns on two tabs of one browser, of one server."""
    apps = settings.work / "apps"
    app_id = put_app(apps, "click")
    checkout = make_variant(settings.work / "checkout")
    settings.say("Building the front end with the page compiled in, unless it is kept")
    data = settings.work / "data"
    server = graft(apps, data, checkout=checkout, env=environment(settings.kept))
    with server, browser() as chromium:
        server.wait_for("/healthz", seconds=600)
        hot = open_with_fine_clock(chromium, server.address + route_of(app_id))
        compiled = open_with_fine_clock(chromium, server.address + ROUTE)
        times: dict[Page, list[float]] = {hot: [], compiled: []}
        for turn in range(WARM_UP + settings.samples(1500, 60)):
            for page in (hot, compiled) if turn % 2 else (compiled, hot):
                took = click_to_dom(page, "#plus", "#count")
                if turn >= WARM_UP:
                    times[page].append(took)
    low, high = ratio_interval(times[hot], times[compiled])
    ratio = median(times[hot]) / median(times[compiled])
    note = f"ratio of p50, 95 % between {low:.3f} and {high:.3f}"
    return Result(
        title="Click → DOM",
        how="From `click()` in the page to the changed text in the DOM, by the page's clock (5 µs)."
        f" Both pages are the same module; {WARM_UP} clicks of warm-up; the tabs are clicked in"
        " turns, the order changes with each turn.",
        rows=[
            row_of("hot-loaded", times[hot], ratio=ratio, target=Target(ratio=1.05), note=note),
            row_of("compiled in", times[compiled], note=GIVEN),
        ],
        extra={"ratio_interval": [low, high]},
    )
