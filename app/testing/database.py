"""Databases for tests: migrated once in a process, and copied from then on.

Migrating takes longer than most tests. That migrations lead to these tables is tested by itself.
"""

from __future__ import annotations

import functools
import tempfile
from pathlib import Path

from app.core.database import database_url, open_engine
from app.core.migrations import migrate


def lay_database(file: Path) -> None:
    """Put a database with all tables and no rows at `file`, unless one is there."""
    file.touch(mode=0o600)
    if file.stat().st_size == 0:
        file.write_bytes(_empty_database())


@functools.cache
def _empty_database() -> bytes:
    with tempfile.TemporaryDirectory(prefix="graft-test-") as folder:
        engine = open_engine(database_url(Path(folder), {}))
        migrate(engine)
        # Closing the last connection takes what is in the write-ahead log into the file.
        engine.dispose()
        assert engine.url.database is not None
        return Path(engine.url.database).read_bytes()
