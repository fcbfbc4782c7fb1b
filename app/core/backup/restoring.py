"""Checking a backup, and restoring it into an empty folder."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import BinaryIO

import anyio.from_thread
import anyio.to_thread

from app.core.app_folders import AppFolders
from app.core.backup.form import CODE, DATABASE, KEY, About, NotABackup, parse_kept_name
from app.core.backup.place import FILES, check_database, database_file
from app.core.backup.reading import Report, Restored, read
from app.core.blobs import BlobFolder
from app.core.code_store import CodeStore, open_code_store
from app.core.disk import full_disk_reported
from app.core.private import LOCK, making_private
from app.core.secret_box import FILE as KEY_FILE
from app.kernel.errors import Invalid, Unavailable

FULL = "the disk is full: nothing was restored"
_ASIDE = ".restoring"


def check(source: BinaryIO, scratch: Path, report: Report = lambda text, done: None) -> Restored:
    """Read a backup to its end, and hold everything against the digests that it names.

    Args:
        source: may be a pipe.
        scratch: an empty folder, for a copy of the database.
        report: told of progress.

    Raises:
        NotABackup: it is none, not complete, damaged, or from a newer Graft.
        StorageFull: there is no room for the copy.
    """
    with full_disk_reported(FULL):
        return read(source, _Checking(scratch), report)


async def restore(
    source: BinaryIO,
    data: Path,
    environ: Mapping[str, str],
    report: Report = lambda text, done: None,
) -> Restored:
    """Make a data folder out of a backup. If anything is wrong with it, there is none.

    Args:
        source: may be a pipe.
        data: an empty folder, or none.
        environ: says where the code store is; packages are put into the one that it names.
        report: told of progress.

    Raises:
        Invalid: `data` is not empty, a server runs on it, or the settings name a database that is a
            server of its own while the backup has one (or the reverse).
        NotABackup: see `check`.
        StorageFull: there is no room.
        Unavailable: the code store cannot be reached.
    """
    return await anyio.to_thread.run_sync(_restore, source, data, environ, report)


def _restore(source: BinaryIO, data: Path, environ: Mapping[str, str], report: Report) -> Restored:
    if data.exists() and any(entry.name != LOCK for entry in data.iterdir()):
        raise Invalid(f"{data} is not empty: restore into an empty folder, or one that is new")
    if _has_server(data):
        raise Invalid(f"a server runs on {data}: stop it, or restore into another folder")
    elsewhere = AppFolders.from_environment(data, environ)
    if next(elsewhere.all(), None) is not None:
        raise Invalid(
            f"there are folders of apps in {elsewhere.root} already: move them away, or name"
            " another place in GRAFT_FOLDERS"
        )
    made, aside = not data.exists(), data / _ASIDE
    try:
        with full_disk_reported(FULL), making_private():
            aside.mkdir(parents=True)
            keeping = _Keeping(aside, open_code_store(data, environ), data, environ)
            restored = read(source, keeping, report)
            keeping.finish()
    except BaseException:
        _empty(data)
        elsewhere.remove_all()
        if made:
            shutil.rmtree(data, ignore_errors=True)
        raise
    return restored


def _has_server(data: Path) -> bool:
    """Tell whether a server has the lock of a data folder; it leaves the file when it ends."""
    try:
        with (data / LOCK).open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False


def _empty(folder: Path) -> None:
    """Remove what a restore that failed has put into the folder, which was empty."""
    for entry in folder.iterdir() if folder.exists() else ():
        if entry.name == LOCK:
            continue
        if entry.is_dir():
            shutil.rmtree(entry, ignore_errors=True)
        else:
            entry.unlink(missing_ok=True)


class _Checking:
    """Looks at entries, and keeps nothing but the database."""

    def __init__(self, scratch: Path) -> None:
        self.scratch = scratch

    def about(self, about: About) -> None:
        """Hear what the backup says of itself."""

    def content(self, kind: str, digest: str, chunks: Iterator[bytes]) -> None:
        for _ in chunks:
            pass

    def kept(self, name: str, chunks: Iterator[bytes]) -> None:
        self.content("", "", chunks)

    def file(self, name: str, chunks: Iterator[bytes]) -> None:
        if name != DATABASE:
            self.content("", "", chunks)
            return
        path = self.scratch / DATABASE
        try:
            _write(path, chunks)
            _check_database(path)
        finally:
            path.unlink(missing_ok=True)


class _Keeping:
    """Puts entries where a server looks for them; the database is named last."""

    def __init__(
        self, aside: Path, code: CodeStore, data: Path, environ: Mapping[str, str]
    ) -> None:
        self._aside = aside
        self._code = code
        self._files = BlobFolder(data / FILES)
        self._folders = AppFolders.from_environment(data, environ)
        self._data = data
        self._database = database_file(data, environ)

    def about(self, about: About) -> None:
        if (about.database == "included") == (self._database is not None):
            return
        if self._database is None:
            raise Invalid(
                "the backup has the database of one server, a file, and GRAFT_DATABASE_URL names a"
                " database server: restore without that setting"
            )
        raise Invalid(
            "the backup was made without its database, which is a server of its own: restore that"
            " one with its own tool, and name it in GRAFT_DATABASE_URL"
        )

    def content(self, kind: str, digest: str, chunks: Iterator[bytes]) -> None:
        if kind == CODE:
            self._put(b"".join(chunks))
            return
        incoming = self._files.receive()
        try:
            incoming.write(chunks)
            self._files.keep(incoming, incoming.finish())
        finally:
            incoming.discard()

    def _put(self, content: bytes) -> None:
        self._code.make()
        anyio.from_thread.run(self._code.put, content)

    def kept(self, name: str, chunks: Iterator[bytes]) -> None:
        found = parse_kept_name(name)
        assert found is not None
        app_id, organisation, parts = found
        # The folder is new, so that no link is in it.
        path = self._folders.make(app_id, organisation).joinpath(*parts)
        path.parent.mkdir(parents=True, exist_ok=True)
        _write(path, chunks)

    def file(self, name: str, chunks: Iterator[bytes]) -> None:
        path = self._aside / name
        _write(path, chunks)
        if name == DATABASE:
            _check_database(path)

    def finish(self) -> None:
        key, database = self._aside / KEY, self._aside / DATABASE
        if key.exists():
            key.rename(self._data / KEY_FILE)
        if database.exists() and self._database is not None:
            self._database.parent.mkdir(parents=True, exist_ok=True)
            shutil.move(database, self._database)
        self._aside.rmdir()


def _check_database(file: Path) -> None:
    try:
        check_database(file)
    except Unavailable as error:
        raise NotABackup(f"the backup is damaged: {error}") from error


def _write(path: Path, chunks: Iterator[bytes]) -> None:
    with path.open("xb") as file:
        for chunk in chunks:
            file.write(chunk)
        file.flush()
        os.fsync(file.fileno())
