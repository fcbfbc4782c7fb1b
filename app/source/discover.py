"""Discover: which apps lie on disk."""

from __future__ import annotations

import asyncio
import errno
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import structlog

from app.source.app_source import is_ignored, name_problems
from app.source.metadata import ENTRY_FILE
from app.source.problems import Problem

log = structlog.get_logger("graft")

EDITOR_SECONDS = 0.3
"""So long an app may be without its entry.py."""


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
    for client in _folders(os.fspath(root)):
        for app in _folders(client.path):
            app_id = f"{client.name}/{app.name}"
            found = folder_problems(root, app_id)
            problems.extend(found)
            if not found and is_app(root, app_id):
                apps.append(AppFolder(app_id, root / app_id))
    return Discovery(tuple(sorted(apps, key=lambda a: a.id)), tuple(problems))


def is_app(root: Path, app_id: str) -> bool:
    """Tell whether there is an entry.py."""
    return os.path.isfile(f"{root}/{app_id}/{ENTRY_FILE}")


async def has_ended(root: Path, app_id: str) -> bool:
    """Tell whether what was an app is none any more: its folder or its entry.py is gone.

    An editor may take a file away and put the new one in its place a moment later.
    """
    until = time.monotonic() + EDITOR_SECONDS
    while not is_app(root, app_id):
        if time.monotonic() >= until or not _is_folder(root, app_id):
            return True
        await asyncio.sleep(0.01)
    return False


def folder_problems(root: Path, app_id: str) -> tuple[Problem, ...]:
    """Return why a folder that looks like an app is none; nothing when it is one, or no attempt."""
    if not is_app(root, app_id):
        return tuple(_not_an_app(app_id, f"{root}/{app_id}"))
    client = app_id.partition("/")[0]
    links = [name for name in (client, app_id) if os.path.islink(f"{root}/{name}")]
    return (*name_problems(app_id), *(_link(app_id, name) for name in links))


def _is_folder(root: Path, app_id: str) -> bool:
    return os.path.isdir(f"{root}/{app_id}")


def _folders(path: str) -> Iterator[os.DirEntry[str]]:
    """Folders in a folder by name, without what tools leave; nothing when it is gone."""
    try:
        entries = sorted(os.scandir(path), key=lambda entry: entry.name)
    except (FileNotFoundError, NotADirectoryError):
        return
    except OSError as error:
        # Nobody knows which apps are in it, so there is none to tell it of.
        log.warning("a folder of apps cannot be read", folder=path, why=error.strerror)
        return
    for entry in entries:
        if entry.is_dir() and not is_ignored((entry.name,)):
            yield entry


def _unreadable(app_id: str, error: OSError) -> Problem:
    return Problem(
        app_id,
        "discover",
        "",
        None,
        f"the folder cannot be read: {error.strerror}",
        "Give the account that the server runs as read access to it and its files.",
    )


def _link(app_id: str, name: str) -> Problem:
    return Problem(
        app_id,
        "discover",
        "",
        None,
        f"{name} is a symbolic link",
        "Put the folder itself there. The folder of all apps may be a link.",
        rule="app-files",
    )


def _not_an_app(app_id: str, path: str) -> Iterator[Problem]:
    """A folder with Python files but no entry.py is most likely an app that is not finished."""
    try:
        names = os.listdir(path)
    except (FileNotFoundError, NotADirectoryError):
        return
    except OSError as error:
        yield _unreadable(app_id, error)
        return
    if ENTRY_FILE in names and not os.access(path, os.X_OK):
        yield _unreadable(app_id, PermissionError(errno.EACCES, os.strerror(errno.EACCES)))
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
            rule="entry-file",
        )
