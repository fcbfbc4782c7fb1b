"""Which compiler this is: what another one made of an app is not served, but compiled anew."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import app

FOLDERS = ("bridge", "cell", "kernel", "rules", "sdk", "source")
"""Of `app`: all that has a part in compiling an app."""


def text_digest(folders: Sequence[Path] | None = None) -> str:
    """Return a digest of the compiler's own text, as 64 hex digits.

    Args:
        folders: where it is; by default those of this Graft.
    """
    root = Path(app.__path__[0])
    text = hashlib.sha256()
    for folder in folders or [root / name for name in FOLDERS]:
        for file in sorted(folder.rglob("*.py")):
            text.update(f"{folder.name}/{file.relative_to(folder).as_posix()}\0".encode())
            text.update(file.read_bytes())
    return text.hexdigest()
