"""Whether git is writing the work tree at this moment."""

from __future__ import annotations

import os
import time
from pathlib import Path

# The lock of a git process that died stays behind; nobody may wait for it for ever.
_STALE_SECONDS = 30.0


class GitLock:
    """The lock that git holds on a work tree during checkout, merge, stash and rebase."""

    def __init__(self, folder: Path) -> None:
        """Find the repository that `folder` lies in, if any."""
        self._path = _lock_path(folder.absolute())

    def is_held(self) -> bool:
        """Whether git holds the lock, and has not held it for suspiciously long."""
        if self._path is None:
            return False
        try:
            # Either way: the clock may have been set back since.
            return abs(time.time() - os.stat(self._path).st_mtime) < _STALE_SECONDS
        except OSError:
            return False


def _lock_path(folder: Path) -> Path | None:
    for parent in (folder, *folder.parents):
        git = parent / ".git"
        if git.is_dir():
            return git / "index.lock"
        if git.is_file():
            return _linked(git) / "index.lock"
    return None


def _linked(git: Path) -> Path:
    """The real git folder of a linked work tree, whose `.git` is a file that names it."""
    target = git.read_text(encoding="utf-8").removeprefix("gitdir:").strip()
    return git.parent / target
