"""What a release has installed: what requirements.txt names, and all that this requires.

It is read once, and anew when somebody pins or installs something while the server runs (`look`).
What this process has imported already it cannot take in another version: `changed_since_import`.
"""

from __future__ import annotations

import importlib
import os
import re
import sys
import threading
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, lru_cache
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement

from app.rules.rulebook import ROOT

REQUIREMENTS = "requirements.txt"

Stamp = tuple[tuple[int, int], ...]


class NoRequirements(Exception):
    """There is no requirements file, so nobody can say what an app may import."""


@dataclass
class _Seen:
    """What was there at the last look.

    Attributes:
        stamps: of each root, when its requirements or what is installed changed last.
        versions: of each distribution; of one that is imported, the version that was.
        changed: those that are imported in another version than is installed: both versions.
    """

    stamps: dict[Path, Stamp] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)
    changed: dict[str, tuple[str, str]] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)


_seen = _Seen()


def look(root: Path = ROOT) -> bool:
    """Look whether something was pinned or installed since the last look; return whether it was.

    It costs a look at the dates of a few folders, so it may be asked before each load of an app.
    """
    now = stamp(root)
    with _seen.lock:
        before = _seen.stamps.get(root)
        if before == now:
            return False
        _seen.stamps[root] = now
        if before is None and _seen.versions:
            return False
        if before is not None:
            # Python remembers which modules a folder has, too.
            importlib.invalidate_caches()
            for remembered in (is_installed, required_by, _installed_modules, provided_by):
                remembered.cache_clear()
        _note_versions()
    return before is not None


def stamp(root: Path = ROOT) -> Stamp:
    """Return what differs after something was pinned, installed or removed."""
    folders = [Path(entry) for entry in sys.path if entry]
    return tuple(_dated(path) for path in (root / REQUIREMENTS, *folders) if path != root)


def changed_since_import(module: str) -> tuple[str, str, str] | None:
    """Return name, running and installed version of the distribution of a top-level module, if this
    process imported the module before that version was installed.
    """
    if not _seen.changed or not is_imported(module):
        return None
    for name in provided_by().get(module, ()):
        if name in _seen.changed:
            return name, *_seen.changed[name]
    return None


def is_imported(module: str) -> bool:
    """Whether this process has imported a module."""
    return module in sys.modules


def installed_version(distribution: str) -> str:
    """Return which version of a distribution is installed at this moment; "" if none is."""
    return _versions().get(_canonical(distribution), "")


@lru_cache(maxsize=4096)
def is_installed(module: str, root: Path = ROOT) -> bool:
    """Whether a release has the top-level module.

    Raises:
        NoRequirements: the checkout or release in `root` has no requirements.txt.
    """
    required = required_by(root)
    if _canonical(module) in {_canonical(r.name) for r in required}:
        # Most modules are called like their distribution: no need to read what is installed.
        return True
    return module in _installed_modules(required)


@cache
def required_by(root: Path) -> tuple[Requirement, ...]:
    """The requirements in `root` that hold on this machine; raises NoRequirements."""
    file = root / REQUIREMENTS
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise NoRequirements(f"{file} cannot be read ({error.strerror})") from error
    # Hashes may follow, on the same line or on lines of their own.
    plain = (line.partition("#")[0].partition(" --")[0].strip(" \t\\") for line in lines)
    found = (Requirement(line) for line in plain if line and not line.startswith("-"))
    return tuple(r for r in found if r.marker is None or r.marker.evaluate())


@cache
def provided_by() -> Mapping[str, tuple[str, ...]]:
    """Top-level module -> canonical names of the distributions here that install it."""
    return {
        module: tuple(sorted({_canonical(name) for name in names}))
        for module, names in metadata.packages_distributions().items()
    }


@cache
def _installed_modules(required: tuple[Requirement, ...]) -> frozenset[str]:
    """Top-level modules of the required distributions and of all that they require."""
    wanted = _closure(required)
    provided = provided_by().items()
    return frozenset(module for module, names in provided if not wanted.isdisjoint(names))


def _closure(required: Iterable[Requirement]) -> frozenset[str]:
    """Canonical names of the required distributions and of all that they require here."""
    wanted: set[tuple[str, str]] = set()
    waiting = list(required)
    while waiting:
        requirement = waiting.pop()
        for extra in ("", *requirement.extras):
            key = (_canonical(requirement.name), extra)
            if key not in wanted:
                wanted.add(key)
                waiting.extend(_required_for(requirement.name, extra))
    return frozenset(name for name, _ in wanted)


def _required_for(distribution: str, extra: str) -> Iterator[Requirement]:
    """What a distribution requires for an extra ("" for none); nothing if not installed."""
    try:
        lines = metadata.requires(distribution) or ()
    except metadata.PackageNotFoundError:
        return
    for line in lines:
        requirement = Requirement(line)
        if requirement.marker is None or requirement.marker.evaluate({"extra": extra}):
            requirement.marker = None
            yield requirement


def _canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _note_versions() -> None:
    """Note which version each distribution has, and which are imported in another."""
    installed = _versions()
    others = {n for n, v in _seen.versions.items() if installed.get(n, v) != v}
    imported = {
        name
        for module, names in (provided_by().items() if others else ())
        if is_imported(module)
        for name in names
    }
    _seen.changed = {n: (_seen.versions[n], installed[n]) for n in others & imported}
    _seen.versions |= {n: v for n, v in installed.items() if n not in _seen.changed}


def _versions() -> dict[str, str]:
    """Canonical names of all distributions here, with their versions, by the names of folders: to
    read what each of them says takes a hundred times as long.
    """
    found: dict[str, str] = {}
    for folder in sys.path:
        try:
            names = os.listdir(folder or ".")
        except OSError:
            continue
        for name in names:
            stem, _, ending = name.rpartition(".")
            distribution, _, version = stem.partition("-")
            if ending == "dist-info" and version:
                found.setdefault(_canonical(distribution), version)
    return found


def _dated(path: Path) -> tuple[int, int]:
    try:
        found = path.stat()
    except OSError:
        return 0, 0
    return found.st_mtime_ns, found.st_size
