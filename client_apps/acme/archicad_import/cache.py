"""Where the SQLite tables lie: a folder of this user's own, the least recently used ones go."""

import contextlib
import os
import shutil
import sqlite3
import tempfile
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from pathlib import Path

import anyio.to_thread

from .table import Query, TablePage, TableWriter, read_page, rows_of

KEEP = 16
VERSION = 1
_BATCH = 2_000


def default_folder() -> Path:
    """Return the folder for the tables, made if needed.

    Raises PermissionError when somebody else owns what lies there: a table made by another user of
    the machine must not be shown.
    """
    folder = Path(tempfile.gettempdir()) / f"graft-archicad-import-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    if found.st_uid != os.getuid() or found.st_mode & 0o077 or folder.is_symlink():
        raise PermissionError(f"{folder} is not a private folder of this user")
    return folder


class TableCache:
    """Tables by the SHA-256 of the rows they were made of. Holds nothing but a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def keep(self, table: Path, rows_sha256: str) -> None:
        """Move a finished table into the cache."""
        target = self._path(rows_sha256)
        # The folders may lie on different disks: only a rename within one is atomic.
        aside = target.with_suffix(f".{os.getpid()}.{table.stat().st_ino}.part")
        shutil.move(table, aside)
        aside.replace(target)
        self._prune()

    async def page(
        self,
        rows_sha256: str,
        query: Query,
        rows: Callable[[], Awaitable[AsyncGenerator[bytes, None]]],
    ) -> TablePage:
        """Return a page of the table; `rows` opens its JSON lines when it has to be made again."""
        path = self._path(rows_sha256)
        try:
            return await anyio.to_thread.run_sync(_read, path, query)
        except sqlite3.DatabaseError:
            async with contextlib.aclosing(await rows()) as chunks:
                await self._rebuild(rows_sha256, chunks)
            return await anyio.to_thread.run_sync(_read, path, query)

    async def _rebuild(self, rows_sha256: str, chunks: AsyncIterator[bytes]) -> None:
        folder = Path(tempfile.mkdtemp(dir=self._folder))
        try:
            table = folder / "rooms.sqlite"
            writer = await anyio.to_thread.run_sync(TableWriter, table)
            complete = False
            try:
                async for lines in _whole_lines(chunks):
                    await anyio.to_thread.run_sync(_add, writer, lines)
                complete = True
            finally:
                writer.close(complete=complete)
            await anyio.to_thread.run_sync(self.keep, table, rows_sha256)
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def _path(self, rows_sha256: str) -> Path:
        return self._folder / f"{rows_sha256}.v{VERSION}.sqlite"

    def _prune(self) -> None:
        tables = sorted(self._folder.glob("*.sqlite"), key=_used_at, reverse=True)
        for old in tables[KEEP:]:
            old.unlink(missing_ok=True)


def _read(path: Path, query: Query) -> TablePage:
    page = read_page(path, query)
    os.utime(path)
    return page


def _used_at(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return 0.0


def _add(writer: TableWriter, lines: list[bytes]) -> None:
    for start in range(0, len(lines), _BATCH):
        writer.add(rows_of(lines[start : start + _BATCH]))


async def _whole_lines(chunks: AsyncIterator[bytes]) -> AsyncIterator[list[bytes]]:
    rest = b""
    async for chunk in chunks:
        *lines, rest = (rest + chunk).split(b"\n")
        yield lines
    if rest:
        yield [rest]
