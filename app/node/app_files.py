"""Files that apps keep, and those that they may not change: folders of apps, and their own code."""

from __future__ import annotations

import os
from pathlib import Path, PurePosixPath

import structlog

from app.core.app_folders import AppFolders, Kept
from app.kernel.errors import ReadOnlyFolder
from app.node.releases.served import Served
from app.sdk.scope import Change, Scope
from app.source.app_source import is_ignored
from app.source.written import note_written

log = structlog.get_logger("graft")


class AppFiles:
    """Answers what code of apps asks about files.

    Args:
        folders: those of all apps on this node.
        served: knows how much each app may keep.
        is_development: whether an app may write beside its own code; it is noted then.
    """

    def __init__(self, folders: AppFolders, served: Served, *, is_development: bool) -> None:
        self.folders = folders
        self._served = served
        self._is_development = is_development

    def folder(self, scope: Scope, *, shared: bool) -> Path:
        """See `app.sdk.scope.Host`."""
        assert scope.actor is not None
        organisation = None if shared else scope.actor.organisation.id
        return self.folders.make(scope.app.id, organisation)

    def changes_file(self, scope: Scope, path: str, change: Change) -> bool:
        """See `app.sdk.scope.Host`."""
        own = _below(scope.root, path) if scope.root else None
        if own is not None and scope.root is not None:
            return self._changes_own(scope.app.id, scope.root, own, change)
        kept = self.folders.at(path)
        if kept is not None and kept.app_id == scope.app.id and change is not Change.TAKE:
            self.require_room(kept)
        return True

    def require_room(self, kept: Kept) -> None:
        """Make sure that an app may keep more in a folder.

        Raises:
            FolderFull: it may not.
        """
        self.folders.require_room(kept, self.quota_of(kept.app_id))

    def quota_of(self, app_id: str) -> int:
        """Return how many bytes an app may keep in each of its folders."""
        standing = self._served.get(app_id)
        own = standing.offer.access.folder_bytes if standing else None
        return self.folders.quota if own is None else own

    def _changes_own(self, app_id: str, root: Path, own: PurePosixPath, change: Change) -> bool:
        if not self._is_development:
            if change is Change.CONNECT and (root / own).is_file():
                return False
            raise ReadOnlyFolder(app_id, own.as_posix())
        if (
            change is not Change.TAKE
            and own.parts
            and not is_ignored(own.parts)
            and note_written(root, own)
        ):
            log.warning(
                "written beside the code, which production refuses: keep it in app.sdk.folder()",
                app=app_id,
                file=own.as_posix(),
            )
        return True


def _below(root: Path, path: str) -> PurePosixPath | None:
    """Return a path as one below a folder, or the folder itself; None if it is elsewhere."""
    top = os.path.realpath(root)
    if path == top:
        return PurePosixPath()
    inside = f"{top}{os.sep}"
    return PurePosixPath(path.removeprefix(inside)) if path.startswith(inside) else None
