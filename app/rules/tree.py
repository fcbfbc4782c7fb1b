"""Judging a whole checkout: the core, the client apps in it and their tests, and the exceptions."""

from __future__ import annotations

import ast
import importlib.util
import os
import re
from collections.abc import Iterator
from pathlib import Path

from app.rules.contracts import breaks_of_contracts
from app.rules.judging import CLIENT_APPS, Place, all_breaks_in
from app.rules.reading import read_module
from app.rules.rulebook import (
    EXCEPTIONS,
    RULES,
    Break,
    Exemption,
    Rule,
    Rulebook,
)

_IGNORED = frozenset({"__pycache__", "node_modules"})
_JUDGED = ("app", "scripts", CLIENT_APPS)
_LARGEST = 1024 * 1024


def breaks_of_checkout(book: Rulebook, root: Path) -> tuple[Break, ...]:
    """All breaks in a checkout, but for what only the apps themselves can tell when they are read
    and loaded (the kinds entry, module, folder and compile).

    Raises:
        ToolsMissing: this is no installation for developing.
        RulebookInvalid: the rules or the contracts are wrong.
    """
    used: set[tuple[str, Exemption]] = set()
    kept = []
    for found in _all_breaks(book, root):
        exemption = book.allows(found)
        if exemption is None:
            kept.append(found)
        else:
            used.add((found.rule, exemption))
    return (*kept, *_unused(book, root, used))


def _all_breaks(book: Rulebook, root: Path) -> Iterator[Break]:
    for rule in book.of_kind("requirements"):
        missing = (name for name in rule.pattern if not (root / name).is_file())
        yield from (rule.found(name, None, name) for name in missing)
    files = sorted(_files(root))
    for path in files:
        if path.endswith(".py"):
            yield from _breaks_in_file(book, root, path)
    apps = _apps_in(root)
    for rule in book.of_kind("app-names"):
        for path in filter(rule.is_about, files):
            yield from _named_apps(rule, root, path, apps)
    yield from breaks_of_contracts(book, root)


def _files(root: Path) -> Iterator[str]:
    """Posix paths of all files that rules can be about."""
    yield from (entry.name for entry in os.scandir(root) if entry.is_file())
    for top in _JUDGED:
        for folder, folders, names in os.walk(root / top):
            folders[:] = [f for f in folders if f not in _IGNORED and not f.startswith(".")]
            inside = Path(folder).relative_to(root)
            yield from ((inside / name).as_posix() for name in names)


def _breaks_in_file(book: Rulebook, root: Path, path: str) -> Iterator[Break]:
    app_folder = root.joinpath(*path.split("/")[:3])
    try:
        text = importlib.util.decode_source((root / path).read_bytes())
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return  # an app's is told when the app is read, and the core's by every other check
    place = Place(path, lambda inside: (app_folder / inside).is_file(), root)
    yield from all_breaks_in(book, read_module(tree, text, book.names), place)


def _apps_in(root: Path) -> tuple[tuple[str, str], ...]:
    """Clients and names of the apps."""
    entries = (root / CLIENT_APPS).glob("*/*/entry.py")
    return tuple(sorted((entry.parent.parent.name, entry.parent.name) for entry in entries))


def _named_apps(
    rule: Rule, root: Path, path: str, apps: tuple[tuple[str, str], ...]
) -> Iterator[Break]:
    """Lines that name one of the apps."""
    names = {
        spelt
        for client, app in apps
        for pattern in rule.pattern
        for name in (pattern.replace("{client}", client).replace("{app}", app),)
        for spelt in (name, name.replace("_", "-") if "-" in pattern else name)
    }
    file = root / path
    if not names or file.stat().st_size > _LARGEST:
        return
    wanted = re.compile(rf"(?<![\w-])(?:{'|'.join(map(re.escape, sorted(names)))})(?![\w-])")
    text = file.read_text(encoding="utf-8", errors="replace")
    if not any(name in text for name in names):
        return  # by far the most
    for number, line in enumerate(text.splitlines(), start=1):
        if (found := wanted.search(line)) is not None:
            yield rule.found(path, number, found[0])


def _unused(book: Rulebook, root: Path, used: set[tuple[str, Exemption]]) -> Iterator[Break]:
    """Exceptions that allow nothing."""
    for rule in book.of_kind("exceptions"):
        for broken in book:
            for exemption in broken.whitelist:
                if (broken.id, exemption) not in used:
                    file, line = _place_of(exemption, root)
                    subject = f"{exemption.pattern} in {exemption.path} ({broken.id})"
                    yield rule.found(file, line, subject)


def _place_of(exemption: Exemption, root: Path) -> tuple[str, int | None]:
    """File and line where an exception is written."""
    rules = RULES.as_posix()
    for file in (rules, EXCEPTIONS.as_posix()):
        path = root / file
        lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
        for number, line in enumerate(lines, start=1):
            # In the one file an exception is a line, in the other its pattern has its own.
            if f'"{exemption.path}"' in line and (
                file != rules or f'"{exemption.pattern}"' in line
            ):
                return file, number
    return rules, None
