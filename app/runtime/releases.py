"""What serves as the catalog of a node: a folder in development, installed apps in production."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from app.runtime.catalog import AppRecord, Catalog
from app.runtime.module import AppModule
from app.runtime.problems import Problem
from app.runtime.version import Version
from app.sdk.scope import AppInfo


class Followers(Protocol):
    """What follows the changes of what is served: open pages."""

    async def coming(self, app_id: str, module: AppModule) -> None:
        """Hear of the module of an app's next version, while the version is loaded."""
        ...

    async def switched(
        self, record: AppRecord, previous: Version | None, *, shown: bool = True
    ) -> None:
        """Hear that an app changed.

        Args:
            record: the app as it is now.
            previous: the version that it served before, or another that is not served any more.
            shown: whether open pages of the app show anything of what changed.
        """
        ...


class Releases(Protocol):
    """Knows the apps and loads their versions."""

    @property
    def catalog(self) -> Catalog:
        """The apps of the moment."""
        ...

    async def start(self) -> None:
        """Read which apps there are; called once, before anything is served."""
        ...

    async def version_of(self, app_id: str, number: int | None = None) -> Version:
        """Return the current version of an app or the one with a number, loading it if needed.

        Raises:
            AppError: it does not load, or there is none.
        """
        ...

    async def expect(self, app_id: str, number: int) -> None:
        """Hear that a version will be served to everybody in a moment, if nothing stops it: open
        pages may fetch what they will need. None of its code runs.
        """
        ...

    async def folder_of(self, app_id: str, number: int | None = None) -> Path:
        """Return the folder with the files of an app's current version or the one with a number.
        Nothing is loaded for it.

        Raises:
            AppError: there is none, or it cannot be read.
        """
        ...

    async def changed(self, app_ids: Sequence[str]) -> None:
        """Bring apps in step with where they come from, in every open page."""
        ...

    def asset_url(self, app: AppInfo, name: str) -> str:
        """Return the address of an asset of exactly the version that asks.

        Raises:
            FileNotFoundError: the version has no such file.
        """
        ...

    def note_failure(self, app_id: str, problems: tuple[Problem, ...]) -> None:
        """Record that sessions could not be moved to the version that was just loaded."""
        ...

    def versions_of(self, app_id: str) -> list[Version]:
        """Return the versions of an app that are loaded."""
        ...
