"""A page with every icon, against one with twenty: requests, bytes, time until all are drawn."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser

from benchmarks.browser import browser
from benchmarks.processes import graft
from benchmarks.result import Result, Row, row_of
from benchmarks.settings import Settings
from benchmarks.workspace import CLIENT, route_of

FEW = 20
_ENTRY = """
import reflex as rx
from reflex_components_lucide.icon import LUCIDE_ICON_FILENAME_OVERRIDE, LUCIDE_ICON_LIST

from app.sdk import DynamicApp

# By a var, Reflex finds only those whose names are written as Lucide writes them.
NAMES = [name for name in LUCIDE_ICON_LIST if name not in LUCIDE_ICON_FILENAME_OVERRIDE]{which}


class IconState(rx.State):
    names: list[str] = NAMES


def index() -> rx.Component:
    return rx.box({icons}, rx.text(len(NAMES), id="number"))


class AppEntry(DynamicApp):
    name = "Icons"
    pages = {{"/": index}}
"""
_BY_NAME = "*[rx.icon(name) for name in NAMES]"
_BY_VAR = "rx.foreach(IconState.names, lambda name: rx.icon(name))"
_ALL = "[:]"
_SOME = f"[:: len(LUCIDE_ICON_LIST) // {FEW}][:{FEW}]"
_PAGES = {
    f"{FEW} icons": (_SOME, _BY_NAME),
    "all icons": (_ALL, _BY_NAME),
    f"{FEW} icons named by a var": (_SOME, _BY_VAR),
    "all icons named by a var": (_ALL, _BY_VAR),
}
_DRAWN = """() => {
  const wanted = Number(document.getElementById("number")?.textContent ?? NaN);
  const drawn = document.querySelectorAll(".graft-host svg.lucide:has(*)").length;
  return drawn >= wanted && performance.now();
}"""


@dataclass(frozen=True)
class Opened:
    """What one opening took: requests, compressed bytes, milliseconds."""

    requests: int
    encoded: int
    ms: float


def measure(settings: Settings) -> Result:
    """Open every page in fresh browsers, in turns; the apps are loaded before."""
    apps = settings.work / "client_apps"
    routes = {what: _put(apps, number, *page) for number, (what, page) in enumerate(_PAGES.items())}
    found: dict[str, list[Opened]] = {what: [] for what in routes}
    with graft(apps, settings.work / "data") as server, browser() as chromium:
        server.wait_for("/healthz")
        for path in routes.values():
            _open(chromium, server.address + path)
        for _ in range(settings.samples(7, 2)):
            for what, path in routes.items():
                found[what].append(_open(chromium, server.address + path))
    return Result(
        title="Icons",
        how="From opening the address in a browser that has nothing yet until every icon is drawn,"
        " by the page's clock. Requests and compressed bytes are those of scripts, the rest of the"
        " front end among them.",
        rows=[row for what, opened in found.items() for row in _rows(what, opened)],
    )


def _put(apps: Path, number: int, which: str, icons: str) -> str:
    app_id = f"{CLIENT}/icons_{number}"
    (apps / app_id).mkdir(parents=True)
    (apps / app_id / "entry.py").write_text(_ENTRY.format(which=which, icons=icons), "utf-8")
    return route_of(app_id)


def _rows(what: str, opened: list[Opened]) -> list[Row]:
    return [
        row_of(what, [one.ms for one in opened]),
        Row(f"{what}, requests", "requests", opened[-1].requests),
        Row(f"{what}, compressed", "kB", opened[-1].encoded / 1000),
    ]


def _open(chromium: Browser, address: str) -> Opened:
    context = chromium.new_context()
    page = context.new_page()
    session = context.new_cdp_session(page)
    session.send("Network.enable")
    scripts: set[str] = set()
    encoded = 0

    def on_response(event: dict[str, Any]) -> None:
        if "javascript" in event["response"]["mimeType"]:
            scripts.add(event["requestId"])

    def on_data(event: dict[str, Any]) -> None:
        nonlocal encoded
        if event["requestId"] in scripts:
            encoded += event["encodedDataLength"]

    session.on("Network.responseReceived", on_response)
    session.on("Network.dataReceived", on_data)
    page.goto(address, wait_until="commit")
    ms = float(page.wait_for_function(_DRAWN, polling="raf", timeout=120_000).json_value())
    context.close()
    return Opened(len(scripts), encoded, ms)
