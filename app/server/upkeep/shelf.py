"""A folder in which the values of open pages wait for the next start: encrypted, for a day."""

from __future__ import annotations

import contextlib
import hashlib
import os
import tempfile
import time
from pathlib import Path

import structlog

from app.core.secret_box import SecretBox, Unreadable

log = structlog.get_logger("graft")

KEPT_SECONDS = 24 * 3600


class FolderShelf:
    """`app.node.sessions.keeping.Shelf` in a folder; one file a session.

    Args:
        folder: made if it is not there.
        box: encrypts. Only who has its key can write what is read here.
    """

    def __init__(self, folder: Path, box: SecretBox) -> None:
        self._folder = folder
        self._box = box

    def put(self, token: str, content: bytes) -> None:
        """See `Shelf`. A disk that is full loses this one, and does not keep the server running."""
        name = _name(token)
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor, beside = tempfile.mkstemp(dir=self._folder, prefix=".")
        except OSError as error:
            log.warning("an open page was not kept", why=error.strerror)
            return
        try:
            with open(descriptor, "wb") as file:
                file.write(self._box.seal_bytes(content, name))
            os.replace(beside, self._folder / name)
        except OSError as error:
            log.warning("an open page was not kept", why=error.strerror)
            Path(beside).unlink(missing_ok=True)

    def take(self, token: str) -> bytes | None:
        """See `Shelf`."""
        name = _name(token)
        path = self._folder / name
        try:
            content = path.read_bytes()
            path.unlink()
        except OSError:
            return None
        try:
            return self._box.open_bytes(content, name)
        except Unreadable as error:
            log.warning("an open page could not be taken over", why=str(error))
            return None

    def sweep(self) -> None:
        """Delete what nobody came back for."""
        oldest = time.time() - KEPT_SECONDS
        for path in self._folder.glob("*") if self._folder.is_dir() else ():
            with contextlib.suppress(OSError):
                if path.stat().st_mtime < oldest:
                    path.unlink()


def _name(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
