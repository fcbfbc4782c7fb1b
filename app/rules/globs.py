"""Globs of paths, and patterns of dotted names.

Python's own globs know `**` from 3.13 on.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import lru_cache


def matches(path: str, glob: str) -> bool:
    """Tell whether a posix path fits a glob: `*` within a folder, `**` over any number of them."""
    return _path_pattern(glob).fullmatch(path) is not None


def in_scope(path: str, globs: Iterable[str]) -> bool:
    """Tell whether a path fits one of the globs, and none of those that begin with `!`."""
    wanted = unwanted = False
    for glob in globs:
        if glob.startswith("!"):
            unwanted = unwanted or matches(path, glob[1:])
        else:
            wanted = wanted or matches(path, glob)
    return wanted and not unwanted


def is_refused(name: str, patterns: Iterable[str], is_module: Callable[[str], bool]) -> bool:
    """Tell whether patterns refuse a dotted name.

    `a.b` is that module and the names in it, the modules in it excluded; `a.b.**` is all that
    begins so, `*` one part. What begins with `!` is allowed, whatever else refuses it. `is_module`
    tells a module from other names.
    """
    refused = False
    for pattern in patterns:
        allows = pattern.startswith("!")
        if (allows or not refused) and _fits(name, pattern.removeprefix("!"), is_module):
            if allows:
                return False
            refused = True
    return refused


def _fits(name: str, pattern: str, is_module: Callable[[str], bool]) -> bool:
    if _is_like(name, pattern):
        return True
    if pattern.endswith("**"):
        return False
    around = name.rpartition(".")[0]
    return bool(around) and _is_like(around, pattern) and not is_module(name)


def _is_like(name: str, pattern: str) -> bool:
    stem = pattern.removesuffix(".**")
    if "*" in stem:
        return _name_pattern(pattern).fullmatch(name) is not None
    # Without an expression: every app has patterns of its own, and compiling them takes long.
    goes_on = stem != pattern and name.startswith(f"{stem}.") and len(name) > len(stem) + 1
    return name == stem or goes_on


@lru_cache(maxsize=1024)
def _path_pattern(glob: str) -> re.Pattern[str]:
    parts = re.split(r"(\*\*/|/\*\*$|\*\*|\*|\?)", glob)
    written = {"**/": "(?:.*/)?", "/**": "/.*", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    return re.compile("".join(written.get(part, re.escape(part)) for part in parts))


@lru_cache(maxsize=4096)
def _name_pattern(pattern: str) -> re.Pattern[str]:
    stem = pattern.removesuffix(".**")
    each = (r"[^.]+" if part == "*" else re.escape(part) for part in stem.split("."))
    return re.compile(r"\.".join(each) + (r"(?:\..+)?" if stem != pattern else ""))
