"""The folder of client apps, where developers work: what was saved last is what is offered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import anyio.to_thread

from app.cell.compiling.bundle import Bundle
from app.cell.loading.version import Version
from app.node.releases.provider import Offer
from app.rules.blame import problems_of
from app.source.app_source import AppSource, read_source
from app.source.discover import discover, folder_problems, has_ended, is_app
from app.source.metadata import ENTRY_FILE, AppMetadata, parse_metadata
from app.source.problems import AppError, Problem


@dataclass(frozen=True)
class _Look:
    """What a look at an app's folder found: its files, or why they are not those of an app."""

    metadata: AppMetadata
    has_entry: bool
    source: AppSource | None = None
    problems: tuple[Problem, ...] = ()


@dataclass
class _Known:
    """What is known of an app.

    Attributes:
        metadata: of the newest entry.py that there was.
        has_entry: whether there was one at the last look.
        look: the last look, until somebody takes what it found.
        source: the files that were read last; most are the same the next time.
        number: of the version that was loaded last; 0 before.
        digest: of the files of that version.
    """

    metadata: AppMetadata
    has_entry: bool
    look: _Look | None = None
    source: AppSource | None = None
    number: int = 0
    digest: str = ""


class AppsFolder:
    """A `Provider`: each state of an app's files that is loaded is its next version.

    Args:
        root: the folder `client_apps/`.
    """

    for_developers = True

    def __init__(self, root: Path) -> None:
        self._root = root
        self._known: dict[str, _Known] = {}

    async def all(self) -> Sequence[Offer]:
        """See `Provider.all`."""
        found = await anyio.to_thread.run_sync(_find, self._root)
        for offer in found:
            has_entry = not any(p.file == ENTRY_FILE for p in offer.problems)
            self._known.setdefault(offer.id, _Known(offer.metadata, has_entry))
        return found

    async def one(self, app_id: str) -> Offer | None:
        """See `Provider.one`."""
        known = self._known.get(app_id)
        has_ended_now = known and known.has_entry and await has_ended(self._root, app_id)
        look = None if has_ended_now else await self._look(app_id)
        if look is None:
            self._known.pop(app_id, None)
            return None
        known = self._note(app_id, look)
        known.look = look
        is_loaded = look.source is not None and look.source.digest == known.digest
        return Offer(
            app_id,
            known.metadata,
            current=known.number if is_loaded else known.number + 1,
            root=self._root / app_id,
            problems=look.problems,
        )

    async def files(self, app_id: str, number: int) -> AppSource:
        """See `Provider.files`: those of now, whatever the number."""
        known = self._known.get(app_id)
        look = known.look if known else None
        if look is None:
            look = await self._look(app_id)
        if look is None:
            raise AppError((_gone(app_id),))
        known = self._note(app_id, look)
        known.look = None
        if look.source is None:
            raise AppError(look.problems)
        return look.source

    async def folder(self, app_id: str, number: int) -> Path:
        """See `Provider.folder`."""
        return self._root / app_id

    async def bundle(self, app_id: str, number: int, *, only_ready: bool = False) -> Bundle | None:
        """See `Provider.bundle`: what is saved was never compiled."""
        return None

    async def loaded(self, version: Version, *, compiled: bool) -> None:
        """See `Provider.loaded`."""
        known = self._known.get(version.info.id)
        if known is not None:
            known.number, known.digest = version.info.number, version.source.digest

    async def failed(self, app_id: str, number: int, problems: Sequence[Problem]) -> None:
        """See `Provider.failed`: nothing else is offered until the next save."""

    async def _look(self, app_id: str) -> _Look | None:
        known = self._known.get(app_id)
        return await anyio.to_thread.run_sync(
            _look_at, self._root, app_id, known.source if known else None
        )

    def _note(self, app_id: str, look: _Look) -> _Known:
        known = self._known.setdefault(app_id, _Known(look.metadata, look.has_entry))
        known.has_entry = look.has_entry
        if look.has_entry:
            known.metadata = look.metadata
        known.source = look.source or known.source
        return known


def _find(root: Path) -> list[Offer]:
    found = discover(root)
    offers = {
        folder.id: Offer(folder.id, _metadata(folder.id, folder.root), 1, root=folder.root)
        for folder in found.apps
    }
    for problem in found.problems:
        folder = root / problem.app
        offer = offers.get(problem.app) or Offer(
            problem.app, _metadata(problem.app, folder), 1, root=folder
        )
        offers[problem.app] = replace(offer, problems=(*offer.problems, problem))
    return list(offers.values())


def _look_at(root: Path, app_id: str, before: AppSource | None) -> _Look | None:
    """Look at an app's folder; None when it is there no more, or was never meant to be an app's."""
    folder = root / app_id
    has_entry = is_app(root, app_id)
    metadata = _metadata(app_id, folder)
    try:
        problems = folder_problems(root, app_id)
        if not problems and not has_entry:
            return None
        if not problems:
            return _Look(metadata, has_entry, source=read_source(folder, before))
    except Exception as error:  # nobody thought of it: shown like a fault of the app
        problems = problems_of(app_id, "load", error, folder)
    return _Look(metadata, has_entry, problems=problems)


def _metadata(app_id: str, folder: Path) -> AppMetadata:
    file = folder / ENTRY_FILE
    try:
        # Whoever opens a pipe waits for somebody who writes to it.
        entry = file.read_bytes() if file.is_file() else b""
    except OSError:
        entry = b""
    return parse_metadata(app_id, entry)


def _gone(app_id: str) -> Problem:
    return Problem(
        app=app_id,
        stage="discover",
        file="entry.py",
        line=None,
        message="the app is no longer on disk.",
        remedy="Restore its folder, or go back to the launcher.",
    )
