"""Copying what apps keep while they may be writing to it."""

from __future__ import annotations

import shutil
import sqlite3
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import BinaryIO

from app.core.app_folders import open_below

LOCK_SECONDS = 30.0
"""For so long a database that an app has locked is waited for; then its files are copied."""

_SQLITE = b"SQLite format 3\0"
_BESIDE = ("-wal", "-shm", "-journal")


class Copying:
    """Copies files of one folder, one after the other.

    Args:
        folder: the app's.
        target: where each copy is put; it takes the place of the one before.
    """

    def __init__(self, folder: Path, target: Path) -> None:
        self.target = target
        self._folder = folder
        self._databases: set[tuple[str, ...]] = set()

    def copy(self, parts: tuple[str, ...]) -> bool:
        """Copy a file; return whether there is a copy.

        A database of SQLite is copied as it is at one moment. What SQLite has beside it is then in
        the copy. What is gone meanwhile, or is a link by now, is not copied.
        """
        if self._is_in_copy(parts):
            return False
        self.target.unlink(missing_ok=True)
        try:
            source = open_below(self._folder, parts)
        except FileNotFoundError:
            return False
        with source:
            is_database = source.read(len(_SQLITE)) == _SQLITE
            if is_database and self._copy_database(source, parts):
                self._databases.add(parts)
                return True
            source.seek(0)
            with self.target.open("wb") as target:
                shutil.copyfileobj(source, target)
        return True

    def _is_in_copy(self, parts: Sequence[str]) -> bool:
        *above, name = parts
        return any((*above, name.removesuffix(end)) in self._databases for end in _BESIDE)

    def _copy_database(self, source: BinaryIO, parts: Sequence[str]) -> bool:
        """Copy a database; return False when it cannot be, as it is damaged or stays locked."""
        end = time.monotonic() + LOCK_SECONDS
        # By the file that is open: its name may be that of a link by now.
        opened = Path(f"/proc/self/fd/{source.fileno()}")
        path = opened.resolve() if opened.exists() else self._folder.joinpath(*parts)

        def wait(status: int, remaining: int, total: int) -> None:
            if time.monotonic() > end:
                raise TimeoutError

        try:
            with (
                closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as there,
                closing(sqlite3.connect(self.target)) as here,
            ):
                there.backup(here, pages=1000, progress=wait)
                here.execute("PRAGMA journal_mode = DELETE").close()
        except (sqlite3.Error, TimeoutError):
            self.target.unlink(missing_ok=True)
            return False
        return True
