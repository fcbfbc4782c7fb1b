"""How Reflex serves a front end that is built already: its settings, and its way with files."""

from __future__ import annotations

import shutil
from pathlib import Path

from reflex.utils.precompressed_staticfiles import (
    PrecompressedStaticFiles,
    _parse_accept_encoding,
)
from reflex_base.constants import Dirs, Env
from reflex_base.environment import environment

BACKEND = Dirs.BACKEND

__all__ = ["PrecompressedStaticFiles", "serve_what_is_built", "takes_gzip"]


def takes_gzip(accept_encoding: str) -> bool:
    """Tell whether `PrecompressedStaticFiles` sends gzip to a browser with this header."""
    accepted = _parse_accept_encoding(accept_encoding)
    return accepted.get("gzip", accepted.get("*", 0.0)) > 0


def serve_what_is_built(web: Path, data: Path) -> None:
    """Let this process compile nothing, and keep what it writes in `data`.

    Reflex also writes beside the notes that its compiler left for the server (that uploads are
    used, for one), and a release can be on a file system that nobody writes to. So it gets a copy.

    Args:
        web: the folder in which the front end was built.
        data: absolute path of the data folder.
    """
    notes = data / "reflex" / "web"
    # Not `copytree`, which gives the folder the mode of the release's: others could look into it,
    # or we could not write.
    (notes / BACKEND).mkdir(parents=True, exist_ok=True)
    for note in (web / BACKEND).iterdir():
        shutil.copyfile(note, notes / BACKEND / note.name)
    environment.REFLEX_ENV_MODE.set(Env.PROD)
    environment.REFLEX_SKIP_COMPILE.set(True)
    environment.REFLEX_WEB_WORKDIR.set(notes)
    environment.REFLEX_DIR.set(data / "reflex")
    environment.REFLEX_UPLOADED_FILES_DIR.set(data / "uploads")
