"""JavaScript transferred on first load of the launcher, against a blank Reflex app."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import reflex_base
from playwright.sync_api import Browser

from benchmarks import peers
from benchmarks.browser import browser
from benchmarks.processes import ROOT, graft
from benchmarks.result import Result, Row, Target
from benchmarks.settings import Settings

IDLE_MS = 2500
BLANK = Path(reflex_base.__file__).parent / ".templates" / "apps" / "blank" / "code" / "blank.py"


@dataclass
class Transferred:
    """What the network brought of one kind of file."""

    encoded: int = 0
    with_headers: int = 0
    decoded: int = 0
    files: list[str] = field(default_factory=list)


def measure(settings: Settings) -> Result:
    """Load both pages in fresh browser contexts, in turns."""
    settings.say("Building a blank Reflex app")
    blank = peers.blank_reflex(settings.work, BLANK)
    ours = graft(ROOT / "client_apps", settings.work / "data")
    with blank, ours, browser() as chromium:
        blank.wait_for("/ping", seconds=600)
        ours.wait_for("/healthz")
        pairs = [
            (_load(chromium, ours.address), _load(chromium, blank.address))
            for _ in range(settings.samples(3, 1))
        ]
    mine, theirs = pairs[-1]
    if any(pair[0].encoded != mine.encoded for pair in pairs[1:]):
        settings.say("The launcher did not load the same files each time")
    return Result(
        title="First load of the launcher",
        how="All JavaScript that a fresh browser fetches until the page is idle for"
        f" {IDLE_MS / 1000} s, without response headers, gzip as served by both. The launcher shows"
        " the checkout's apps; the other is the app that `reflex init` makes, built with the same"
        " toolchain and run in production mode.",
        rows=[
            Row(
                "Graft's launcher, compressed",
                "kB",
                mine.encoded / 1000,
                ratio=mine.encoded / theirs.encoded,
                target=Target(ratio=1.15),
                note=f"{len(mine.files)} files",
            ),
            Row(
                "blank Reflex app, compressed",
                "kB",
                theirs.encoded / 1000,
                note=f"{len(theirs.files)} files",
            ),
            Row(
                "Graft's launcher, with response headers",
                "kB",
                mine.with_headers / 1000,
                ratio=mine.with_headers / theirs.with_headers,
                note="security headers included",
            ),
            Row("blank Reflex app, with response headers", "kB", theirs.with_headers / 1000),
            Row(
                "Graft's launcher, decoded",
                "kB",
                mine.decoded / 1000,
                ratio=mine.decoded / theirs.decoded,
            ),
            Row("blank Reflex app, decoded", "kB", theirs.decoded / 1000),
        ],
        extra={"graft": sorted(mine.files), "blank": sorted(theirs.files)},
    )


def _load(chromium: Browser, address: str) -> Transferred:
    """Open the page in a browser that has nothing yet."""
    context = chromium.new_context()
    page = context.new_page()
    session = context.new_cdp_session(page)
    session.send("Network.enable")
    total = Transferred()
    scripts: dict[str, str] = {}
    decoded: Counter[str] = Counter()
    encoded: Counter[str] = Counter()

    def on_response(event: dict[str, Any]) -> None:
        if "javascript" in event["response"]["mimeType"]:
            scripts[event["requestId"]] = event["response"]["url"].removeprefix(address)

    def on_data(event: dict[str, Any]) -> None:
        decoded[event["requestId"]] += event["dataLength"]
        encoded[event["requestId"]] += event["encodedDataLength"]

    def on_finished(event: dict[str, Any]) -> None:
        name = scripts.get(event["requestId"])
        if name is None:
            return
        total.with_headers += round(event["encodedDataLength"])
        total.encoded += encoded[event["requestId"]]
        total.decoded += decoded[event["requestId"]]
        total.files.append(f"{name} {encoded[event['requestId']]}")

    session.on("Network.responseReceived", on_response)
    session.on("Network.dataReceived", on_data)
    session.on("Network.loadingFinished", on_finished)
    page.goto(address, wait_until="networkidle")
    page.wait_for_timeout(IDLE_MS)
    context.close()
    return total
