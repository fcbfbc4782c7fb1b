"""What is in the data folder is for the account that the server runs as, and for nobody else."""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path

FOLDER, FILE = 0o700, 0o600
LOCK = "server.lock"
"""The file of a data folder that the server on it has locked. It stays when the server ends."""

_OTHERS = 0o077
_BESIDE_DATABASE = ("", "-wal", "-shm", "-journal")


@contextlib.contextmanager
def making_private() -> Iterator[None]:
    """Within the `with` statement, what this process makes is private from its first moment."""
    before = os.umask(_OTHERS)
    try:
        yield
    finally:
        os.umask(before)


def make_private_folder(folder: Path) -> None:
    """Make a folder, and those above it; one that is there is closed to others, if it is ours.

    Raises:
        OSError: it cannot be made.
    """
    folder.mkdir(mode=FOLDER, parents=True, exist_ok=True)
    if stat.S_IMODE(folder.stat().st_mode) != FOLDER:
        # A folder of another account that we may use, such as a mounted volume, stays as it is.
        with contextlib.suppress(PermissionError):
            folder.chmod(FOLDER)


def make_private_database(file: Path) -> None:
    """Make the file of a SQLite database, unless it is there, and close it to others.

    SQLite gives the files that it makes beside it the same mode, but those of a process that was
    killed are there already.

    Raises:
        OSError: it cannot be made, or is another account's.
    """
    os.close(os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, FILE))
    for ending in _BESIDE_DATABASE:
        with contextlib.suppress(FileNotFoundError):
            _tighten(f"{file}{ending}", FILE)


def open_to_others(data: Path) -> list[Path]:
    """Close all folders in the data folder to others; return those that cannot be. Blocking.

    Links are not followed: what they lead to has a place, and a mode, of its own.
    """
    return list(_open_to_others(data))


def _open_to_others(folder: Path | os.DirEntry[str]) -> Iterator[Path]:
    try:
        _tighten(folder, FOLDER)
    except FileNotFoundError:
        return
    except OSError:
        yield Path(folder)
    try:
        with os.scandir(folder) as entries:
            below = [entry for entry in entries if entry.is_dir(follow_symlinks=False)]
    except OSError:
        return  # gone meanwhile, or not ours to look into
    for entry in below:
        yield from _open_to_others(entry)


def _tighten(path: str | os.PathLike[str], mode: int) -> None:
    if stat.S_IMODE(os.stat(path).st_mode) & _OTHERS:
        os.chmod(path, mode)
