"""Folders of apps: that which tests mean, the copy that the kit works on, and what is in it."""

from __future__ import annotations

import shutil
from collections.abc import Collection
from difflib import get_close_matches
from importlib.machinery import PathFinder
from pathlib import Path

from app.source.discover import discover
from app.testing.ignored import NOT_COPIED

ROOT = Path(__file__).parents[2]

_NEARLY = 0.75  # as alike as "entry.py" and "enrty.py" at least


def copied_apps(source: Path, target: Path, only: str | None) -> Path:
    """Copy a folder of apps, or one app of it, and return the copy.

    Raises:
        FileNotFoundError: there is no such app.
    """
    if only and not (source / only).is_dir():
        raise FileNotFoundError(no_app(only, source))
    shutil.copytree(
        source / only if only else source, target / only if only else target, ignore=NOT_COPIED
    )
    return target


def no_app(app_id: str, folder: Path) -> str:
    """Say that there is no such app, and which there are."""
    known = ", ".join(app.id for app in discover(folder).apps) or "none"
    return f"there is no app {app_id} in {folder}; there are: {known}"


def folder_of_apps(app_id: str | None) -> Path:
    """Return the folder that tests import apps from; if several are one package, as they are where
    apps have a repository of their own, that with the app.
    """
    found = PathFinder.find_spec("client_apps")
    places = [Path(place) for place in (found and found.submodule_search_locations) or ()]
    having = [place for place in places if app_id is None or (place / app_id).is_dir()]
    return having[0] if having else ROOT / "client_apps"


def refuse_misspelt(
    app_id: str, folder: Path, name: str, *, is_new: bool, meant: Collection[str]
) -> None:
    """Raise FileNotFoundError if a file is not there and not meant to be new."""
    names = files_of(folder)
    if not is_new:
        told = ", ".join(names) or "none"
        raise FileNotFoundError(f"{app_id} has no file {name}; there are: {told}")
    near = get_close_matches(name, names, n=1, cutoff=_NEARLY)
    if near and name not in meant:
        raise FileNotFoundError(
            f"{app_id} has no file {name}: {near[0]} is meant? If it is a new file, say so:"
            f' swap(…, new=["{name}"])'
        )


def files_of(folder: Path) -> list[str]:
    """Return the names of the files of an app."""
    files = (file for file in folder.rglob("*") if file.is_file())
    return sorted(file.relative_to(folder).as_posix() for file in files)
