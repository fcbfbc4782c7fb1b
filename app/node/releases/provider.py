"""Where apps come from: a folder in development, a store of numbered versions in production."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from app.cell.compiling.bundle import Bundle
from app.cell.loading.version import Version
from app.node.releases.access import OPEN, Access
from app.source.app_source import AppSource
from app.source.metadata import AppMetadata
from app.source.problems import Problem


@dataclass(frozen=True)
class Offer:
    """What a provider has of one app at the moment.

    Attributes:
        metadata: what is known of the version to be served before it is loaded.
        current: number of the version to be served; None when there is none for everybody.
        root: the app's folder, where the app is edited; else the empty path.
        access: who may use it.
        load_at_boot: whether it is loaded before anybody opens it.
        problems: what is wrong with it, as far as that is known without loading it.
        revision: grows with every change of the app, where changes are counted.
        fell: whether people had it, until none of its versions could be loaded.
    """

    id: str
    metadata: AppMetadata
    current: int | None
    root: Path = Path()
    access: Access = OPEN
    load_at_boot: bool = False
    problems: tuple[Problem, ...] = ()
    revision: int = 0
    fell: bool = False


class Provider(Protocol):
    """Where apps come from.

    Attributes:
        for_developers: whether somebody works on the apps here and looks on: what changed is
            loaded at once, although nobody may have it open, and every load is told.
    """

    for_developers: bool

    async def all(self) -> Sequence[Offer]:
        """Return every app; none of them is read as a whole."""
        ...

    async def one(self, app_id: str) -> Offer | None:
        """Return an app as it is now; None when it is not there (any more)."""
        ...

    async def files(self, app_id: str, number: int) -> AppSource:
        """Return the files of a version.

        Raises:
            AppError: they are not those of a version, or cannot be those of an app.
            NotNow: they cannot be read at the moment.
        """
        ...

    async def folder(self, app_id: str, number: int) -> Path:
        """Return a folder `…/<client>/<app>` with the files of a version.

        Raises:
            AppError: there is none, or it cannot be read.
        """
        ...

    async def bundle(self, app_id: str, number: int, *, only_ready: bool = False) -> Bundle | None:
        """Return what compiling the version yielded on this kind of server, if it is stored; with
        `only_ready` not of a version that cannot be promoted.
        """
        ...

    async def loaded(self, version: Version, *, compiled: bool) -> None:
        """Hear that a version was loaded, and whether it had to be compiled."""
        ...

    async def failed(self, app_id: str, number: int, problems: Sequence[Problem]) -> None:
        """Hear that a version does not load, through its own fault. Whoever asks for the app again
        may be offered another one.
        """
        ...
