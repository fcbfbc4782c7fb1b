"""Discover: which apps lie on disk."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from app.runtime.metadata import ENTRY_FILE
from app.runtime.problems import Problem
from app.runtime.source import is_ignored, name_problems


@dataclass(frozen=True, slots=True)
class AppFolder:
    """The folder of one app and its id `<client>/<app>`."""

    id: str
    root: Path


@dataclass(frozen=True, slots=True)
class Discovery:
    """What was found: apps sorted by id, and folders that look like apps but are none."""

    apps: tuple[AppFolder, ...]
    problems: tuple[Problem, ...]


def discover(root: Path) -> Discovery:
    """Find the apps `<client>/<app>/entry.py` below `root` (the folder `client_apps`).

    Reads two levels of folder names and no file. A missing `root` holds no apps.
    """
    apps: list[AppFolder] = []
    problems: list[Problem] = []
    for client in _folders(str(root)):
        for app in _folders(client.path):
            app_id = f"{client.name}/{app.name}"
            if not os.path.isfile(f"{app.path}/{ENTRY_FILE}"):
                problems.extend(_not_an_app(app_id, app.path))
                continue
            unusable = name_problems(app_id)
            problems.extend(unusable)
            if not unusable:
                apps.append(AppFolder(app_id, root / client.name / app.name))
    return Discovery(tuple(sorted(apps, key=lambda a: a.id)), tuple(problems))


def _folders(path: str) -> Iterator[os.DirEntry[str]]:
    """Folders in a folder by name, without links and what tools leave; nothing when it is gone."""
    try:
        entries = sorted(os.scandir(path), key=lambda entry: entry.name)
    except (FileNotFoundError, NotADirectoryError):
        return
    for entry in entries:
        if entry.is_dir(follow_symlinks=False) and not is_ignored((entry.name,)):
            yield entry


def _not_an_app(app_id: str, path: str) -> Iterator[Problem]:
    """A folder with Python files but no entry.py is most likely an app that is not finished."""
    try:
        names = os.listdir(path)
    except (FileNotFoundError, NotADirectoryError):
        return
    modules = sorted(n for n in names if n.endswith(".py") and not is_ignored((n,)))
    if modules and modules != ["__init__.py"]:
        yield Problem(
            app_id,
            "discover",
            ENTRY_FILE,
            None,
            f"There is no entry.py, but {modules[0]}",
            f"Create entry.py with `class AppEntry(DynamicApp)`, or rename {modules[0]} to it.",
        )
