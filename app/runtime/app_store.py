"""What the runtime asks of whoever stores installed apps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from app.runtime.access import Access
from app.runtime.bundle import Bundle
from app.runtime.catalog import AppRecord
from app.runtime.metadata import AppMetadata
from app.runtime.problems import Problem
from app.runtime.version import LoadedVersion


@dataclass(frozen=True)
class Installed:
    """One installed app, as the database has it.

    Attributes:
        metadata: what the current version's manifest says.
        current: number of the version that is served; None before the first promotion.
        digests: number -> digest of the version's source, of every version that may be served.
        access: who may use it.
        load_at_boot: whether it is loaded before anybody opens it.
    """

    id: str
    metadata: AppMetadata
    current: int | None
    digests: Mapping[int, str]
    access: Access
    load_at_boot: bool = False

    def record(self) -> AppRecord:
        """Return what the catalog says of the app while no version of it is loaded."""
        return AppRecord(
            id=self.id,
            root=Path(),
            metadata=self.metadata,
            number=self.current or 0,
            access=self.access,
            released=self.current is not None,
        )


class AppStore(Protocol):
    """Where installed apps come from."""

    async def all(self) -> Sequence[Installed]:
        """Return every installed app."""
        ...

    async def one(self, app_id: str) -> Installed | None:
        """Return an app; None when it is not installed (any more)."""
        ...

    async def folder(self, app_id: str, number: int, *, anew: bool = False) -> Path:
        """Return a folder `…/<client>/<app>` with the files of a version, those of its package.

        They are unpacked once, or `anew`.

        Raises:
            AppError: its package is missing or damaged.
        """
        ...

    async def bundle(self, app_id: str, number: int, *, only_ready: bool = False) -> Bundle | None:
        """Return what compiling the version yielded on this kind of server, if it is stored; with
        `only_ready` not of a version that cannot be promoted.
        """
        ...

    async def keep_bundle(self, app_id: str, number: int, version: LoadedVersion) -> None:
        """Store what compiling the version yielded."""
        ...

    async def failed(self, app_id: str, number: int, problems: Sequence[Problem]) -> None:
        """Record that a version does not load."""
        ...


def nothing_served(app_id: str) -> Problem:
    """Say that an app has no version for everybody."""
    return _problem(
        app_id, "no version of the app is served", remedy="An administrator promotes one."
    )


def damaged(app_id: str, number: int) -> Problem:
    """Say that the unpacked files of a version are others than those of its package."""
    return _problem(
        app_id,
        f"the stored files of version {number} are not those that were uploaded",
        remedy="Run `python -m app fsck`, and upload the package again.",
    )


def _problem(app_id: str, message: str, *, remedy: str) -> Problem:
    return Problem(app_id, "load", file="", line=None, message=message, remedy=remedy)
