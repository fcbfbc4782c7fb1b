"""Reading a backup: entry after entry, each against its digest, and whether that was all."""

from __future__ import annotations

import gzip
import hashlib
import tarfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, BinaryIO, Protocol
from zlib import error as ZlibError

from pydantic import ValidationError

from app.core.backup.form import (
    ABOUT,
    CHUNK,
    DATABASE,
    DIGESTS,
    FOLDERS,
    FORMAT,
    KEY,
    LARGEST_NOTE,
    About,
    NotABackup,
    is_known,
    parse_content_name,
)
from app.core.migrations import HEAD
from app.kernel.errors import CoreError

Report = Callable[[str, float | None], None]


@dataclass(frozen=True)
class Restored:
    """What was read.

    Attributes:
        about: what the backup says of itself.
        contents: how many contents of packages and files it has.
        size: their bytes and those of the database.
        kept: how many files that apps keep in their folders.
    """

    about: About
    contents: int
    size: int
    kept: int = 0


class Keeping(Protocol):
    """What becomes of the entries."""

    def about(self, about: About) -> None:
        """Take what the backup says of itself."""
        ...

    def content(self, kind: str, digest: str, chunks: Iterator[bytes]) -> None:
        """Take the content of a package or a file of the core."""
        ...

    def kept(self, name: str, chunks: Iterator[bytes]) -> None:
        """Take a file that an app keeps in its folder."""
        ...

    def file(self, name: str, chunks: Iterator[bytes]) -> None:
        """Take the database, or the key."""
        ...


def read(source: BinaryIO, keeping: Keeping, report: Report) -> Restored:
    """Hand all entries of a backup to `keeping`.

    Raises:
        NotABackup: it is none, not complete, damaged, or from a newer Graft.
    """
    with (
        _reporting_damage(),
        gzip.GzipFile(fileobj=source) as unpacked,
        tarfile.open(fileobj=unpacked, mode="r|") as tar,
    ):
        reading = _Reading(keeping, report)
        for entry in tar:
            reading.take(entry, tar)
        while unpacked.read(CHUNK):
            pass  # the end of the stream has a checksum, which is looked at only when it is reached
    return reading.restored()


class _Reading:
    """Takes one entry after the other, and knows at the end whether that was all."""

    def __init__(self, keeping: Keeping, report: Report) -> None:
        self._keeping = keeping
        self._report = report
        self._about: About | None = None
        self._seen: dict[str, str] = {}
        self._contents = self._size = self._kept = 0
        self._is_complete = False

    def take(self, entry: tarfile.TarInfo, tar: tarfile.TarFile) -> None:
        """Look at an entry, and keep what it has."""
        _refuse_strange(entry, self._seen)
        content = tar.extractfile(entry)
        assert content is not None
        digest = hashlib.sha256()
        chunks = _chunks(content, digest)
        if entry.name == ABOUT:
            self._about = _about(b"".join(chunks))
            self._keeping.about(self._about)
        elif self._about is None:
            raise NotABackup(f"this is no backup of Graft: it does not begin with {ABOUT}")
        elif entry.name == DIGESTS:
            _compare(b"".join(chunks), self._seen)
            self._is_complete = True
            return
        elif (named := parse_content_name(entry.name)) is not None:
            self._report(f"{self._contents:,} packages and files", None)
            self._keeping.content(*named, chunks)
            if digest.hexdigest() != named[1]:
                raise NotABackup(f"the backup is damaged: {entry.name} is not what it was")
            self._contents += 1
        elif entry.name.startswith(f"{FOLDERS}/"):
            self._keeping.kept(entry.name, chunks)
            self._kept += 1
        else:
            self._keeping.file(entry.name, chunks)
        self._size += entry.size
        self._seen[entry.name] = digest.hexdigest()

    def restored(self) -> Restored:
        """Return what was read, all of it."""
        if self._about is None or not self._is_complete:
            raise NotABackup("the backup ends too early: it is not complete")
        if (self._about.database == "included") != (DATABASE in self._seen):
            raise NotABackup("the backup is damaged: its database is not in it")
        return Restored(self._about, self._contents, self._size, self._kept)


@contextmanager
def _reporting_damage() -> Iterator[None]:
    try:
        yield
    except CoreError:
        raise
    except OSError as error:
        if error.errno is not None:
            raise
        raise NotABackup(f"the backup is damaged: {error}") from error  # from gzip
    # What tarfile raises of a header that makes no sense is not always its own error.
    except (tarfile.TarError, EOFError, ZlibError, ValueError, OverflowError) as error:
        raise NotABackup(f"the backup is damaged or ends too early: {error}") from error


def _refuse_strange(entry: tarfile.TarInfo, seen: Mapping[str, str]) -> None:
    if not entry.isreg() or not is_known(entry.name):
        raise NotABackup(f"this is no backup of Graft: it has an entry {entry.name[:80]!r}")
    if entry.name in seen:
        raise NotABackup(f"the backup is damaged: {entry.name} is in it twice")
    if entry.name in (ABOUT, DIGESTS, KEY) and entry.size > LARGEST_NOTE:
        raise NotABackup(f"the backup is damaged: {entry.name} is too large")


def _about(content: bytes) -> About:
    try:
        about = About.model_validate_json(content)
    except ValidationError as error:
        raise NotABackup(f"this is no backup of Graft: {ABOUT} cannot be read") from error
    if about.format > FORMAT or about.schema_version > HEAD:
        raise NotABackup(
            f"the backup was made by a newer Graft ({about.graft}): restore it with that release"
        )
    return about


def _compare(digests: bytes, seen: Mapping[str, str]) -> None:
    named: dict[str, str] = {}
    for line in digests.decode("utf-8", "replace").splitlines():
        digest, _, name = line.partition("  ")
        named[name] = digest
    if named != seen:
        wrong = sorted(name for name in {*named, *seen} if named.get(name) != seen.get(name))
        raise NotABackup(f"the backup is damaged: {wrong[0]} is not what it was")


def _chunks(content: IO[bytes], digest: hashlib._Hash) -> Iterator[bytes]:
    while chunk := content.read(CHUNK):
        digest.update(chunk)
        yield chunk
