"""Makes the bundle that all tests of releases share.

python -m tests.release.making FOLDER
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from app.frontend.cache import locked
from scripts.release.__main__ import CHECKOUT
from scripts.release.build import build_release
from scripts.release.bundle import add_wheels


def make(folder: Path) -> None:
    """Make it in a folder, unless it is there; whoever else wants it meanwhile waits."""
    folder.parent.mkdir(exist_ok=True)
    with locked(folder.with_name("lock"), lambda: None):
        if not folder.exists():
            aside = folder.with_name("aside")
            shutil.rmtree(aside, ignore_errors=True)  # of somebody who did not come to an end
            build_release(CHECKOUT, aside)
            add_wheels(CHECKOUT, aside)
            aside.rename(folder)


if __name__ == "__main__":
    make(Path(sys.argv[1]))
