"""Looking into a folder that an app fills: no link in it is followed, at whatever moment it comes.

Each name is opened below the folder that is open already, so that a folder which is replaced by a
link meanwhile leads nowhere.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
# Not to wait for the other end of a pipe.
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC

_DEEPEST = 64
"""Folders within folders; what lies deeper is counted as a stranger."""


@dataclass(frozen=True, slots=True)
class Walked:
    """What a walk came by.

    Attributes:
        parts: names from the folder on.
        size: in bytes.
        is_file: whether it is an ordinary file; if not, it is a link, a pipe, or lies too deep.
    """

    parts: tuple[str, ...]
    size: int
    is_file: bool


def walk(root: Path) -> Iterator[Walked]:
    """Yield everything below a folder but the folders, by name; what goes meanwhile is left out."""
    try:
        folder = os.open(root, _FOLDER)
    except OSError:
        return
    yield from _walk(folder, ())


def _walk(folder: int, parts: tuple[str, ...]) -> Iterator[Walked]:
    try:
        with os.scandir(folder) as found:
            entries = sorted(found, key=lambda entry: entry.name)
        for entry in entries:
            inner = (*parts, entry.name)
            try:
                status = entry.stat(follow_symlinks=False)
                if stat.S_ISDIR(status.st_mode) and len(inner) < _DEEPEST:
                    yield from _walk(os.open(entry.name, _FOLDER, dir_fd=folder), inner)
                    continue
            except OSError:
                continue
            yield Walked(inner, status.st_size, stat.S_ISREG(status.st_mode))
    finally:
        os.close(folder)


def open_below(root: Path, parts: Sequence[str]) -> BinaryIO:
    """Open a file below a folder for reading.

    Raises:
        FileNotFoundError: there is no ordinary file at that place, or a link is on the way to it.
    """
    if not parts or any(part in ("", ".", "..") or "/" in part or "\0" in part for part in parts):
        raise FileNotFoundError(str(root))
    try:
        return os.fdopen(_open(root, parts), "rb")
    except OSError as error:
        raise FileNotFoundError(str(root)) from error


def _open(root: Path, parts: Sequence[str]) -> int:
    folder = os.open(root, _FOLDER)
    try:
        for part in parts[:-1]:
            inner = os.open(part, _FOLDER, dir_fd=folder)
            os.close(folder)
            folder = inner
        file = os.open(parts[-1], _FILE, dir_fd=folder)
    finally:
        os.close(folder)
    if not stat.S_ISREG(os.fstat(file).st_mode):
        os.close(file)
        raise FileNotFoundError(str(root))
    return file
