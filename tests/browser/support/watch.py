"""A browser whose every complaint fails the test that did not expect it."""

from __future__ import annotations

import re

from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Request

# Navigating away, or closing a tab, aborts what is still on its way; nobody sees it.
_ABORTED = "net::ERR_ABORTED"
_LEFT_EARLY = "WebSocket is closed before the connection is established"


class Visitor:
    """One person's browser.

    Attributes:
        context: the browser context, with its own cookies.
        problems: console errors and warnings, uncaught errors, failed requests, refusals by the
            Content-Security-Policy.
    """

    def __init__(self, context: BrowserContext, address: str) -> None:
        self.context = context
        self.address = address
        self.problems: list[str] = []
        self._expected: list[re.Pattern[str]] = []
        self._loads = 0
        self._expected_loads = 0
        self._may_load_more = False
        context.on("page", self._watch)

    def open(self, path: str = "/", page: Page | None = None) -> Page:
        """Load an address of the server, in a new tab or in `page`."""
        tab = page or self.context.new_page()
        self._expected_loads += 1
        tab.goto(self.address + path, wait_until="domcontentloaded")
        return tab

    def reload(self, page: Page) -> None:
        """Load a page again, as a person would."""
        self._expected_loads += 1
        page.reload(wait_until="domcontentloaded")

    def loads(self, times: int = 1, *, or_more: bool = False) -> None:
        """Expect documents to be loaded other than by `open` and `reload`: so many, or also more,
        of a page that looks again until it finds what it waits for.
        """
        self._expected_loads += times
        self._may_load_more |= or_more

    def expects(self, pattern: str) -> None:
        """Expect complaints that match a regular expression."""
        self._expected.append(re.compile(pattern))

    def leave(self) -> None:
        """Close everything. The browser complains of a page that is left before it is connected:
        nobody has to wait for that. A page whose first HTML is visible may still be loading.
        """
        for page in self.context.pages:
            page.wait_for_load_state("domcontentloaded")
        before = len(self.problems)
        self.context.close()
        at_the_end = self.problems[before:]
        self.problems[before:] = [p for p in at_the_end if _LEFT_EARLY not in p]

    def unexpected(self) -> list[str]:
        """Return what went wrong and was not expected."""
        found = [p for p in self.problems if not any(e.search(p) for e in self._expected)]
        too_many = self._loads > self._expected_loads and not self._may_load_more
        if self._loads < self._expected_loads or too_many:
            found.append(f"{self._loads} documents were loaded instead of {self._expected_loads}")
        return found

    def _watch(self, page: Page) -> None:
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.problems.append(f"uncaught: {error}"))
        page.on("requestfailed", self._request_failed)
        page.on("domcontentloaded", lambda loaded: self._loaded(loaded))

    def _loaded(self, page: Page) -> None:
        if page.url.startswith(self.address):
            self._loads += 1

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning", "assert"):
            url = message.location.get("url", "")
            self.problems.append(f"console.{message.type}: {message.text} ({url})")

    def _request_failed(self, request: Request) -> None:
        if request.failure != _ABORTED:
            self.problems.append(f"request failed: {request.url}: {request.failure}")
