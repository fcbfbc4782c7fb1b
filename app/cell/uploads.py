"""Uploads of an app: a folder in the one that it has for the user's organisation."""

from __future__ import annotations

from pathlib import Path

from app.bridge.compiling import client_uploads
from app.bridge.compiling.client_uploads import Uploads
from app.sdk.folders import folder
from app.sdk.scope import running, scope

UPLOADS = "uploads"
ROUTE = "/_graft/uploads"


def install() -> None:
    """Let Reflex's functions for uploads answer for the app that runs; again changes nothing."""
    client_uploads.install(Uploads(lambda: running() is not None, _folder, _address))


def _folder() -> Path:
    found = folder() / UPLOADS
    found.mkdir(mode=0o700, exist_ok=True)
    return found


def _address() -> str:
    return f"{ROUTE}/{scope().app.id}/"
