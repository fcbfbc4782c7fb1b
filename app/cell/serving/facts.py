"""What a server needs to know of a version that is loaded in a cell, as data."""

from __future__ import annotations

from collections.abc import Mapping

from app.bridge.sockets.file_uploads import takes_files
from app.bridge.sockets.without_sockets import plain
from app.bridge.types import BaseState
from app.cell.loading.version import LoadedVersion
from app.cell.serving.messages import Described, Facts, HandlerFacts, PageFacts
from app.cell.values.upgrading import StateName, rewrites
from app.source.problems import Problem


def facts_of(version: LoadedVersion, milliseconds: Mapping[str, float]) -> Facts:
    """Return the facts of a version."""
    entry = version.entry
    return Facts(
        url=version.info.url,
        version=version.info.version,
        name=entry.name,
        frame=entry.frame,
        capabilities=frozenset(entry.capabilities),
        origins=version.origins,
        handlers={
            name: HandlerFacts(
                title=one.handler.fn.__qualname__,
                background=one.handler.is_background,
                supersedes=one.handler.supersedes,
            )
            for name, one in version.handlers.items()
        },
        uploads=frozenset(n for n in version.handlers if takes_files(version.registration, n)),
        open_events=frozenset(version.open_events.events),
        open_vars=frozenset(version.open_events.setters),
        pages={
            template: PageFacts(title=page.title, on_load=plain(page.on_load))
            for template, page in version.pages.items()
        },
        storage={kind: dict(entries) for kind, entries in version.storage.items()},
        asset_base=version.asset_base,
        stylesheets=version.stylesheets,
        appearance=version.appearance,
        on_settings=plain(version.on_settings),
        on_resume=plain(version.on_resume),
        rewrites=rewrites(entry),
        names={name: _name(cls) for name, cls in version.tree.classes.items()},
        has_settings=entry.settings is not None,
        milliseconds=dict(milliseconds),
    )


def _name(cls: type[BaseState]) -> tuple[str, str]:
    name = StateName.of(cls)
    return name.module, name.name


def described(problem: Problem) -> Described:
    """Return a problem as it is sent."""
    return Described.model_validate(problem.as_dict())
