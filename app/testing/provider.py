"""The client apps of a test: as it saves them, what it grants them, and the versions before."""

from __future__ import annotations

import shutil
from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path

from app.cell.loading.version import Version
from app.node.releases.folder import AppsFolder
from app.node.releases.provider import Offer
from app.testing.ignored import NOT_COPIED


class TestedApps(AppsFolder):
    """A folder of client apps in which a test plays the author and the administrator.

    Args:
        root: the folder.
        kept: an empty folder for the files of versions.
        granted: the capabilities of all apps; None: everything, as in development.
    """

    def __init__(self, root: Path, kept: Path, granted: Collection[str] | None) -> None:
        super().__init__(root)
        self.root = root
        self._kept = kept
        self._granted = granted
        self._granted_to: dict[str, frozenset[str]] = {}
        self._served: dict[str, int] = {}
        self._newest: dict[str, int] = {}
        self._back_to: dict[str, int] = {}

    def grant(self, app_id: str, capabilities: Collection[str]) -> None:
        """Grant an app these capabilities and no others."""
        self._granted_to[app_id] = frozenset(capabilities)

    def go_back(self, app_id: str) -> None:
        """Offer the version before the one that is served, under its number.

        Raises:
            LookupError: there is none.
        """
        number = self._served.get(app_id, 0) - 1
        files = self._kept / app_id / str(number)
        if not files.is_dir():
            raise LookupError(f"{app_id} has no version before this one: swap it first")
        shutil.rmtree(self.root / app_id)
        shutil.copytree(files, self.root / app_id)
        self._back_to[app_id] = number

    async def all(self) -> Sequence[Offer]:
        """See `Provider.all`."""
        offers = await super().all()
        return [
            self._ruled(replace(offer, current=self._served.get(offer.id, offer.current)))
            for offer in offers
        ]

    async def one(self, app_id: str) -> Offer | None:
        """See `Provider.one`."""
        offer = await super().one(app_id)
        return self._ruled(self._numbered(offer)) if offer is not None else None

    async def loaded(self, version: Version, *, compiled: bool) -> None:
        """See `Provider.loaded`."""
        await super().loaded(version, compiled=compiled)
        app_id, number = version.info.id, version.info.number
        self._served[app_id] = number
        self._newest[app_id] = max(number, self._newest.get(app_id, 0))
        self._back_to.pop(app_id, None)
        files = self._kept / app_id / str(number)
        if not files.exists():
            shutil.copytree(self.root / app_id, files, ignore=NOT_COPIED)

    def _numbered(self, offer: Offer) -> Offer:
        if offer.id in self._back_to:
            return replace(offer, current=self._back_to[offer.id])
        if offer.current == self._served.get(offer.id):
            return offer
        return replace(offer, current=self._newest.get(offer.id, 0) + 1)

    def _ruled(self, offer: Offer) -> Offer:
        granted = self._granted_to.get(offer.id, self._granted)
        if granted is None:
            return offer
        return replace(offer, access=replace(offer.access, granted=frozenset(granted)))
