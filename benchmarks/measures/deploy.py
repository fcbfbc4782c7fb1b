"""`deploy` of a small app, checks and dry run included, until an open browser shows it."""

from __future__ import annotations

import contextlib
import io
import os
import time
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import Page

from app.cli.remote.activation import deploy
from app.cli.remote.client import TOKEN
from benchmarks.browser import browser, clock_error_ms, seen_at, watch_for
from benchmarks.production import Keys, open_page, packages_of, production, set_up
from benchmarks.result import Result, Target, row_of
from benchmarks.settings import Settings
from benchmarks.workspace import entry_text, put_app, route_of, with_heading

WARM_UP = 3
REST_SECONDS = 0.3


def measure(settings: Settings) -> Result:
    """Deploy one package after the other, as the command does once it runs."""
    warm_up = settings.samples(WARM_UP, 1)
    number = warm_up + settings.samples(40, 1)
    source, data = settings.work / "source", settings.work / "data"
    app_id = put_app(source, "counter")
    keys = set_up(data)
    texts = [with_heading(entry_text("counter"), _heading(n)) for n in range(number + 1)]
    files = list(_written(packages_of(source, app_id, texts), settings.work))
    taken: list[float] = []
    uploaded: list[float] = []
    with production(data) as server, browser() as chromium, _token(keys):
        server.wait_for("/readyz")
        _deploy(files[0], server.address)
        page = open_page(chromium, server, keys, route_of(app_id))
        page.click("#plus")
        page.locator("#count", has_text="1").wait_for()
        clock = clock_error_ms(page)
        for turn in range(1, number + 1):
            watch_for(page, "h1", _heading(turn))
            started = time.time() * 1000
            _deploy(files[turn], server.address)
            uploaded.append(time.time() * 1000 - started)
            taken.append(seen_at(page) - started)
            time.sleep(REST_SECONDS)
        _expect_count(page)
    return Result(
        title="Deploy → visible",
        how="`python -m app deploy FILE`, without the start of the command: from the call of what"
        " the command runs, by its clock, to the new heading in the DOM of an open page, by the"
        f" page's clock (difference found: {clock:.2f} ms). Upload, unpacking, checks, dry run in a"
        f" confined process, storing and promoting are included; {warm_up} deploys of warm-up,"
        f" {REST_SECONDS * 1000:.0f} ms apart. The page kept its count all the time.",
        rows=[
            row_of("deploy of a small app, visible", taken[warm_up:], target=Target(value=400)),
            row_of("of it until the command has its answer", uploaded[warm_up:]),
        ],
        extra={"clock_error_ms": clock},
    )


def _written(packages: Iterator[bytes], folder: Path) -> Iterator[Path]:
    for turn, package in enumerate(packages):
        file = folder / f"{turn}.tar.gz"
        file.write_bytes(package)
        yield file


@contextlib.contextmanager
def _token(keys: Keys) -> Iterator[None]:
    os.environ[TOKEN] = keys.token
    try:
        yield
    finally:
        del os.environ[TOKEN]


def _deploy(file: Path, address: str) -> None:
    with contextlib.redirect_stdout(io.StringIO()):
        deploy(file, to=address, preview=False, note="", as_json=True)


def _heading(number: int) -> str:
    return f"Version {number}."


def _expect_count(page: Page) -> None:
    kept = page.inner_text("#count")
    if kept != "1":
        raise RuntimeError(f"the count was lost: {kept}")
