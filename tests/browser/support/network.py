"""The network of one page, as slow as a test wants it."""

from __future__ import annotations

from playwright.sync_api import Page


class Network:
    """The network of one page."""

    def __init__(self, page: Page) -> None:
        self._session = page.context.new_cdp_session(page)
        self._session.send("Network.enable")

    def sends(self, bytes_a_second: int) -> None:
        """Limit what is sent; -1 takes the limit away."""
        limits = {"offline": False, "latency": 0, "downloadThroughput": -1}
        self._session.send(
            "Network.emulateNetworkConditions", {**limits, "uploadThroughput": bytes_a_second}
        )
