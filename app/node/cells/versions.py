"""Versions whose code runs in a cell: what a server knows of them."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from app.bridge.compiling.named_events import NamedEvents
from app.bridge.sockets.without_sockets import events_of, stand_in
from app.bridge.states.core_states import Touches
from app.bridge.states.instances import StateTree
from app.bridge.types import RegistrationContext
from app.cell.compiling.bundle import Bundle
from app.cell.loading.version import LoadedVersion, PageInfo
from app.cell.serving.messages import Facts
from app.node.cells.remote import RemoteCell
from app.sdk.scope import AppInfo
from app.source.app_source import AppSource
from app.source.metadata import read_metadata
from app.source.url_templates import compile_routes


@dataclass(eq=False, kw_only=True)
class VersionInCell(LoadedVersion):
    """A version that runs in a cell.

    Attributes:
        cell: where it runs.
        facts: what the cell tells of it.
    """

    cell: RemoteCell
    facts: Facts


class _NoPackage:
    """No module of the version is in this process."""

    modules: Mapping[str, Any] = {}

    end: Callable[[], None]

    def make_newest(self) -> None:
        """There is nothing to do."""

    def forget(self) -> None:
        """End the process."""
        self.end()


def version_in_cell(
    source: AppSource,
    number: int,
    facts: Facts,
    bundle: Bundle,
    cell: RemoteCell,
    core: RegistrationContext,
) -> VersionInCell:
    """Return a version that a cell has loaded. The cell ends with it, at the latest."""
    entry: Any = SimpleNamespace(
        name=facts.name,
        frame=facts.frame,
        capabilities=facts.capabilities,
        settings=facts.has_settings or None,
        upgrade=None,
    )
    package: Any = _NoPackage()
    version = VersionInCell(
        info=AppInfo(id=source.id, url=facts.url, version=facts.version, number=number),
        source=source,
        metadata=read_metadata(source),
        entry=entry,
        package=package,
        registration=core,
        touches=Touches(),
        tree=StateTree({}, ()),
        handlers={
            name: stand_in(one.title, is_background=one.background, supersedes=one.supersedes)
            for name, one in facts.handlers.items()
        },
        open_events=NamedEvents(facts.open_events, facts.open_vars),
        routes=compile_routes(facts.pages),
        pages={
            template: PageInfo(page.title, events_of(page.on_load))
            for template, page in facts.pages.items()
        },
        module=bundle.module,
        storage=facts.storage,
        asset_base=facts.asset_base,
        stylesheets=facts.stylesheets,
        on_settings=events_of(facts.on_settings),
        on_resume=events_of(facts.on_resume),
        origins=facts.origins,
        appearance=facts.appearance,
        cell=cell,
        facts=facts,
    )
    known = weakref.ref(version)
    package.end = lambda: found.cell.close() if (found := known()) is not None else None
    weakref.finalize(version, cell.close).atexit = False
    return version
