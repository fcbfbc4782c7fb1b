"""Test kit for authors of client apps: open an app as some user, without a browser and without
waiting.

    from app.testing import open_app

    async def test_counts():
        async with open_app("example/counter") as page:
            await page.send(CounterState.increment)
            assert page.get(CounterState.count) == 1

Behind it runs what runs in production: the loader, the compiler, Reflex's event processor and the
engine. Only the socket and the browser are stood in for. See `kit` for several pages at once and
for swapping versions.
"""

from app.source.problems import AppError
from app.testing.kit import Kit, kit, open_app
from app.testing.page import Page
from app.testing.told import EventFailed, EventRefused, Toast

__all__ = ["AppError", "EventFailed", "EventRefused", "Kit", "Page", "Toast", "kit", "open_app"]
