"""Reads a whole schedule off the event loop: parse, check, add up, write the rows.

`Reader` is the work of one import, plain and synchronous; `read_schedule` runs it piece by piece in
worker threads, so that the loop stays free and can cancel between two pieces.
"""

import asyncio
import hashlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from .checks import Checker
from .parser import ScheduleParser
from .schedule import Record, Zone
from .table import TableWriter, line_of, row_of

Result = TypeVar("Result")

PIECE = 128 * 1024
REPORT_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an import is."""

    bytes_read: int
    rooms: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came out of a file: totals and findings, and the two files with the rows.

    `rows_sha256` names the content of `rows`, as the file store does.
    """

    checked: Checker
    rows: Path
    table: Path
    rows_sha256: str


class Reader:
    """One import, writing into `folder`, an empty folder of its own. Close it in any case."""

    def __init__(self, folder: Path) -> None:
        self._parser = ScheduleParser()
        self._checker = Checker()
        self._rows_path = folder / "rooms.jsonl"
        self._table_path = folder / "rooms.sqlite"
        self._rows = self._rows_path.open("wb")
        self._digest = hashlib.sha256()
        self._table = TableWriter(self._table_path)
        self._bytes = 0
        self._open = True

    def feed(self, data: bytes) -> Progress:
        """Take the next bytes. Raises ScheduleError when they cannot belong to a schedule."""
        for start in range(0, len(data), PIECE):
            self._take(self._parser.feed(data[start : start + PIECE]))
        self._bytes += len(data)
        return Progress(self._bytes, self._checker.total.zones)

    def finish(self) -> Outcome:
        """End the file and return what came out. Raises ScheduleError when it ends too early."""
        self._take(self._parser.close())
        self._checker.finish()
        self._close(complete=True)
        return Outcome(self._checker, self._rows_path, self._table_path, self._digest.hexdigest())

    def close(self) -> None:
        """Let go of the files; does nothing after `finish`."""
        if self._open:
            self._close(complete=False)

    def _close(self, *, complete: bool) -> None:
        self._open = False
        self._rows.close()
        self._table.close(complete=complete)

    def _take(self, records: list[Record]) -> None:
        rows = []
        for record in records:
            self._checker.add(record)
            if isinstance(record, Zone):
                rows.append(row_of(record))
        lines = b"".join(map(line_of, rows))
        self._digest.update(lines)
        self._rows.write(lines)
        self._table.add(rows)


async def read_schedule(
    chunks: AsyncIterator[bytes],
    folder: Path,
    on_progress: Callable[[Progress], Awaitable[None]],
    report_seconds: float = REPORT_SECONDS,
) -> Outcome:
    """Read a schedule from `chunks` and return what came out; files are written into `folder`.

    `on_progress` is awaited on the loop at most every `report_seconds` seconds, and at the end;
    what it raises ends the reading. Raises ScheduleError when the file cannot be read.
    """
    reader = await asyncio.to_thread(Reader, folder)
    progress, reported = Progress(0, 0), time.monotonic()
    try:
        async for chunk in chunks:
            progress = await _finished(asyncio.to_thread(reader.feed, chunk))
            if time.monotonic() - reported >= report_seconds:
                await on_progress(progress)
                reported = time.monotonic()
        outcome = await _finished(asyncio.to_thread(reader.finish))
        await on_progress(Progress(progress.bytes_read, outcome.checked.total.zones))
        return outcome
    finally:
        await asyncio.to_thread(reader.close)


async def _finished(work: Awaitable[Result]) -> Result:
    """Await work in a thread; when cancelled, wait for its end before the files are closed."""
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task])
        raise
