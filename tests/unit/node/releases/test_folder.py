"""Apps on disk, as their author saves them."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

from app.node.releases.folder import AppsFolder


async def test_an_entry_file_that_nobody_can_read_to_its_end_is_none(apps_root: Path) -> None:
    """Opening a pipe waits for its writer: no save of any app would be followed any more."""
    folder = apps_root / "acme" / "pipe"
    folder.mkdir(parents=True)
    os.mkfifo(folder / "entry.py")
    looking = asyncio.create_task(AppsFolder(apps_root).one("acme/pipe"))
    done, _ = await asyncio.wait({looking}, timeout=60)
    if not done:  # let the thread that waits go
        (folder / "entry.py").write_bytes(b"")
    assert done
    offer = looking.result()
    assert offer is not None
    assert offer.problems[0].rule == "entry-file"
