"""Folders of test apps, and edits in them as a developer's editor would make them."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

TEMPLATES = Path(__file__).parents[1] / "apps"
CLIENT_APPS = Path(__file__).parents[3] / "client_apps"


@dataclass(frozen=True)
class AppFolder:
    """One app in the folder that the server watches.

    Attributes:
        id: `<client>/<app>`.
        path: its folder.
    """

    id: str
    path: Path

    @property
    def url(self) -> str:
        """The path of its first page."""
        return "/apps/" + self.id.replace("/", "-").replace("_", "-")

    def read(self, file: str = "entry.py") -> str:
        """Return a file's text."""
        return (self.path / file).read_text("utf-8")

    def write(self, text: str, file: str = "entry.py") -> None:
        """Save a file in one step: written aside, then renamed."""
        target = self.path / file
        target.parent.mkdir(parents=True, exist_ok=True)
        aside = target.with_name(f".{target.name}.saving")
        aside.write_text(text, "utf-8")
        os.replace(aside, target)

    def edit(self, old: str, new: str, file: str = "entry.py") -> None:
        """Replace text in a file and save it; fails when the text is not there."""
        text = self.read(file)
        if old not in text:
            raise AssertionError(f"{file} of {self.id} has no {old!r}")
        self.write(text.replace(old, new), file)

    def delete(self) -> None:
        """Remove the app from the disk."""
        shutil.rmtree(self.path)


def copy_templates(target: Path) -> None:
    """Copy all test apps into the folder `target`."""
    shutil.copytree(TEMPLATES, target, ignore=shutil.ignore_patterns("__pycache__"))


def copy_client_apps(target: Path) -> None:
    """Copy the client apps that Graft comes with into the folder `target`."""
    shutil.copytree(CLIENT_APPS, target, ignore=shutil.ignore_patterns("__pycache__"))


def copy_app(
    template: str, target: Path, app_id: str, edits: Mapping[str, str] = MappingProxyType({})
) -> AppFolder:
    """Copy one test app under a name of its own, with other texts in its `entry.py`.

    It appears as a whole: a server that watches sees no version without the edits.
    """
    folder = AppFolder(app_id, target / app_id)
    folder.path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as aside:
        made = AppFolder(app_id, Path(aside) / "made")
        ignore = shutil.ignore_patterns("__pycache__")
        shutil.copytree(TEMPLATES / template, made.path, ignore=ignore)
        for old, new in edits.items():
            made.edit(old, new)
        made.path.rename(folder.path)
    return folder
