"""1,000 swaps of one app with an open page: what stays in memory."""

from __future__ import annotations

from playwright.sync_api import Page

from benchmarks.browser import browser, seen_at, watch_for
from benchmarks.processes import Probe
from benchmarks.result import Result, Row, Target
from benchmarks.settings import Settings
from benchmarks.workspace import entry_text, put_app, route_of, with_heading

STEPS = 10
BROWSER = "; browsers keep each imported module, here 4 kB, until the page is reloaded"


def measure(settings: Settings) -> Result:
    """Swap the counter app again and again; each swap is seen in the page before the next."""
    swaps, warm_up = settings.samples(1000, 40), settings.samples(200, 20)
    apps = settings.work / "apps"
    app_id = put_app(apps, "counter")
    with Probe(apps, settings.work / "data") as server, browser() as chromium:
        server.wait_for("/healthz")
        page = chromium.new_page()
        page.goto(server.address + route_of(app_id))
        page.click("#plus")
        page.locator("#count", has_text="1").wait_for()
        _swap(server, page, app_id, range(warm_up))
        memory = [server.ask("memory")]
        heap = [_heap(page)]
        for step in range(STEPS):
            first = warm_up + step * swaps // STEPS
            _swap(server, page, app_id, range(first, first + swaps // STEPS))
            memory.append(server.ask("memory"))
            heap.append(_heap(page))
        alive = server.ask("classes", app=app_id)
        kept = page.inner_text("#count")
    if kept != "1":
        raise RuntimeError(f"the count was lost: {kept}")
    rss = [sample["rss"] / 2**20 for sample in memory]
    blocks = [sample["blocks"] / 1000 for sample in memory]
    return Result(
        title="Many swaps of one app",
        how=f"{swaps:,} swaps after {warm_up} of warm-up, with one open page that shows each of"
        " them; the server's memory after collecting garbage. Ratio: end ÷ after warm-up.",
        rows=[
            Row("versions of a state class alive", "", max(alive.values()), target=Target(value=2)),
            _growth("server, resident", "MiB", rss, Target(ratio=1.02)),
            _growth("server, Python objects", "thousand", blocks, None),
            _growth("page, JavaScript heap", "MiB", heap, None, BROWSER),
        ],
        extra={"alive": alive, "rss_mib": rss, "thousand_blocks": blocks, "heap_mib": heap},
    )


def _swap(server: Probe, page: Page, app_id: str, turns: range) -> None:
    text = entry_text("counter")
    for turn in turns:
        heading = f"Heading {turn}."
        watch_for(page, "h1", heading)
        server.ask("deploy", app=app_id, text=with_heading(text, heading))
        seen_at(page)


def _heap(page: Page) -> float:
    """Return the page's JavaScript heap after collecting garbage, in MiB."""
    session = page.context.new_cdp_session(page)
    session.send("HeapProfiler.collectGarbage")
    used = session.send("Runtime.getHeapUsage")["usedSize"]
    session.detach()
    return float(used) / 2**20


def _growth(
    what: str, unit: str, values: list[float], target: Target | None, note: str = ""
) -> Row:
    grown = f"from {values[0]:.2f}, {values[-1] - values[0]:+.2f}{note}"
    return Row(what, unit, values[-1], ratio=values[-1] / values[0], target=target, note=grown)
