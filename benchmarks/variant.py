"""A scratch copy of the checkout with one more page compiled into the front end."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

from benchmarks.processes import ROOT
from benchmarks.workspace import SOURCES

ROUTE = "/compiled-in"
_PARTS = ("app", "assets", "reflex.lock", "requirements.txt", "rxconfig.py")
_IGNORED = shutil.ignore_patterns("__pycache__", "external")
_ADDED = f"""
from app.web.bench_page import index  # noqa: E402

app.add_page(index, route="{ROUTE}", title="Clicks")
"""


def make_variant(folder: Path) -> Path:
    """Copy what a server needs, with benchmarks/apps/click/page.py as one more page of the core.

    Returns the copy.
    """
    folder.mkdir()
    for name in _PARTS:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=_IGNORED)
        else:
            shutil.copy(source, folder / name)
    shutil.copy(SOURCES / "click" / "page.py", folder / "app" / "web" / "bench_page.py")
    with (folder / "app" / "web" / "__init__.py").open("a", encoding="utf-8") as module:
        module.write(_ADDED)
    return folder


def environment(kept: Path) -> Mapping[str, str]:
    """Return what a server of the variant needs in its environment: where its front end is."""
    return {"GRAFT_FRONTEND_CACHE": str(kept / "frontend")}
