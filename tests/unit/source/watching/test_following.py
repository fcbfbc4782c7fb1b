"""Saves are followed, whatever becomes of one of them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from structlog.testing import capture_logs

from app.source.watching.following import following
from app.source.watching.watch import Watcher

PATIENCE = 120  # seconds; only a failing test waits that long


async def test_a_save_that_cannot_be_followed_does_not_stop_the_next(tmp_path: Path) -> None:
    heard = asyncio.Queue[Sequence[str]]()

    async def changed(app_ids: Sequence[str]) -> None:
        heard.put_nowait(app_ids)
        raise OSError("a fault of the machine")

    file = tmp_path / "acme" / "counter" / "entry.py"
    file.parent.mkdir(parents=True)
    with capture_logs() as lines:
        async with (
            following(partial(Watcher, tmp_path), changed, "following saves"),
            asyncio.timeout(PATIENCE),
        ):
            for number in range(2):
                file.write_text(f"{number}")
                assert await heard.get() == ["acme/counter"]

    assert any(line["what"] == "following saves" and line["exc_info"] for line in lines)
