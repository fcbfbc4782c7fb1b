"""Lock files: every distribution that is installed, with the digests of its files."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from packaging.requirements import Requirement

_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")


@dataclass(frozen=True)
class Locked:
    """One distribution: name, version, when it is wanted, and the SHA-256 of each of its files."""

    requirement: Requirement
    digests: tuple[str, ...]

    @property
    def name(self) -> str:
        """Name of the distribution."""
        return self.requirement.name

    @property
    def version(self) -> str:
        """The one version."""
        return str(self.requirement.specifier).removeprefix("==")

    def is_wanted(self, environment: Mapping[str, str]) -> bool:
        """Tell whether a machine installs it; `environment` has what markers may ask for."""
        marker = self.requirement.marker
        return marker is None or marker.evaluate(dict(environment))

    def __str__(self) -> str:
        """As pip reads it, for whichever machine."""
        hashes = " ".join(f"--hash=sha256:{digest}" for digest in self.digests)
        return f"{self.name}=={self.version} {hashes}\n"


def read_lock(file: Path) -> tuple[Locked, ...]:
    """Return what a lock file names."""
    entries = file.read_text("utf-8").replace("\\\n", " ").splitlines()
    return tuple(_locked(entry) for entry in entries if entry.strip() and entry[0] != "#")


def write_lock(file: Path, entries: Iterable[Locked]) -> None:
    """Write a lock file that holds on every machine."""
    file.write_text("".join(map(str, entries)), "utf-8")


def _locked(entry: str) -> Locked:
    requirement, _, hashes = entry.partition("--hash=")
    return Locked(Requirement(requirement), tuple(_HASH.findall(f"--hash={hashes}")))
