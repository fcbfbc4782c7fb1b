"""What an app wrote beside its own code while a developer tried it: no part of the app.

Nobody else can tell such a file from one that the author put there: a database, a list in JSON. So
the server notes it, in a file of the app's folder which is no part of the app either:

    <SHA-256 of the file as the author had it, or -> <its size> <path>

A file that was there before counts as the author's for as long as it is what it was.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

FILE = ".graft-written"

_NEW = "-"
_HEAD = (
    "# What the app itself wrote here. It is no part of the app. In production an app\n"
    "# cannot write here, but in app.sdk.folder(). If a file is yours, remove its line.\n"
)
_BESIDE_DATABASE = ("-wal", "-shm", "-journal")
_LARGEST = 32 * 1024 * 1024
"""Bytes of a file that is read to know it again; no larger one is part of an app."""


@dataclass(frozen=True, slots=True)
class Noted:
    """A file that the app wrote, as it was before; `sha256` is "" when there was none."""

    sha256: str
    size: int


def written(root: Path) -> Mapping[str, Noted]:
    """Return the files that an app wrote into its own folder, by path."""
    try:
        lines = (root / FILE).read_text("utf-8", "surrogateescape").splitlines()
    except OSError:
        return {}
    found: dict[str, Noted] = {}
    for line in lines:
        digest, _, rest = line.partition(" ")
        size, _, path = rest.partition(" ")
        if size.isdecimal() and path:
            found.setdefault(path, Noted("" if digest == _NEW else digest, int(size)))
    return found


def noted_of(parts: Sequence[str], notes: Mapping[str, Noted]) -> Noted | None:
    """Return what is noted of a file; what SQLite puts beside a database belongs to it."""
    if not notes:
        return None
    path = "/".join(parts)
    if path in notes:
        return notes[path]
    beside = next((end for end in _BESIDE_DATABASE if path.endswith(end)), "")
    return Noted("", 0) if beside and path.removesuffix(beside) in notes else None


def note_written(root: Path, path: PurePosixPath) -> bool:
    """Note that an app is about to write a file into its own folder; return whether that is new.

    Source and assets are what they are, whoever writes them.
    """
    name = path.as_posix()
    if is_source(path) or "\n" in name or name in written(root):
        return False
    before = _as_it_is(root / path)
    line = f"{before.sha256 or _NEW} {before.size} {name}\n"
    file = root / FILE
    head = "" if file.exists() else _HEAD
    with open(file, "a", encoding="utf-8", errors="surrogateescape") as notes:
        notes.write(head + line)
    return True


def left_out(root: Path) -> tuple[str, ...]:
    """Return the files in an app's folder that are no part of it because it wrote them."""
    return tuple(
        path
        for path, noted in written(root).items()
        if (root / path).is_file()
        and (not noted.sha256 or _as_it_is(root / path).sha256 != noted.sha256)
    )


def is_source(path: PurePosixPath) -> bool:
    """Tell whether a file of an app is code, or in `assets/`."""
    return path.suffix == ".py" or path.parts[:1] == ("assets",)


def is_as_it_was(file: os.DirEntry[str], noted: Noted) -> bool:
    """Tell whether a file still is what the author put there."""
    if not noted.sha256 or file.stat(follow_symlinks=False).st_size != noted.size:
        return False
    return _as_it_is(Path(file.path)).sha256 == noted.sha256


def _as_it_is(file: Path) -> Noted:
    try:
        if file.stat().st_size > _LARGEST:
            return Noted("", 0)
        content = file.read_bytes()
    except OSError:
        return Noted("", 0)
    return Noted(hashlib.sha256(content).hexdigest(), len(content))
