"""One loaded version of a client app: everything that serving it needs."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from app.bridge.compiling.named_events import NamedEvents
from app.bridge.states.core_states import Touches
from app.bridge.states.instances import StateTree
from app.bridge.types import RegisteredEventHandler, RegistrationContext
from app.cell.compiling.es_module import AppModule
from app.cell.loading.importer import ImportedPackage
from app.sdk.entry import DynamicApp
from app.sdk.scope import AppInfo
from app.source.app_source import AppSource
from app.source.metadata import AppMetadata
from app.source.url_templates import Params, Routes

NOT_FOUND = "/404"
"""Url template of the page that an app shows where it has none, as in Reflex."""


@dataclass(frozen=True)
class PageInfo:
    """What the server needs of a page besides its compiled component.

    Attributes:
        title: the document's; None where it is a var, which the page itself sets.
        on_load: events to run when it is opened.
    """

    title: str | None
    on_load: tuple[Any, ...]


@dataclass(eq=False)
class LoadedVersion:
    """A dynamic app, imported and compiled. Compared by identity; never changed after loading.

    Attributes:
        info: id, url, author's version and deployment number.
        entry: the app's AppEntry class.
        registration: Reflex's registry with the core's states and this version's.
        touches: what its states depend on in the core's states.
        tree: its state classes.
        handlers: its event handlers by full event name, all that the app itself may run.
        open_events: those that browsers may send: declared ones, and those that its pages name.
        storage: its cookies, local and session storage entries.
        on_settings: event handlers to run in open pages when settings changed.
        on_resume: event handlers to run in tabs in which something of the app was cut.
        origins: other servers that its pages ask to load from.
        tasks: its event handlers that run at the moment.
    """

    info: AppInfo
    source: AppSource
    metadata: AppMetadata
    entry: type[DynamicApp]
    package: ImportedPackage
    registration: RegistrationContext
    touches: Touches
    tree: StateTree
    handlers: Mapping[str, RegisteredEventHandler]
    open_events: NamedEvents
    routes: Routes
    pages: Mapping[str, PageInfo]
    module: AppModule
    storage: Mapping[str, Mapping[str, Any]]
    asset_base: str
    stylesheets: tuple[str, ...]
    on_settings: tuple[Any, ...] = ()
    on_resume: tuple[Any, ...] = ()
    origins: tuple[str, ...] = ()
    appearance: str | None = None
    tasks: set[asyncio.Task[Any]] = field(default_factory=set)

    def page_at(self, below: str) -> tuple[str, Params] | None:
        """Return the url template of the page at a path below the app's route, and the parameters
        in it; of what is nowhere, the app's own page for that, if it has one.
        """
        own: tuple[str, Params] | None = (NOT_FOUND, {}) if NOT_FOUND in self.pages else None
        return self.routes.resolve(below) or own

    @property
    def has_storage(self) -> bool:
        """Whether some var of the app lives in the browser's storage."""
        return any(self.storage.values())


@dataclass(frozen=True, eq=False)
class StaticVersion:
    """A static app: a folder with `index.html`, served as it is."""

    info: AppInfo
    source: AppSource
    metadata: AppMetadata
    root: Path
    origins: tuple[str, ...] = ()


Version = LoadedVersion | StaticVersion


def make_newest(version: Version) -> None:
    """Let `sys.modules` answer with the modules of a version, which is the one that is served."""
    if isinstance(version, LoadedVersion):
        version.package.make_newest()
