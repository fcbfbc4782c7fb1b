"""What a release has installed: what requirements.txt names, and all that this requires."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache, lru_cache
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement

from app.rules.rulebook import ROOT

REQUIREMENTS = "requirements.txt"


class NoRequirements(Exception):
    """There is no requirements file, so nobody can say what an app may import."""


@lru_cache(maxsize=4096)
def is_installed(module: str, root: Path = ROOT) -> bool:
    """Whether a release has the top-level module.

    The environment of a running process does not change, so what was found out is remembered.

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
def _installed_modules(required: tuple[Requirement, ...]) -> frozenset[str]:
    """Top-level modules of the required distributions and of all that they require."""
    wanted = _closure(required)
    return frozenset(
        module
        for module, distributions in metadata.packages_distributions().items()
        if any(_canonical(name) in wanted for name in distributions)
    )


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
