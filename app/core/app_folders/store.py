"""Where the folders of apps are, what is in them, and how much that may be."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from app.core.app_folders.walking import walk
from app.core.limits import MIB, whole_number
from app.core.private import make_private_folder
from app.kernel.errors import FolderFull, Invalid

PLACE = "GRAFT_FOLDERS"
QUOTA = "GRAFT_FOLDER_MB"
FOLDERS = "folders"
"""In the data folder, unless `PLACE` names another."""

_QUOTA_MB = 1024
SHARED, ORGANISATIONS = "shared", "organisations"
"""Names of folders within that of an app."""

_APP = re.compile(r"[a-z0-9_]{1,60}/[a-z0-9_]{1,60}")
_ORGANISATION = re.compile(r"[A-Za-z0-9_-]{1,64}")

_CHEAP_SECONDS = 0.001
_PAUSE = 20
"""A folder that takes longer to measure is measured anew after so many times what it took."""
_AT_ONCE = 2000
"""Files that are counted while somebody waits; more are counted beside."""


@dataclass(frozen=True, slots=True)
class Use:
    """What is in a folder: the number of files, and their bytes."""

    files: int = 0
    size: int = 0


@dataclass(frozen=True, slots=True)
class Kept:
    """One folder of an app.

    Attributes:
        app_id: the app.
        organisation: id of the organisation whose folder it is; None: it is shared.
        path: where it is.
    """

    app_id: str
    organisation: str | None
    path: Path


@dataclass
class _Measured:
    use: Use = Use()
    at: float = float("-inf")
    took: float = 0.0
    is_counting: bool = False

    def holds(self, pause: float) -> bool:
        """Tell whether it is too early to measure anew."""
        elapsed = time.monotonic() - self.at
        return self.is_counting or (self.took > _CHEAP_SECONDS and elapsed < pause * self.took)


class AppFolders:
    """The folders of all apps on this node. Safe to use from any thread.

    Args:
        root: where they are; made when an app wants one.
        quota: bytes that each may hold, where an app has no quota of its own.
        pause: before a large one is measured anew, in times of what measuring it takes.
    """

    def __init__(self, root: Path, quota: int = _QUOTA_MB * MIB, pause: float = _PAUSE) -> None:
        self.root = root
        self.quota = quota
        self.pause = pause
        self._measured: dict[Path, _Measured] = {}
        self._lock = threading.Lock()

    @classmethod
    def from_environment(cls, data: Path, environ: Mapping[str, str]) -> AppFolders:
        """Read GRAFT_FOLDERS and GRAFT_FOLDER_MB, each optional.

        Raises:
            Invalid: one of them makes no sense.
        """
        quota = whole_number(environ, QUOTA, _QUOTA_MB) * MIB
        return cls(folders_place(data, environ), quota)

    def of(self, app_id: str, organisation: str | None) -> Kept:
        """Return the folder of an app for an organisation, or the shared one; nothing is made.

        Raises:
            Invalid: an id cannot be one.
        """
        if not _APP.fullmatch(app_id):
            raise Invalid(f"{app_id[:130]!r} is not the id of an app")
        if organisation is None:
            return Kept(app_id, None, self.root / app_id / SHARED)
        if not _ORGANISATION.fullmatch(organisation):
            raise Invalid(f"{organisation[:64]!r} is not the id of an organisation")
        return Kept(app_id, organisation, self.root / app_id / ORGANISATIONS / organisation)

    def make(self, app_id: str, organisation: str | None) -> Path:
        """Return the same folder, made if it is not there.

        Raises:
            Invalid: an id cannot be one.
            OSError: it cannot be made.
        """
        folder = self.of(app_id, organisation).path
        if not folder.is_dir():
            make_private_folder(folder)
        return folder

    def places(self, app_id: str) -> tuple[Path, Path]:
        """Return the folder that has one for each organisation, and the one that all share. Both
        are there.
        """
        shared = self.make(app_id, None)
        organisations = shared.parent / ORGANISATIONS
        if not organisations.is_dir():
            make_private_folder(organisations)
        return organisations, shared

    def at(self, path: str) -> Kept | None:
        """Return in which app's folder a path lies that has no links in it."""
        root = f"{os.path.realpath(self.root)}/"
        client, app, kind, *rest = *path.removeprefix(root).split("/"), "", "", ""
        if not path.startswith(root) or not _APP.fullmatch(f"{client}/{app}"):
            return None
        if kind == ORGANISATIONS and _ORGANISATION.fullmatch(rest[0]):
            return self.of(f"{client}/{app}", rest[0])
        return self.of(f"{client}/{app}", None) if kind == SHARED else None

    def all(self, app_id: str | None = None) -> Iterator[Kept]:
        """Yield the folders that there are, or those of one app, in order."""
        for found in [app_id] if app_id else self.apps():
            shared = self.of(found, None)
            if shared.path.is_dir():
                yield shared
            for name in _folders_in(self.root / found / ORGANISATIONS):
                if _ORGANISATION.fullmatch(name):
                    yield self.of(found, name)

    def apps(self) -> list[str]:
        """Return the ids of all apps that have folders, in order."""
        clients = _folders_in(self.root)
        named = (f"{client}/{app}" for client in clients for app in _folders_in(self.root / client))
        return [app_id for app_id in named if _APP.fullmatch(app_id)]

    def remove(self, app_id: str) -> bool:
        """Remove all folders of an app for ever; return whether there were some."""
        folder = self.of(app_id, None).path.parent
        if not folder.is_dir() or folder.is_symlink():
            return False
        shutil.rmtree(folder)
        with self._lock:
            for path in [path for path in self._measured if path.is_relative_to(folder)]:
                del self._measured[path]
        with contextlib.suppress(OSError):  # the client has other apps
            folder.parent.rmdir()
        return True

    def remove_all(self) -> None:
        """Remove the folders of all apps for ever."""
        for app_id in self.apps():
            self.remove(app_id)

    def measure(self, kept: Kept) -> Use:
        """Count what is in a folder, and remember it. Blocking."""
        began = time.monotonic()
        use = _count(kept.path)
        now = time.monotonic()
        with self._lock:
            self._measured[kept.path] = _Measured(use, now, now - began)
        return use

    def use(self, kept: Kept) -> Use:
        """Return what is in a folder, as it was a moment ago if that takes long to count."""
        with self._lock:
            known = self._measured.setdefault(kept.path, _Measured())
        if not known.holds(self.pause):
            self._measure_quickly(kept, known)
        with self._lock:
            return self._measured[kept.path].use

    def require_room(self, kept: Kept, quota: int | None = None) -> None:
        """Make sure that there may be more in a folder.

        It may be called at every write: what was counted a moment ago counts. A folder with very
        many files is counted beside, so that nobody waits for it.

        Args:
            kept: the folder.
            quota: bytes that it may hold; None: those that every folder may.

        Raises:
            FolderFull: it is full.
        """
        limit = self.quota if quota is None else quota
        size = self.use(kept).size
        if size >= limit:
            raise FolderFull(kept.app_id, size=size, limit=limit)

    def _measure_quickly(self, kept: Kept, known: _Measured) -> None:
        began = time.monotonic()
        use = _count(kept.path, at_most=_AT_ONCE)
        if use.files < _AT_ONCE:
            now = time.monotonic()
            with self._lock:
                self._measured[kept.path] = _Measured(use, now, now - began)
            return
        known.is_counting = True
        known.use = Use(max(known.use.files, use.files), max(known.use.size, use.size))
        threading.Thread(target=self.measure, args=(kept,), daemon=True).start()


def folders_place(data: Path, environ: Mapping[str, str]) -> Path:
    """Return where the folders of apps are.

    Raises:
        Invalid: the setting is no absolute path.
    """
    named = environ.get(PLACE, "").strip()
    if named and not Path(named).is_absolute():
        raise Invalid(f"{PLACE} must be an absolute path, not {named!r}")
    return Path(named) if named else data.absolute() / FOLDERS


def _count(folder: Path, at_most: int | None = None) -> Use:
    files = size = 0
    for found in walk(folder):
        files += 1
        size += found.size
        if files == at_most:
            break
    return Use(files, size)


def _folders_in(folder: Path) -> list[str]:
    try:
        with os.scandir(folder) as found:
            return sorted(entry.name for entry in found if entry.is_dir(follow_symlinks=False))
    except FileNotFoundError:
        return []
