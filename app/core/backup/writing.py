"""Writing a backup, while a server may run."""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import socket
import tarfile
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, cast

import anyio.to_thread

import app
from app.core.app_folders import walk
from app.core.backup.form import (
    ABOUT,
    CODE,
    DATABASE,
    DIGESTS,
    FILES,
    KEY,
    About,
    KeyPlace,
    content_name,
    kept_name,
)
from app.core.backup.kept import Copying
from app.core.backup.place import Place, copy_database, named_contents
from app.core.code_store import Damaged
from app.core.disk import full_disk_reported
from app.kernel.errors import Invalid, NotFound

FULL = "the disk is full: the backup is not complete"

Report = Callable[[str, float | None], None]
"""Called with what is done now and the share done so far, None when unknown."""

_ROUNDS = 3
"""How often the database is copied anew when it names a content that is gone by then."""


@dataclass(frozen=True)
class Written:
    """What a backup has.

    Attributes:
        about: see `About`.
        contents: how many contents of packages and files.
        size: their bytes and those of the database, before compression.
        missing: contents that the database names and the server itself does not have.
        kept: how many files that apps keep in their folders.
        left_out: what else is in these folders, such as links, which are not followed.
    """

    about: About
    contents: int
    size: int
    missing: tuple[str, ...]
    kept: int = 0
    left_out: tuple[str, ...] = ()


async def write_backup(
    place: Place,
    output: BinaryIO,
    scratch: Path,
    *,
    with_key: bool = True,
    without_database: bool = False,
    report: Report = lambda text, done: None,
) -> Written:
    """Write everything that must last to `output`, from front to back.

    Args:
        place: where the server keeps it.
        output: may be a pipe; it is not closed.
        scratch: folder with room for a copy of the database, which is gone at the end.
        with_key: whether the key of secrets goes in, too. Without it the secrets among settings
            cannot be read by whoever has the backup, nor by a server that is restored from it.
        without_database: leave out a database that is a server of its own.
        report: told of progress.

    Raises:
        Invalid: the database is a server of its own, and `without_database` is not set.
        NotFound: there is no database.
        StorageFull: there is no room for a copy of the database, or for the backup.
        Unavailable: database or code store cannot be read.
    """
    if place.database is None and not without_database:
        raise Invalid(
            "the database is a server of its own: back it up first with its own tool (pg_dump),"
            " then back up the rest with --without-database"
        )
    with (
        full_disk_reported(FULL),
        tempfile.TemporaryDirectory(prefix=".graft-backup-", dir=scratch) as work,
    ):
        return await _Writer(place, output, Path(work), report).write(with_key=with_key)


@dataclass
class _Writer:
    place: Place
    output: BinaryIO
    work: Path
    report: Report
    copied: set[str] = field(default_factory=set)
    size: int = 0
    kept: int = 0
    digests: list[str] = field(default_factory=list)

    async def write(self, *, with_key: bool) -> Written:
        key = self._key() if with_key else None
        # Looked into first: what is wrong with it is known before anything was written.
        schema = await self._copy_database() if self.place.database else ""
        about = About(
            graft=app.__version__,
            schema_version=schema,
            made_at=datetime.now(UTC),
            node=socket.gethostname(),
            database="included" if self.place.database else "elsewhere",
            key=self._where_key_is(key, with_key=with_key),
        )
        with (
            gzip.GzipFile("", "wb", 6, self.output, mtime=0) as packed,
            tarfile.open(fileobj=packed, mode="w|", format=tarfile.GNU_FORMAT) as tar,
        ):
            self._add(tar, ABOUT, about.model_dump_json(indent=1).encode())
            await self._add_all_contents(tar)
            left_out = await anyio.to_thread.run_sync(self._add_folders, tar)
            missing = await self._add_database(tar) if self.place.database else ()
            if key is not None:
                self._add(tar, KEY, key)
            size = self.size
            self._add(tar, DIGESTS, "".join(self.digests).encode())
        return Written(about, len(self.copied), size, missing, self.kept, left_out)

    def _add_folders(self, tar: tarfile.TarFile) -> tuple[str, ...]:
        """Add what apps keep; return what is not added: links, and what is no file."""
        left_out: list[str] = []
        for kept in self.place.folders.all():
            self.report(f"Folders of {kept.app_id}", None)
            copying = Copying(kept.path, self.work / "kept")
            for found in walk(kept.path):
                name = kept_name(kept.app_id, kept.organisation, found.parts)
                if not found.is_file:
                    left_out.append(name)
                elif copying.copy(found.parts):
                    with copying.target.open("rb") as content:
                        size = os.fstat(content.fileno()).st_size
                        self._add_stream(tar, name, content, size)
                    self.kept += 1
        return tuple(left_out)

    def _key(self) -> bytes | None:
        try:
            return self.place.key.read_bytes() if self.place.key else None
        except FileNotFoundError:
            return None

    def _where_key_is(self, key: bytes | None, *, with_key: bool) -> KeyPlace:
        if key is not None:
            return "included"
        if self.place.key is None:
            return "in the environment"
        return "none" if with_key else "left out"

    async def _copy_database(self) -> str:
        assert self.place.database is not None
        self.report("Copying the database", None)
        target = self.work / DATABASE
        target.unlink(missing_ok=True)
        return await anyio.to_thread.run_sync(copy_database, self.place.database, target)

    async def _add_all_contents(self, tar: tarfile.TarFile) -> None:
        code = [stored.digest async for stored in self.place.code.all()]
        files = await anyio.to_thread.run_sync(
            lambda: [one.digest for one in self.place.files.all()]
        )
        total = len(code) + len(files)
        for number, (kind, digest) in enumerate(
            [*((CODE, digest) for digest in code), *((FILES, digest) for digest in files)]
        ):
            self.report(f"{number:,} of {total:,} packages and files", number / total)
            # One that is removed meanwhile, or damaged, matters only if the database names it.
            await self._add_content(tar, kind, digest)

    async def _add_database(self, tar: tarfile.TarFile) -> tuple[str, ...]:
        """Add a copy of the database of which every content is in the archive."""
        missing: list[str] = []
        for _ in range(_ROUNDS):
            await self._copy_database()
            missing = await self._add_named_contents(tar)
            if not missing:
                break
        copy = self.work / DATABASE
        with copy.open("rb") as content:
            self._add_stream(tar, DATABASE, content, copy.stat().st_size)
        return tuple(missing)

    async def _add_named_contents(self, tar: tarfile.TarFile) -> list[str]:
        """Add what the copy names and the archive does not have; return what there is not."""
        code, files = named_contents(self.work / DATABASE)
        wanted = [*((CODE, digest) for digest in code), *((FILES, digest) for digest in files)]
        absent = [
            content_name(kind, digest)
            for kind, digest in sorted(wanted)
            if content_name(kind, digest) not in self.copied
            and not await self._add_content(tar, kind, digest)
        ]
        return absent

    async def _add_content(self, tar: tarfile.TarFile, kind: str, digest: str) -> bool:
        name = content_name(kind, digest)
        try:
            if kind == CODE:
                self._add(tar, name, await self.place.code.get(digest))
            else:
                await anyio.to_thread.run_sync(self._add_file, tar, name, digest)
        except (NotFound, Damaged):
            return False
        self.copied.add(name)
        return True

    def _add_file(self, tar: tarfile.TarFile, name: str, digest: str) -> None:
        with self.place.files.open(digest) as content:
            if (
                hashlib.file_digest(cast(io.BufferedReader, content), "sha256").hexdigest()
                != digest
            ):
                raise Damaged(f"the content {digest} is damaged")
            content.seek(0)
            self._add_stream(tar, name, content, os.fstat(content.fileno()).st_size)

    def _add(self, tar: tarfile.TarFile, name: str, content: bytes) -> None:
        self._add_stream(tar, name, io.BytesIO(content), len(content))

    def _add_stream(self, tar: tarfile.TarFile, name: str, content: BinaryIO, size: int) -> None:
        entry = tarfile.TarInfo(name)
        entry.size, entry.mode = size, 0o600
        read = _Digesting(content)
        tar.addfile(entry, read)
        self.size += size
        self.digests.append(f"{read.digest.hexdigest()}  {name}\n")


class _Digesting(io.RawIOBase):
    """Reads from another file, and digests what it reads."""

    def __init__(self, content: BinaryIO) -> None:
        self._content = content
        self.digest = hashlib.sha256()

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1, /) -> bytes:
        chunk = self._content.read(size)
        self.digest.update(chunk)
        return chunk
