"""Judging one module by the rules about what it imports, names and mentions."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path, PurePosixPath

from app.rules.globs import is_refused
from app.rules.installed import NoRequirements, is_installed
from app.rules.reading import Imported, Reading
from app.rules.rulebook import ROOT, Break, Rule, Rulebook

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

    def patterns_of(self, rule: Rule) -> Iterator[str]:
        """The rule's patterns, `{client}` and `{app}` replaced by the names of the app."""
        _, client, app, *_ = *PurePosixPath(self.path).parts, "", ""
        for pattern in rule.pattern:
            yield pattern.replace("{client}", client).replace("{app}", app)

    def is_module(self, name: str) -> bool:
        """Tell whether a dotted name is a module of the core, and not something in one."""
        return is_module_in(self.root, name)


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
    for rule in _about(book, place, "names"):
        for used in reading.names:
            if is_refused(used.name, rule.pattern, lambda name: True):
                yield rule.found(place.path, used.line, used.name)
    for rule in _about(book, place, "texts"):
        for told in reading.texts:
            if _names_module(told.name, place) and _refuses(rule, told.name, place):
                yield rule.found(place.path, told.line, told.name)


def breaks_of_import(book: Rulebook, imported: Imported, place: Place) -> Iterator[Break]:
    """At most one break: what is wrong with an import is told once."""
    for rule in _about(book, place, "imports", "names", "own-module", "installed"):
        subject = _CHECKERS[rule.kind](rule, imported, place)
        if subject is not None:
            yield rule.found(place.path, imported.line, subject)
            return


def targets_of(imported: Imported, path: str) -> tuple[str, ...]:
    """Absolute names of all that is imported."""
    module = imported.module
    if imported.level:
        folder = PurePosixPath(path).parts[:-1]
        # More dots than folders leave the app in any case.
        kept = folder[: max(1, len(folder) - (imported.level - 1))]
        module = ".".join([*kept, *([module] if module else [])])
    return tuple(f"{module}.{name}" for name in imported.names) or (module,)


def _about(book: Rulebook, place: Place, *kinds: str) -> Iterator[Rule]:
    return (rule for rule in book if rule.kind in kinds and rule.is_about(place.path))


def _refuses(rule: Rule, name: str, place: Place) -> bool:
    return is_refused(name, place.patterns_of(rule), place.is_module)


def _forbidden(rule: Rule, imported: Imported, place: Place) -> str | None:
    """The first name that the rule's patterns refuse."""
    return next((n for n in targets_of(imported, place.path) if _refuses(rule, n, place)), None)


def _forbidden_name(rule: Rule, imported: Imported, place: Place) -> str | None:
    """The first name that is not to be used, and so not to be imported either."""
    targets = () if imported.level else targets_of(imported, place.path)
    return next((n for n in targets if is_refused(n, rule.pattern, lambda name: True)), None)


def _own_module(rule: Rule, imported: Imported, place: Place) -> str | None:
    """A module of the app itself that is imported as if it were installed."""
    top = imported.module.partition(".")[0]
    if imported.level or _is_known(imported, place):
        return None
    return top if place.has_file(f"{top}.py") or place.has_file(f"{top}/__init__.py") else None


def _not_installed(rule: Rule, imported: Imported, place: Place) -> str | None:
    """A module that a release does not have."""
    if imported.level or imported.typing_only or _is_known(imported, place):
        return None
    return imported.module.partition(".")[0]


def _is_known(imported: Imported, place: Place) -> bool:
    top = imported.module.partition(".")[0]
    if top in ("app", CLIENT_APPS) or top in sys.stdlib_module_names or imported.optional:
        return True
    try:
        return is_installed(top, place.root)
    except NoRequirements:
        return True  # a break of its own


def _names_module(name: str, place: Place) -> bool:
    """Tell whether a text means a module: all parts but the last, at least, are ours."""
    if name.partition(".")[0] == CLIENT_APPS:
        return True
    around = name.rpartition(".")[0]
    return place.is_module(name) or ("." in around and place.is_module(around))


_CHECKERS: dict[str, Callable[[Rule, Imported, Place], str | None]] = {
    "imports": _forbidden,
    "names": _forbidden_name,
    "own-module": _own_module,
    "installed": _not_installed,
}
