"""Headless Chromium, and what is measured inside its pages."""

from __future__ import annotations

import contextlib
import os
import shutil
import time
from collections.abc import Iterator

from playwright.sync_api import Browser, Page, Route, sync_playwright

_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    # A document that the benchmark answers itself (see with_fine_clock) has no known address.
    "--disable-features=LocalNetworkAccessChecks",
]

_WATCH = """([selector, text]) => {
  window.__graftBenchSeen = new Promise((resolve, reject) => {
    const look = () => {
      for (const found of document.querySelectorAll(selector)) {
        if (!found.textContent.includes(text)) continue;
        observer.disconnect();
        resolve(performance.timeOrigin + performance.now());
        return;
      }
    };
    const observer = new MutationObserver(look);
    observer.observe(document, { subtree: true, childList: true, characterData: true });
    setTimeout(() => reject(new Error(`not seen: ${text}`)), 60000);
    look();
  });
}"""

_CLICK = """([button, output]) => new Promise((resolve) => {
  const shown = document.querySelector(output);
  const before = shown.textContent;
  const observer = new MutationObserver(() => {
    if (shown.textContent === before) return;
    observer.disconnect();
    resolve(performance.now() - started);
  });
  observer.observe(shown, { subtree: true, childList: true, characterData: true });
  const started = performance.now();
  document.querySelector(button).click();
})"""


_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def program() -> str | None:
    """Return the browser that GRAFT_BROWSER names, else the first one found in PATH."""
    return os.environ.get("GRAFT_BROWSER") or next(filter(None, map(shutil.which, _NAMES)), None)


@contextlib.contextmanager
def browser() -> Iterator[Browser]:
    """Start the machine's Chromium; without one, Playwright's own."""
    path = program()
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=_ARGUMENTS)
        try:
            yield started
        finally:
            started.close()


def watch_for(page: Page, selector: str, text: str) -> None:
    """Begin to look for an element with `text`; see `seen_at`."""
    page.evaluate(_WATCH, [selector, text])


def seen_at(page: Page) -> float:
    """Return when the text of `watch_for` came into the DOM, in milliseconds since 1970."""
    return float(page.evaluate("window.__graftBenchSeen"))


def click_to_dom(page: Page, button: str, output: str) -> float:
    """Click `button`; returns the milliseconds until the text of `output` changes."""
    return float(page.evaluate(_CLICK, [button, output]))


def clock_error_ms(page: Page, rounds: int = 20) -> float:
    """Return how far the page's clock is from this process's at least, in milliseconds.

    Zero means that the quickest of `rounds` questions was answered with a time between asking and
    being answered.
    """
    best = (float("inf"), 0.0)
    for _ in range(rounds):
        before = time.time() * 1000
        there = float(page.evaluate("performance.timeOrigin + performance.now()"))
        after = time.time() * 1000
        off = max(0.0, before - there, there - after)
        best = min(best, (after - before, off))
    return best[1]


def with_fine_clock(page: Page) -> None:
    """Give the page a clock of 5 µs instead of 100 µs: isolated documents get it from browsers."""

    def isolate(route: Route) -> None:
        if route.request.resource_type != "document":
            route.fallback()
            return
        answer = route.fetch()
        isolated = {
            "cross-origin-opener-policy": "same-origin",
            "cross-origin-embedder-policy": "require-corp",
        }
        route.fulfill(response=answer, headers={**answer.headers, **isolated})

    page.route("**/*", isolate)


def open_with_fine_clock(chromium: Browser, address: str) -> Page:
    """Open a page that counts from 0 in `#count`, with a clock of 5 µs."""
    page = chromium.new_page()
    with_fine_clock(page)
    page.goto(address)
    page.locator("#count", has_text="0").wait_for()
    if not page.evaluate("crossOriginIsolated"):
        raise RuntimeError("the page's clock is too coarse: it is not isolated")
    return page
