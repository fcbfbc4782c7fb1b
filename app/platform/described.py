"""What readers are told of an app: derived here once; pages, API and commands only present it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.kernel.actor import Actor


class Standing(StrEnum):
    """What an app is at the moment, in the words of pages and commands."""

    DELETED = "deleted"
    OFF = "off"
    FAILING = "failing"
    NEW = "not promoted yet"
    ON = "on"


def standing_of(*, deleted: bool, enabled: bool, promoted: bool, failing: bool = False) -> Standing:
    """Return what an app is; what is decided about it comes before how it does."""
    if deleted:
        return Standing.DELETED
    if not enabled:
        return Standing.OFF
    if failing:
        return Standing.FAILING
    return Standing.ON if promoted else Standing.NEW


@dataclass(frozen=True, slots=True)
class Viewers:
    """How many people have an app open now, and in how many pages."""

    people: int
    pages: int

    @classmethod
    def of(cls, actors: Collection[Actor]) -> Viewers:
        """Count them; there is an actor for each page."""
        return cls(len({actor.user.id for actor in actors}), len(actors))

    def __str__(self) -> str:
        if not self.pages:
            return "Nobody has it open."
        people = "1 person has" if self.people == 1 else f"{self.people} people have"
        return f"{people} it open, in {'1 page' if self.pages == 1 else f'{self.pages} pages'}."


def size_of(count: int) -> str:
    """Return a number of bytes as people read it, with three digits."""
    size, unit = float(count), "bytes"
    for larger in ("kB", "MB", "GB", "TB"):
        if size < 1024:
            break
        size, unit = size / 1024, larger
    return f"{size:,.0f} {unit}" if unit == "bytes" or size >= 100 else f"{size:.3g} {unit}"


def preview_link(url: str, token: str) -> str:
    """Return the address of a preview of the app at `url`, on the origin of the apps."""
    return f"/apps/{url}?preview={token}"
