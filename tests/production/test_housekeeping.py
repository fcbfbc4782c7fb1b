"""A real server clears up at its start."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic, sleep

from app.core import apps
from app.core.context import Core
from app.core.opening import open_core
from app.server.upkeep.clock_check import FILE
from tests.production.world import COUNTER, install, sources
from tests.support.servers import PATIENCE, Forge, serving


async def deleted_long_ago(folder: Path) -> Path:
    """A data folder with an app that was deleted 40 days ago."""
    data = folder / "data"
    core = open_core(data, clock=lambda: datetime.now(UTC) - timedelta(days=40))
    await install(core, sources(folder, COUNTER))
    await apps.delete(core, COUNTER, base_revision=None)
    await core.close()
    now = datetime.now(UTC)
    noted = {"since": (now - timedelta(days=2)).isoformat(), "last": now.isoformat()}
    (data / FILE).write_text(json.dumps(noted))  # a server was here and saw no fault in the clock
    return data


def contents(data: Path) -> list[Path]:
    """What is in the code store."""
    return [path for path in (data / "code").rglob("*") if path.is_file()]


async def installed(core: Core) -> tuple[str, ...]:
    try:
        return tuple(app.id for app in await apps.all_apps(core, deleted=True))
    finally:
        await core.close()


def test_a_server_clears_up_while_it_serves(forge: Forge, tmp_path: Path) -> None:
    data = asyncio.run(deleted_long_ago(tmp_path))
    assert contents(data)
    with serving(forge, data) as server, server.http() as browser:
        end = monotonic() + PATIENCE
        while contents(data) and monotonic() < end:
            sleep(0.05)
        assert contents(data) == []
        assert asyncio.run(installed(open_core(data))) == ()
        assert '"housekeeping"' in server.logged()
        assert browser.get("/readyz").status_code == 200
