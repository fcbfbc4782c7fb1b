"""Packages that are installed while a test runs, into a folder of its own."""

from __future__ import annotations

import shutil
from importlib import metadata
from pathlib import Path

MODULE = "graft_made_module"
DISTRIBUTION = "graft-made-package"
PINNED = "packaging"
"""What requirements.txt pins; here it requires the package that is made."""


class Packages:
    """A folder on `sys.path`.

    Args:
        folder: it is made.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        about = f"Requires-Dist: {DISTRIBUTION}\n"
        self._describe(PINNED, metadata.version(PINNED), about)

    def install(self, version: str, text: str = "") -> None:
        """Install a version of the package, in place of any other."""
        for other in self.folder.glob(f"{DISTRIBUTION.replace('-', '_')}-*"):
            shutil.rmtree(other)
        (self.folder / f"{MODULE}.py").write_text(text or f"version = {version!r}\n")
        self._describe(DISTRIBUTION, version, "")

    def _describe(self, name: str, version: str, about: str) -> None:
        info = self.folder / f"{name.replace('-', '_')}-{version}.dist-info"
        info.mkdir()
        head = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
        (info / "METADATA").write_text(head + about)
        (info / "RECORD").write_text(f"{MODULE}.py,,\n" if name == DISTRIBUTION else "")
