"""Addresses of other servers in texts that browsers read: styles, scripts, markup."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from app.source.app_source import AppSource, SourceFile

MOST_BYTES = 1_000_000
"""Bytes of an app's files that are looked through, small files first: large ones are made by tools.
"""

UNKNOWN = "\N{OBJECT REPLACEMENT CHARACTER}"
"""Stands in a text in place of what is not known yet: no part of an address."""

_SERVER = r"((?:https?|wss?)://[\w-][\w.-]*(?::\d+)?)(?![\w.\-\ufffc])"
ADDRESS = re.compile(_SERVER, re.ASCII)

Patterns = Iterable[tuple[re.Pattern[str], str]]


def _patterns(*pairs: tuple[str, str]) -> Patterns:
    flags = re.ASCII | re.IGNORECASE
    return tuple((re.compile(text.replace("SERVER", _SERVER), flags), kind) for text, kind in pairs)


IN_STYLE = _patterns(
    (r"""@import\s+(?:url\(\s*)?['"]?SERVER""", "style"),
    (r"""(?<!@import )url\(\s*['"]?SERVER(?=[^)\s]{0,100}\.(?:woff2?|ttf|otf)\b)""", "font"),
    (r"""(?<!@import )url\(\s*['"]?SERVER(?![^)\s]{0,100}\.(?:woff2?|ttf|otf)\b)""", "img"),
)
IN_CODE = _patterns(
    (r"""\b(?:fetch|sendBeacon)\(\s*['"`]SERVER""", "connect"),
    (r"""\b(?:WebSocket|EventSource)\(\s*['"`]SERVER""", "connect"),
    (r"""\bimport\(\s*['"`]SERVER""", "script"),
)
IN_MARKUP = _patterns(
    (r"""<img\s[^<>]*?\bsrc=['"]?SERVER""", "img"),
    (r"""!\[[^\[\]]*\]\(SERVER""", "img"),
    (r"""<iframe\s[^<>]*?\bsrc=['"]?SERVER""", "frame"),
    (r"""<(?:audio|source|video)\s[^<>]*?\bsrc=['"]?SERVER""", "media"),
)
_IN_PAGE = _patterns(
    (r"""<script\s[^<>]*?\bsrc=['"]?SERVER""", "script"),
    (r"""<link\s(?=[^<>]*\brel=['"]?stylesheet\b)[^<>]*?\bhref=['"]?SERVER""", "style"),
)
_BY_SUFFIX = {
    ".css": IN_STYLE,
    ".html": (*IN_STYLE, *IN_CODE, *IN_MARKUP, *_IN_PAGE),
    ".js": IN_CODE,
    ".mjs": IN_CODE,
}


@dataclass(frozen=True, slots=True)
class Load:
    """One address that a page loads from: where it stands, what is loaded, from which server."""

    file: str
    line: int
    kind: str
    address: str


def found(patterns: Patterns, text: str) -> Iterator[tuple[str, str]]:
    """Yield kind and address of what a text loads."""
    for pattern, kind in patterns:
        for match in pattern.finditer(text):
            yield kind, match[1]


def loads_of_files(source: AppSource) -> Iterator[Load]:
    """Yield what the styles, scripts and pages among an app's files load, as they are on disk."""
    left = MOST_BYTES
    for file in sorted(source.files, key=lambda file: file.size):
        patterns = _BY_SUFFIX.get(file.path.suffix.lower())
        if patterns is None:
            continue
        left -= file.size
        if left < 0:
            return
        text = _text(source, file)
        for pattern, kind in patterns:
            for match in pattern.finditer(text):
                line = text.count("\n", 0, match.start(1)) + 1
                yield Load(file.path.as_posix(), line, kind, match[1].lower())


def _text(source: AppSource, file: SourceFile) -> str:
    try:
        return (source.root / file.path).read_text("utf-8", errors="replace")
    except OSError:
        return ""
