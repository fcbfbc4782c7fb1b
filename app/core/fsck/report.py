"""What a check of the code store and the tables of installed apps found."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any


class Kind(StrEnum):
    """What can be wrong. The last five harm nobody."""

    PACKAGE_MISSING = "package missing"
    PACKAGE_DAMAGED = "package damaged"
    BUNDLE_MISSING = "bundle missing"
    BUNDLE_DAMAGED = "bundle damaged"
    CURRENT_UNUSABLE = "current version unusable"
    NUMBERS = "numbers of versions"
    DANGLING = "dangling rows"
    WRONG_STORE = "wrong store"
    ORPHAN = "orphan"
    LEFTOVER = "leftover"
    STRANGER = "stranger"
    LEFT_FOLDER = "left folder"
    LINK = "link"


_HARMLESS = frozenset({Kind.ORPHAN, Kind.LEFTOVER, Kind.STRANGER, Kind.LEFT_FOLDER, Kind.LINK})


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong.

    Attributes:
        kind: what sort of thing.
        what: what is affected: an app's version, a digest, a table.
        message: what is wrong, for people.
        repair: what repairing does, or what the operator has to do; "" if nothing helps.
        repaired: whether it was repaired.
    """

    kind: Kind
    what: str
    message: str
    repair: str
    repaired: bool = False

    @property
    def is_harmless(self) -> bool:
        """Whether it only takes up space."""
        return self.kind in _HARMLESS


@dataclass(frozen=True, slots=True)
class Report:
    """What was looked at, and what was found.

    Attributes:
        versions, bundles: rows whose content was read and compared with its digest.
        contents: how many contents there are in the code store, and `size`, bytes of all of them.
    """

    versions: int
    bundles: int
    contents: int
    size: int
    findings: tuple[Finding, ...]

    @property
    def is_sound(self) -> bool:
        """Whether nothing is left that harms anybody."""
        return all(finding.repaired or finding.is_harmless for finding in self.findings)

    def as_dict(self) -> dict[str, Any]:
        """The report as a JSON object."""
        return {**asdict(self), "sound": self.is_sound}
