"""Pages of the core that show what apps there are."""

from __future__ import annotations

import asyncio
from typing import Any

from app.bridge.sockets.events import EventCall
from app.node.pages.watching import Watching

CHANGED = EventCall("state.changed", "app_id")


class _Outbox:
    def __init__(self) -> None:
        self.queued: list[tuple[str, dict[str, Any]]] = []

    async def enqueue(self, token: str, *events: Any) -> list[asyncio.Future[Any]]:
        if token == "gone":
            raise LookupError
        self.queued += [(token, event.payload) for event in events]
        return []


async def test_who_watches_is_told_which_app_changed_until_they_stop() -> None:
    outbox = _Outbox()
    watching = Watching(outbox)  # type: ignore[arg-type]  # only what is asked
    for token in ("one", "gone", "two"):
        watching.watch(token, CHANGED)
    watching.tell("a/b")
    await asyncio.gather(*watching.telling)
    assert outbox.queued == [("one", {"app_id": "a/b"}), ("two", {"app_id": "a/b"})]
    watching.unwatch("one")
    watching.unwatch("one")
    watching.tell("c/d")
    await asyncio.gather(*watching.telling)
    assert outbox.queued[2:] == [("two", {"app_id": "c/d"})]
