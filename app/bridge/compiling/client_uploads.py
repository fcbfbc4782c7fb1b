"""`rx.get_upload_dir` and `rx.get_upload_url` in client apps. Reflex has one folder of uploads for
all that it serves, and hands it out to anybody.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import reflex
from reflex_base.vars.base import Var
from reflex_components_core.core.upload import get_upload_dir, get_upload_url

from app.bridge.client_code import is_client_module


@dataclass(frozen=True)
class Uploads:
    """What knows an app's own uploads.

    Attributes:
        is_app: tells whether code of an app runs.
        folder: returns the folder of the app that runs.
        address: returns where browsers find what is in it, with a slash at the end.
    """

    is_app: Callable[[], bool]
    folder: Callable[[], Path]
    address: Callable[[], str]


def install(uploads: Uploads) -> None:
    """Let client apps have uploads of their own; doing it again changes nothing."""
    if hasattr(reflex.get_upload_dir, "_graft_patched"):
        return
    _replace(get_upload_dir, _dir_of(get_upload_dir, uploads))
    _replace(get_upload_url, _url_of(get_upload_url, uploads))


def _replace(original: Any, function: Any) -> None:
    """Put a function into the places where apps find the original."""
    function._graft_patched = True
    name = original.__name__
    # Not `setattr`: a component has the name of the module.
    original.__globals__[name] = function
    setattr(reflex, name, function)


def _is_for_app(uploads: Uploads) -> bool:
    caller = sys._getframe(2).f_globals.get("__name__", "")
    return uploads.is_app() or is_client_module(caller)


def _dir_of(original: Callable[[], Path], uploads: Uploads) -> Any:
    def upload_dir() -> Path:
        return uploads.folder() if _is_for_app(uploads) else original()

    return upload_dir


def _url_of(original: Callable[[Any], Any], uploads: Uploads) -> Any:
    def upload_url(file_path: str | Var[str]) -> Var[str]:
        if not _is_for_app(uploads):
            found: Var[str] = original(file_path)
            return found
        base = uploads.address()
        if not isinstance(file_path, Var):
            return Var.create(base + quote(str(file_path).lstrip("/")))
        # Names of files have signs in them that addresses use for something else.
        parts = f'String({file_path!s}).split("/").map(encodeURIComponent).join("/")'
        made: Var[Any] = Var(
            _js_expr=f"({json.dumps(base)}+{parts})", _var_data=file_path._get_all_var_data()
        )
        return made.to(str)

    return upload_url
