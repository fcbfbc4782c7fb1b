"""Contents in a folder, named by their SHA-256: people's files, and the code store's packages.

A content is complete as soon as its name exists: it is written to `incoming/`, flushed to the
disk, then renamed to `<contents>/ab/cdef…`, and the folders are flushed, so that it outlives a
power cut. A crash leaves at most something in `incoming/`, see `leftovers`.

All of this blocks: call it in worker threads.
"""

from __future__ import annotations

import hashlib
import os
import re
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO
from uuid import uuid4

from app.core.disk import full_disk_reported
from app.kernel.errors import NotFound, TooLarge

CHUNK = 1024 * 1024
"""What is read, or collected, before a worker thread is woken: chunks of a browser are small."""

_SHA256 = re.compile(r"[0-9a-f]{64}")
_INCOMING = "incoming"


@dataclass(frozen=True, slots=True)
class Stored:
    """A content that is there: SHA-256, size in bytes, and when it was put the last time (UTC)."""

    digest: str
    size: int
    modified: datetime


class Incoming:
    """A content that is being received. End it with `discard`, also after `BlobFolder.keep`.

    Calls may come from different threads: a cancelled task discards while a thread still writes,
    and closing a descriptor under a thread's write could send its bytes to another file.
    """

    def __init__(self, path: Path, limit: int | None, make: Callable[[Path], None]) -> None:
        """Receive to `path`, which is made by the first `write`, at most `limit` bytes; `make`
        makes its folder.
        """
        self.path = path
        self.size = 0
        self._limit = limit
        self._make = make
        self._digest = hashlib.sha256()
        self._file: BinaryIO | None = None
        self._discarded = False
        self._lock = threading.Lock()

    def write(self, chunks: Iterable[bytes]) -> None:
        """Append `chunks`.

        Raises:
            TooLarge: that would be above the limit.
            StorageFull: the disk is full.
        """
        with self._lock, full_disk_reported():
            file = self._opened()
            for chunk in chunks:
                self.size += len(chunk)
                if self._limit is not None and self.size > self._limit:
                    raise TooLarge("the file", size=self.size, limit=self._limit)
                self._digest.update(chunk)
                _write_all(file, chunk)

    def finish(self) -> str:
        """Flush everything to the disk and return the SHA-256, as 64 hexadecimal digits.

        Raises:
            StorageFull: the disk is full.
        """
        with self._lock, full_disk_reported():
            file = self._opened()
            os.fsync(file.fileno())
            file.close()
        return self._digest.hexdigest()

    def discard(self) -> None:
        """Remove what was received, unless it was kept."""
        with self._lock:
            self._discarded = True
            if self._file is not None:
                self._file.close()
                self.path.unlink(missing_ok=True)

    def _opened(self) -> BinaryIO:
        if self._discarded:
            raise ValueError("the upload was discarded")
        if self._file is None:
            self._make(self.path.parent)
            self._file = self.path.open("xb", buffering=0)
        return self._file


class BlobFolder:
    """Keeps contents in a folder.

    Args:
        folder: where.
        contents: name of the folder in it that gets them.
        makes_itself: whether `folder` is made when the first content arrives. If not, it has to be
            there: its disk may not be mounted, and what was put beside it would be lost.
    """

    def __init__(self, folder: Path, contents: str = "blobs", *, makes_itself: bool = True) -> None:
        self.folder = folder
        self._contents = folder / contents
        self._makes_itself = makes_itself

    def receive(self, limit: int | None = None) -> Incoming:
        """Begin to receive a content of at most `limit` bytes; touches no disk yet."""
        return Incoming(self.folder / _INCOMING / uuid4().hex, limit, self._make)

    def keep(self, incoming: Incoming, sha256: str) -> None:
        """Store a finished content under its digest, replacing the same content if it is there.

        Raises:
            StorageFull: the disk is full.
        """
        target = self._path(sha256)
        with full_disk_reported():
            self._make(target.parent)
            os.replace(incoming.path, target)
            for folder in (target.parent, self._contents, self.folder):
                _sync_folder(folder)

    def open(self, sha256: str) -> BinaryIO:
        """Return the content as an open file.

        Raises:
            NotFound: there is no such content.
        """
        try:
            return self._path(sha256).open("rb")
        except FileNotFoundError:
            raise NotFound("the content of the file is gone") from None

    def path_of(self, sha256: str) -> Path:
        """Return where a content is, to be read at once; it may be removed at any time.

        Raises:
            NotFound: there is no such content.
        """
        path = self._path(sha256)
        if not path.is_file():
            raise NotFound("the content of the file is gone")
        return path

    def remove(self, sha256: str) -> None:
        """Remove a content; one that is not there is fine. Who reads it reads on to the end."""
        self._path(sha256).unlink(missing_ok=True)

    def all(self) -> Iterator[Stored]:
        """Yield every content."""
        for folder in sorted(self._contents.glob("[0-9a-f][0-9a-f]")):
            for path in sorted(folder.iterdir()):
                if not _SHA256.fullmatch(digest := folder.name + path.name):
                    continue
                try:
                    found = path.stat()
                except FileNotFoundError:
                    continue  # it was removed meanwhile
                yield Stored(digest, found.st_size, datetime.fromtimestamp(found.st_mtime, UTC))

    def foreign(self) -> list[str]:
        """Return the names of files that are no contents; nothing here made them."""
        own = {self._path(stored.digest) for stored in self.all()}
        own.update(self._half_written())
        files = (path for path in self.folder.rglob("*") if path.is_symlink() or path.is_file())
        return sorted(self._name(path) for path in files if path not in own)

    def leftovers(self, before: float, *, remove: bool) -> list[str]:
        """Return the names of files that a process left half-written when it died.

        Those that were written to after `before` are left out; with `remove` they are removed.
        """
        found = []
        for path in self._half_written():
            try:
                if path.stat().st_mtime <= before:
                    if remove:
                        path.unlink()
                    found.append(self._name(path))
            except FileNotFoundError:
                continue  # it arrived, or was discarded, meanwhile
        return found

    def _half_written(self) -> list[Path]:
        # Servers before this one wrote packages to `<name>#<number>`, beside what they became.
        return sorted([*(self.folder / _INCOMING).glob("*"), *self._contents.glob("*/*#*")])

    def _make(self, folder: Path) -> None:
        """Make a folder below this one.

        Raises:
            FileNotFoundError: this one is not there, and is made by nobody here.
        """
        if self._makes_itself:
            folder.mkdir(parents=True, exist_ok=True)
            return
        below = folder.relative_to(self.folder)
        for each in [*reversed(below.parents), below]:
            if each != Path():
                (self.folder / each).mkdir(exist_ok=True)

    def _name(self, path: Path) -> str:
        return path.relative_to(self.folder).as_posix()

    def _path(self, sha256: str) -> Path:
        # The digest becomes a path: never trust that it is one.
        if not _SHA256.fullmatch(sha256):
            raise ValueError(f"not a SHA-256: {sha256[:80]!r}")
        return self._contents / sha256[:2] / sha256[2:]


async def receive(
    content: AsyncIterator[bytes] | bytes, write: Callable[[list[bytes]], Awaitable[None]]
) -> None:
    """Write a content that is given at once or as a stream, about 1 MiB at a time.

    Raises whatever the stream raises.
    """
    if isinstance(content, bytes):
        await write([content])
        return
    collected: list[bytes] = []
    size = 0
    async for chunk in content:
        collected.append(chunk)
        size += len(chunk)
        if size >= CHUNK:
            await write(collected)
            collected, size = [], 0
    await write(collected)


def _write_all(file: BinaryIO, chunk: bytes) -> None:
    """Write the whole chunk: an unbuffered write may write less, as when the disk gets full."""
    rest = memoryview(chunk)
    while rest:
        rest = rest[file.write(rest) :]


def _sync_folder(folder: Path) -> None:
    """Make what was made or renamed in `folder` outlive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
