"""`promote` and `rollback` of stored versions, until an open browser shows them."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from playwright.sync_api import Page

from benchmarks.browser import browser, clock_error_ms, seen_at, watch_for
from benchmarks.production import Api, open_page, packages_of, production, set_up
from benchmarks.result import Result, Target, row_of
from benchmarks.settings import Settings
from benchmarks.workspace import entry_text, put_app, route_of, with_heading

WARM_UP = 5
REST_SECONDS = 0.15
TARGET = Target(value=25, p99=80)


def measure(settings: Settings) -> Result:
    """Promote one version after the other, then roll them back one after the other."""
    warm_up = settings.samples(WARM_UP, 1)
    number = warm_up + settings.samples(60, 2)
    source = settings.work / "source"
    app_id = put_app(source, "counter")
    data = settings.work / "data"
    keys = set_up(data)
    with production(data) as server, browser() as chromium, Api(server.address, keys) as api:
        server.wait_for("/readyz")
        settings.say(f"Uploading {number} versions")
        numbers = _upload(api, source, app_id, number + 1)
        api.promote(app_id, numbers[0])
        page = open_page(chromium, server, keys, route_of(app_id))
        page.click("#plus")
        page.locator("#count", has_text="1").wait_for()
        clock = clock_error_ms(page)
        promoted = [_timed(page, n, partial(api.promote, app_id, n)) for n in numbers[1:]]
        # The one before the current one comes back, down to the first.
        rolled = [_timed(page, n, partial(api.rollback, app_id)) for n in numbers[-2::-1]]
        again = [_timed(page, n, partial(api.promote, app_id, n)) for n in numbers[1:]]
        kept = page.inner_text("#count")
    if kept != "1":
        raise RuntimeError(f"the count was lost: {kept}")
    return Result(
        title="Promote, roll back → visible",
        how="From the moment before the request is sent, by the sender's clock, to the new heading"
        f" in the DOM of an open page, by the page's clock (difference found: {clock:.2f} ms)."
        f" Production mode; versions were uploaded before; {warm_up} of each kind of warm-up,"
        f" {REST_SECONDS * 1000:.0f} ms apart. The page kept its count all the time.",
        rows=[
            row_of("promote a version for the first time", promoted[warm_up:], target=TARGET),
            row_of("roll back to the version before", rolled[warm_up:], target=TARGET),
            row_of("promote a version that was served before", again[warm_up:], target=TARGET),
        ],
        extra={"clock_error_ms": clock},
    )


def _upload(api: Api, source: Path, app_id: str, number: int) -> list[int]:
    """Upload versions with different headings; returns their numbers."""
    text = entry_text("counter")
    texts = [with_heading(text, _heading(n)) for n in range(1, number + 1)]
    return [api.upload(package) for package in packages_of(source, app_id, texts)]


def _heading(number: int) -> str:
    return f"Version {number}."


def _timed(page: Page, number: int, act: Callable[[], object]) -> float:
    """Return the milliseconds from before `act` until the page shows a version."""
    watch_for(page, "h1", _heading(number))
    started = time.time() * 1000
    act()
    took = seen_at(page) - started
    time.sleep(REST_SECONDS)
    return took
