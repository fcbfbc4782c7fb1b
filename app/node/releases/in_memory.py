"""The versions that are in memory on this node."""

from __future__ import annotations

from collections.abc import Collection
from weakref import WeakValueDictionary

from app.cell.loading import assets
from app.cell.loading.version import Version
from app.node.releases.standing import Loaded
from app.sdk.scope import AppInfo
from app.source.app_source import AppSource


class VersionsInMemory:
    """Holds versions, by app and number: `Loads` brings them, `Releases` drops them."""

    def __init__(self) -> None:
        self._loaded: dict[tuple[str, int], Loaded] = {}
        # Of all versions whose code may run: those that are loaded, and former ones until they end.
        self._sources = WeakValueDictionary[tuple[str, int], AppSource]()

    def get(self, app_id: str, number: int | None) -> Loaded | None:
        """Return a version that is loaded."""
        return self._loaded.get((app_id, number or 0))

    def of(self, app_id: str) -> list[Version]:
        """Return the versions of an app that are loaded; may be called from any thread."""
        return [one.version for (owner, _), one in list(self._loaded.items()) if owner == app_id]

    def asset_url(self, app: AppInfo, name: str) -> str:
        """Return the address of an asset of exactly the version that asks.

        Raises:
            FileNotFoundError: the version has no such file.
        """
        return assets.asset_url(self._source_of(app), name)

    def beside_url(self, app: AppInfo, path: str) -> str:
        """Return the address of a file beside the code of the version that asks.

        Raises:
            FileNotFoundError: the version has no such file, or it is code.
        """
        return assets.beside_url(self._source_of(app), path)

    def _source_of(self, app: AppInfo) -> AppSource:
        source = self._sources.get((app.id, app.number))
        if source is None:
            raise FileNotFoundError(f"version {app.number} of {app.id} is gone")
        return source

    def coming(self, app_id: str, number: int, source: AppSource) -> None:
        """Note that code of a version is about to run: it may ask for its assets."""
        self._sources[app_id, number] = source

    def keep(self, loaded: Loaded) -> None:
        """Keep a version that was loaded."""
        self._loaded[loaded.version.info.id, loaded.number] = loaded

    def drop(self, loaded: Loaded) -> None:
        """Drop a version."""
        self._loaded.pop((loaded.version.info.id, loaded.number), None)

    def keep_only(self, app_id: str, numbers: Collection[int | None] = ()) -> list[Version]:
        """Drop the other versions of an app, and return them."""
        gone = [k for k in self._loaded if k[0] == app_id and k[1] not in numbers]
        return [self._loaded.pop(key).version for key in gone]
