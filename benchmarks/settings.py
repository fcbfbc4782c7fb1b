"""What every measure gets."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Settings:
    """How a run is made.

    Attributes:
        work: an empty temporary folder of the measure's own.
        kept: a folder that stays for the next run (built front ends, peers).
        quick: take few samples, only to see that everything works.
        say: tells the person who waits what happens.
    """

    work: Path
    kept: Path
    quick: bool
    say: Callable[[str], None]

    def samples(self, full: int, quick: int) -> int:
        """Return how many samples to take."""
        return quick if self.quick else full
