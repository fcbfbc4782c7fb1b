"""Names of files in a package: which may be there, and which cannot be there together.

One package is unpacked on case-sensitive and case-insensitive file systems, on such that normalise
Unicode and such that do not, so it holds only names that mean the same on all of them.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator

from app.source.app_source import is_ignored

MAX_DEPTH = 16
# What a plain tar header holds: the last part, and the folders before it.
MAX_PART_BYTES = 100
MAX_FOLDER_BYTES = 140

_FORBIDDEN = frozenset('\\:*?"<>|')
# Joiners: needed to write Persian, Hindi and emoji; all other invisible characters mislead.
_JOINERS = frozenset("\u200c\u200d")


def path_problem(path: str) -> str | None:
    """What is wrong with the path of one file, to follow its name; None when it may be used."""
    if not path:
        return "is empty"
    if path.startswith("/"):
        return "is an absolute path"
    parts = path.split("/")
    if ".." in parts:
        return "leaves the folder of the app (..)"
    if "" in parts or "." in parts:
        return "has an empty part or a ."
    if len(parts) > MAX_DEPTH:
        return f"lies deeper than {MAX_DEPTH} folders"
    return _unusual(path, parts)


def shown(path: str) -> str:
    """A path that anybody may have written, safe to print: unusual characters escaped, cut."""
    safe = "".join(c if _is_plain(c) else c.encode("unicode_escape").decode() for c in path[:300])
    return safe if len(path) <= 300 else f"{safe}…"


def has_control_characters(text: str, *, allow: str = "") -> bool:
    """Whether a text has characters that cannot be seen, or half a surrogate pair."""
    return not all(_is_plain(character) or character in allow for character in text)


class Collisions:
    """Finds names that are one name on some file system. Names are added one by one."""

    def __init__(self) -> None:
        self._files: set[str] = set()
        # Folded path of each file and folder -> the path as first written.
        self._spelling: dict[str, str] = {}
        self._folders: set[str] = set()

    def add(self, path: str) -> str | None:
        """Add the path of a file; what is wrong with it beside the ones before, or None."""
        if path in self._files:
            return "is there twice"
        self._files.add(path)
        for prefix in _prefixes(path):
            first = self._spelling.setdefault(_folded(prefix), prefix)
            if first != prefix:
                return f"differs from {shown(first)} only in capitals or in Unicode form"
        if path in self._folders:
            return "is a file and a folder"
        folders = list(_prefixes(path))[:-1]
        self._folders.update(folders)
        clash = next((folder for folder in folders if folder in self._files), None)
        return f"lies below {shown(clash)}, which is a file" if clash else None


def collisions(paths: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Each path that collides with one before it, and how."""
    seen = Collisions()
    for path in paths:
        problem = seen.add(path)
        if problem is not None:
            yield path, problem


def _unusual(path: str, parts: list[str]) -> str | None:
    if has_control_characters(path):
        return "has an invisible character"
    if _FORBIDDEN & set(path):
        return f"has one of the characters {' '.join(sorted(_FORBIDDEN))}"
    if any(part != part.strip() or part.endswith(".") for part in parts):
        return "has a part that begins or ends with a space, or ends with a dot"
    if not unicodedata.is_normalized("NFC", path):
        return "is not in Unicode's composed form (NFC)"
    if is_ignored(parts):
        return "is a test, a hidden file or a cache, which is never part of a package"
    if len(parts[-1].encode()) > MAX_PART_BYTES:
        return f"has a name longer than {MAX_PART_BYTES} bytes"
    if len("/".join(parts[:-1]).encode()) > MAX_FOLDER_BYTES:
        return f"lies in folders whose names are longer than {MAX_FOLDER_BYTES} bytes"
    return None


def _is_plain(character: str) -> bool:
    return (
        unicodedata.category(character)[0] not in "C" or character in _JOINERS
    ) and character not in "\u2028\u2029"


def _prefixes(path: str) -> Iterator[str]:
    parts = path.split("/")
    return ("/".join(parts[:end]) for end in range(1, len(parts) + 1))


def _folded(path: str) -> str:
    # Twice: folding can undo the composed form, and composing can make new letters to fold.
    folded = unicodedata.normalize("NFKC", path).casefold()
    return unicodedata.normalize("NFKC", folded).casefold()
