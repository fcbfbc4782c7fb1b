"""Other servers, as the app acme/elsewhere loads images from them."""

from __future__ import annotations

import base64

from playwright.sync_api import BrowserContext, Page

from tests.browser.support.pages import until

REFUSED = r"Content Security Policy|request failed: .*\.example\.org/.*csp"
TILE = "img https://tile.example.org"
OTHER = "img https://other.example.org"
PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


def serve_images(context: BrowserContext) -> None:
    """Be the other servers: what the browser lets out gets an image."""
    context.route(
        lambda url: ".example.org/" in url,
        lambda route: route.fulfill(body=PIXEL, content_type="image/png"),
    )


def is_shown(page: Page, image: str) -> None:
    """Wait until an image is there."""
    until(page, "(id) => document.getElementById(id)?.naturalWidth === 1", image)


def is_refused(page: Page, image: str) -> None:
    """Wait until the browser has given an image up."""
    until(
        page,
        "(id) => { const i = document.getElementById(id); return i?.complete && !i.naturalWidth; }",
        image,
    )
