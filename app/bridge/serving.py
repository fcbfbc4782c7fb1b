"""How Reflex serves a front end that is built already: its settings, and its way with files."""

from __future__ import annotations

from pathlib import Path

from reflex.utils.precompressed_staticfiles import PrecompressedStaticFiles
from reflex_base.constants import Env
from reflex_base.environment import environment

__all__ = ["PrecompressedStaticFiles", "serve_what_is_built"]


def serve_what_is_built(web: Path, data: Path) -> None:
    """Let this process compile nothing, and keep what it writes in `data`.

    Args:
        web: the folder in which the front end was built.
        data: absolute path of the data folder.
    """
    environment.REFLEX_ENV_MODE.set(Env.PROD)
    environment.REFLEX_SKIP_COMPILE.set(True)
    environment.REFLEX_WEB_WORKDIR.set(web)
    environment.REFLEX_DIR.set(data / "reflex")
    environment.REFLEX_UPLOADED_FILES_DIR.set(data / "uploads")
