"""The catalog: which apps there are, under which url, in which version, and what is wrong with
them.

A `Catalog` is immutable. Whoever changes it makes a new one and the node switches to it in one
assignment, so that everybody sees an old or a new state and never half of each.
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from types import MappingProxyType

from app.cell.loading.version import LoadedVersion, StaticVersion, Version
from app.kernel.actor import Actor
from app.node.releases.access import OPEN, Access
from app.source.metadata import AppMetadata, default_url
from app.source.problems import Problem

_serials = itertools.count(1)


@dataclass(frozen=True)
class Failure:
    """Why the newest source of an app is not the version that runs."""

    problems: tuple[Problem, ...]
    at: datetime


@dataclass(frozen=True)
class AppRecord:
    """One app as this node has it: in a folder on disk, or of the store.

    Attributes:
        root: its folder.
        metadata: what entry.py says, read without running it.
        version: the version that is served; None until the first opening, or when none ever worked.
        number: deployment number of the newest version that was loaded.
        failure: set when the newest source could not be loaded; the last good version goes on.
        loaded_at: when `version` was loaded.
        load_ms: how long loading it took, in milliseconds.
        access: who may use it, in which version.
        released: whether there is a version for everybody who may use it; before, there may be
            previews.
        fell: whether there was one, until none could be loaded.
    """

    id: str
    root: Path
    metadata: AppMetadata
    version: Version | None = None
    number: int = 0
    failure: Failure | None = None
    loaded_at: datetime | None = None
    load_ms: float | None = None
    access: Access = OPEN
    released: bool = True
    fell: bool = False

    @property
    def url(self) -> str:
        """The last part of the route."""
        if self.version is not None:
            return self.version.info.url
        return self.metadata.url or default_url(self.id)

    @property
    def name(self) -> str:
        """The friendly name."""
        return (self.version.metadata if self.version else self.metadata).name or self.id

    @property
    def kind(self) -> str:
        """ "dynamic" or "static"."""
        if isinstance(self.version, StaticVersion):
            return "static"
        return "dynamic" if self.version else (self.metadata.kind or "dynamic")

    @property
    def may_load_elsewhere(self) -> bool:
        """Whether its pages may load from other servers, as far as that is known: what a version
        asks for is known only once it is loaded. Such an app has documents of its own.
        """
        if self.access.granted is not None:
            return bool(self.access.origins)
        asked = self.version.origins if self.version is not None else self.metadata.origins
        return asked is None or bool(asked)

    def is_for(self, actor: Actor, opened: str | None = None) -> bool:
        """Tell whether `actor`, who may have opened the preview `opened`, gets a version."""
        if not self.access.allows(actor):
            return False
        return self.released or self.access.preview_for(actor, opened) is not None

    def has_fallen_for(self, actor: Actor) -> bool:
        """Tell whether `actor` may have the app, and could until none of its versions loaded."""
        return self.fell and not self.released and self.access.allows(actor)

    def looks_like(self, before: AppRecord | None) -> bool:
        """Tell whether open pages show the same as before: something was uploaded, for example."""
        return before is not None and (
            (self.version, self.number, self.metadata, self.access, self.failure, self.fell)
            == (
                *(before.version, before.number, before.metadata),
                *(before.access, before.failure, before.fell),
            )
        )

    def changed(self, **fields: object) -> AppRecord:
        """Return the record with some fields replaced."""
        return dataclasses.replace(self, **fields)  # type: ignore[arg-type]


@dataclass(frozen=True)
class Catalog:
    """All apps, by id and by url. `serial` names it without keeping it alive."""

    apps: Mapping[str, AppRecord] = field(default_factory=lambda: MappingProxyType({}))
    by_url: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    serial: int = field(default_factory=_serials.__next__, compare=False, repr=False)

    @staticmethod
    def of(records: Iterable[AppRecord]) -> Catalog:
        """Make a catalog; of two apps with one url, one that works keeps it, else the lower id."""
        apps = {record.id: record for record in sorted(records, key=lambda r: r.id)}
        by_url: dict[str, str] = {}
        for record in sorted(apps.values(), key=_claim):
            by_url.setdefault(record.url, record.id)
        return Catalog(MappingProxyType(apps), MappingProxyType(by_url))

    def __iter__(self) -> Iterator[AppRecord]:
        return iter(self.apps.values())

    def get(self, app_id: str) -> AppRecord | None:
        """Return the app with this id."""
        return self.apps.get(app_id)

    def at_url(self, url: str) -> AppRecord | None:
        """Return the app at `/apps/<url>`."""
        return self.apps.get(self.by_url.get(url, ""))

    def usable(self, app_id: str, actor: Actor) -> AppRecord | None:
        """Return the app if it is enabled and `actor` may use it."""
        record = self.apps.get(app_id)
        usable = record is not None and record.access.enabled and record.access.allows(actor)
        return record if usable else None

    def visible_to(self, actor: Actor) -> list[AppRecord]:
        """Return the apps that `actor` finds without having been given a link."""
        return [record for record in self if record.is_for(actor)]

    def loaded(self, app_id: str) -> LoadedVersion | None:
        """Return the dynamic version that is served, if it is loaded."""
        record = self.apps.get(app_id)
        version = record.version if record else None
        return version if isinstance(version, LoadedVersion) else None

    def taken_urls(self, app_id: str) -> Mapping[str, str]:
        """Return url -> app id of all other apps."""
        return {url: owner for url, owner in self.by_url.items() if owner != app_id}

    def with_record(self, record: AppRecord) -> Catalog:
        """Return a catalog in which `record` stands for its app."""
        return Catalog.of([*(r for r in self.apps.values() if r.id != record.id), record])

    def without(self, app_id: str) -> Catalog:
        """Return a catalog without the app."""
        return Catalog.of(r for r in self.apps.values() if r.id != app_id)


def _claim(record: AppRecord) -> tuple[bool, bool, str]:
    """Order apps by how good their claim to a url is."""
    return record.version is None, record.failure is not None, record.id
