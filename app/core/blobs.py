"""Contents of files in a folder, named by their SHA-256. Blocking: call it in worker threads.

A content is complete as soon as its name exists: it is written to `incoming/`, flushed to the
disk, then renamed to `blobs/ab/cdef…`. A crash leaves at most something in `incoming/`, which
`clear_incoming` removes.
"""

from __future__ import annotations

import hashlib
import os
import re
import threading
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO
from uuid import uuid4

from app.core.disk import full_disk_told
from app.kernel.errors import NotFound, TooLarge

_SHA256 = re.compile(r"[0-9a-f]{64}")


class Incoming:
    """A content that is being received. End it with `discard`, also after `BlobFolder.keep`.

    Calls may come from different threads: a cancelled task discards while a thread still writes,
    and closing a descriptor under a thread's write could send its bytes to another file.
    """

    def __init__(self, path: Path, limit: int) -> None:
        """Receive to `path`, which is made by the first `write`, at most `limit` bytes."""
        self.path = path
        self.size = 0
        self._limit = limit
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
        with self._lock, full_disk_told():
            file = self._opened()
            for chunk in chunks:
                self.size += len(chunk)
                if self.size > self._limit:
                    raise TooLarge("the file", size=self.size, limit=self._limit)
                self._digest.update(chunk)
                _write_all(file, chunk)

    def finish(self) -> str:
        """Flush everything to the disk and return the SHA-256, as 64 hexadecimal digits.

        Raises:
            StorageFull: the disk is full.
        """
        with self._lock, full_disk_told():
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
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._file = self.path.open("xb", buffering=0)
        return self._file


class BlobFolder:
    """Keeps contents in a folder, which is made when the first one arrives."""

    def __init__(self, folder: Path) -> None:
        """Keep them in `folder`."""
        self._blobs = folder / "blobs"
        self._incoming = folder / "incoming"

    def receive(self, limit: int) -> Incoming:
        """Begin to receive a content of at most `limit` bytes; touches no disk yet."""
        return Incoming(self._incoming / uuid4().hex, limit)

    def keep(self, incoming: Incoming, sha256: str) -> None:
        """Store a finished content under its digest, replacing the same content if it is there.

        Raises:
            StorageFull: the disk is full.
        """
        target = self._path(sha256)
        with full_disk_told():
            target.parent.mkdir(parents=True, exist_ok=True)
            os.replace(incoming.path, target)
            _sync_folder(target.parent)

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

    def all(self) -> Iterator[str]:
        """Yield the digest of every content."""
        for folder in sorted(self._blobs.glob("[0-9a-f][0-9a-f]")):
            for path in sorted(folder.iterdir()):
                if _SHA256.fullmatch(digest := folder.name + path.name):
                    yield digest

    def clear_incoming(self, older_than: float) -> int:
        """Remove what nobody wrote to for `older_than` seconds; return how many."""
        before, removed = time.time() - older_than, 0
        for path in self._incoming.glob("*"):
            try:
                if path.stat().st_mtime <= before:
                    path.unlink()
                    removed += 1
            except FileNotFoundError:
                continue  # it arrived, or was discarded, meanwhile
        return removed

    def _path(self, sha256: str) -> Path:
        # The digest becomes a path: never trust that it is one.
        if not _SHA256.fullmatch(sha256):
            raise ValueError(f"not a SHA-256: {sha256[:80]!r}")
        return self._blobs / sha256[:2] / sha256[2:]


def _write_all(file: BinaryIO, chunk: bytes) -> None:
    """Write the whole chunk: an unbuffered write may write less, as when the disk gets full."""
    rest = memoryview(chunk)
    while rest:
        rest = rest[file.write(rest) :]


def _sync_folder(folder: Path) -> None:
    """Make a rename in `folder` outlive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
