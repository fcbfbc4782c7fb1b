"""Judging one module by the rules about what it imports, names and mentions."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache, lru_cache, partial
from pathlib import Path, PurePosixPath

from app.rules.globs import is_refused
from app.rules.installed import NoRequirements, is_installed
from app.rules.reading import Imported, Reading
from app.rules.rulebook import ROOT, Break, Kind, Rule, Rulebook

CLIENT_APPS = "client_apps"


@dataclass(frozen=True)
class Place:
    """Where a module is.

    Attributes:
        path: posix path below the checkout; a client app's begins with `client_apps/`, wherever it
            lies.
        has_file: whether the same app has a file, by its path below the app's folder.
        root: the checkout or release by whose core and requirements.txt it is judged.
    """

    path: str
    has_file: Callable[[str], bool] = lambda path: False
    root: Path = ROOT

    def is_module(self, name: str) -> bool:
        """Tell whether a dotted name is a module of the core, and not something in one."""
        return is_module_in(self.root, name)


@dataclass(frozen=True, slots=True)
class _Asked:
    """An import, and all that decides whether a rule refuses it.

    Attributes:
        imported: the import; its line is left out.
        path, root: see `Place`.
        is_known: whether it needs no module that a release might not have.
        is_own: whether the app has a module of this name at its top.
    """

    imported: Imported
    path: str
    root: Path
    is_known: bool
    is_own: bool


@cache
def is_module_in(root: Path, name: str) -> bool:
    """Tell whether a dotted name is a module or package of Python files below a folder."""
    path = root.joinpath(*name.split("."))
    return path.with_suffix(".py").is_file() or path.is_dir()


def breaks_in(book: Rulebook, reading: Reading, place: Place) -> Iterator[Break]:
    """All breaks of one module, exceptions left out."""
    for found in all_breaks_in(book, reading, place):
        if book.allows(found) is None:
            yield found


def all_breaks_in(book: Rulebook, reading: Reading, place: Place) -> Iterator[Break]:
    """All breaks of one module, those among them that exceptions allow."""
    for imported in reading.imports:
        yield from breaks_of_import(book, imported, place)
    for rule in _about(book, place.path, "names"):
        for used in reading.names:
            if is_refused(used.name, rule.pattern, lambda name: True):
                yield rule.found(place.path, used.line, used.name)
    for rule in _about(book, place.path, "texts"):
        for told in reading.texts:
            if _names_module(told.name, place) and _refuses(
                rule, told.name, place.path, place.root
            ):
                yield rule.found(place.path, told.line, told.name)


def breaks_of_import(book: Rulebook, imported: Imported, place: Place) -> Iterator[Break]:
    """At most one break: what is wrong with an import is told once."""
    is_known = _is_known(imported, place.root)
    is_own = not is_known and _is_own(imported, place)
    asked = _Asked(replace(imported, line=0), place.path, place.root, is_known, is_own)
    broken = _broken_by(book, asked)
    if broken is not None:
        rule, subject = broken
        yield rule.found(place.path, imported.line, subject)


@lru_cache(maxsize=8192)
def _broken_by(book: Rulebook, asked: _Asked) -> tuple[Rule, str] | None:
    """Return the first rule that refuses an import, and what it refuses of it.

    Remembered: on a save nearly all imports of an app are those of before.
    """
    for rule in _about(book, asked.path, "imports", "names", "own-module", "installed"):
        subject = _CHECKERS[rule.kind](rule, asked)
        if subject is not None:
            return rule, subject
    return None


def targets_of(imported: Imported, path: str) -> tuple[str, ...]:
    """Absolute names of all that is imported."""
    module = imported.module
    if imported.level:
        folder = PurePosixPath(path).parts[:-1]
        # More dots than folders leave the app in any case.
        kept = folder[: max(1, len(folder) - (imported.level - 1))]
        module = ".".join([*kept, *([module] if module else [])])
    return tuple(f"{module}.{name}" for name in imported.names) or (module,)


@lru_cache(maxsize=4096)
def _about(book: Rulebook, path: str, *kinds: Kind) -> tuple[Rule, ...]:
    return tuple(rule for rule in book.of_kind(*kinds) if rule.is_about(path))


def _refuses(rule: Rule, name: str, path: str, root: Path) -> bool:
    return is_refused(name, _patterns_of(rule, path), partial(is_module_in, root))


def _patterns_of(rule: Rule, path: str) -> Iterator[str]:
    """The rule's patterns, `{client}` and `{app}` replaced by the names of the app."""
    _, client, app, *_ = *PurePosixPath(path).parts, "", ""
    for pattern in rule.pattern:
        yield pattern.replace("{client}", client).replace("{app}", app)


def _forbidden(rule: Rule, asked: _Asked) -> str | None:
    """The first name that the rule's patterns refuse."""
    targets = targets_of(asked.imported, asked.path)
    return next((n for n in targets if _refuses(rule, n, asked.path, asked.root)), None)


def _forbidden_name(rule: Rule, asked: _Asked) -> str | None:
    """The first name that is not to be used, and so not to be imported either."""
    targets = () if asked.imported.level else targets_of(asked.imported, asked.path)
    return next((n for n in targets if is_refused(n, rule.pattern, lambda name: True)), None)


def _own_module(rule: Rule, asked: _Asked) -> str | None:
    """A module of the app itself that is imported as if it were installed."""
    return _top(asked.imported) if asked.is_own else None


def _not_installed(rule: Rule, asked: _Asked) -> str | None:
    """A module that a release does not have."""
    return None if asked.is_known or asked.imported.typing_only else _top(asked.imported)


def _top(imported: Imported) -> str:
    return imported.module.partition(".")[0]


def _is_known(imported: Imported, root: Path) -> bool:
    top = _top(imported)
    if imported.level or imported.optional:
        return True
    if top in ("app", CLIENT_APPS) or top in sys.stdlib_module_names:
        return True
    try:
        return is_installed(top, root)
    except NoRequirements:
        return True  # a break of its own


def _is_own(imported: Imported, place: Place) -> bool:
    top = _top(imported)
    return place.has_file(f"{top}.py") or place.has_file(f"{top}/__init__.py")


def _names_module(name: str, place: Place) -> bool:
    """Tell whether a text means a module: all parts but the last, at least, are ours."""
    if name.partition(".")[0] == CLIENT_APPS:
        return True
    around = name.rpartition(".")[0]
    return place.is_module(name) or ("." in around and place.is_module(around))


_CHECKERS: dict[str, Callable[[Rule, _Asked], str | None]] = {
    "imports": _forbidden,
    "names": _forbidden_name,
    "own-module": _own_module,
    "installed": _not_installed,
}
