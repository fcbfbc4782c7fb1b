"""What differs between the files of two packages, as unified text differences."""

from __future__ import annotations

import difflib
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from itertools import groupby
from typing import Literal

from app.packages.unpack import FILES

MAX_FILE = 200_000  # bytes; what is larger is not compared line by line
MAX_LINES = 1_500  # of all files together
MAX_FILES = 200
LONGEST_LINE = 400

Kind = Literal["same", "added", "removed", "place"]


@dataclass(frozen=True, slots=True)
class Block:
    """Lines that follow each other and are of one kind."""

    kind: Kind
    text: str


@dataclass(frozen=True, slots=True)
class FileDiff:
    """One file that differs.

    Attributes:
        change: "added", "removed" or "changed".
        note: why there are no lines, or not all, else "".
        blocks: the lines.
    """

    path: str
    change: str
    note: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Diff:
    """All files that differ, and how many of them are left out."""

    files: tuple[FileDiff, ...]
    left_out: int


def compare(older: bytes, newer: bytes) -> Diff:
    """Compare two packages that were accepted before; blocking.

    Args:
        older: bytes of a package.
        newer: bytes of another package of the same app.
    """
    before, after = _files(older), _files(newer)
    paths = [p for p in sorted(before.keys() | after.keys()) if before.get(p) != after.get(p)]
    budget = MAX_LINES
    found = []
    for path in paths[:MAX_FILES]:
        one = _compare_file(path, before.get(path), after.get(path), budget)
        budget -= sum(block.text.count("\n") + 1 for block in one.blocks)
        found.append(one)
    return Diff(tuple(found), max(0, len(paths) - MAX_FILES))


def _files(package: bytes) -> dict[str, bytes]:
    with tarfile.open(fileobj=BytesIO(package), mode="r:gz") as archive:
        return {
            member.name.removeprefix(FILES): _content(archive, member)
            for member in archive
            if member.isfile() and member.name.startswith(FILES)
        }


def _content(archive: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    stream = archive.extractfile(member)
    return stream.read() if stream is not None else b""


def _compare_file(path: str, before: bytes | None, after: bytes | None, budget: int) -> FileDiff:
    change = "added" if before is None else "removed" if after is None else "changed"
    old, new = before or b"", after or b""
    if max(len(old), len(new)) > MAX_FILE or b"\0" in old or b"\0" in new:
        return FileDiff(path, change, f"{len(old):,} bytes → {len(new):,} bytes", ())
    try:
        lines = list(_lines(old.decode(), new.decode()))
    except UnicodeDecodeError:
        return FileDiff(path, change, f"{len(old):,} bytes → {len(new):,} bytes", ())
    shown = lines[: max(0, budget)]
    note = (
        f"{len(lines) - len(shown):,} more lines are not shown" if len(shown) < len(lines) else ""
    )
    return FileDiff(path, change, note, _blocks(shown))


def _lines(old: str, new: str) -> Iterator[tuple[Kind, str]]:
    compared = difflib.unified_diff(old.splitlines(), new.splitlines(), n=3, lineterm="")
    for number, line in enumerate(compared):
        if number < 2:  # the names of the files
            continue
        yield _kind(line), line if len(line) <= LONGEST_LINE else f"{line[:LONGEST_LINE]}…"


def _kind(line: str) -> Kind:
    kinds: dict[str, Kind] = {"+": "added", "-": "removed", "@": "place"}
    return kinds.get(line[:1], "same")


def _blocks(lines: list[tuple[Kind, str]]) -> tuple[Block, ...]:
    return tuple(
        Block(kind, "\n".join(text for _, text in group))
        for kind, group in groupby(lines, key=lambda line: line[0])
    )
