"""Build: a complete release in a folder."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from scripts.release.checksums import write_checksums
from scripts.release.sbom import write_sbom
from scripts.release.stage import CannotRelease, commit, stage

FRONT_END = "frontend"
"""Folder of a release with its front end; `app.frontend.build` serves it and builds nothing."""


def build_release(checkout: Path, target: Path) -> None:
    """Make a release of a checkout in the empty folder `target`.

    Raises:
        CannotRelease: the checkout is incomplete, or the front end cannot be built; what the build
            printed has been shown.
    """
    stage(checkout, target)
    _build_front_end(target)
    digest, _ = commit(checkout)
    about = {"version": version_of(target), "commit": digest}
    (target / "release.json").write_text(f"{json.dumps(about, sort_keys=True)}\n", "utf-8")
    write_sbom(target, about["version"])
    write_checksums(target)


def version_of(release: Path) -> str:
    """Return the version of Graft in a release or checkout."""
    text = (release / "app" / "__init__.py").read_text("utf-8")
    _, _, rest = text.partition('__version__ = "')
    return rest.partition('"')[0]


def _build_front_end(release: Path) -> None:
    """Build it from the staged files alone, in a process that sees no others."""
    made = release / ".built"
    environment = {
        **os.environ,
        "GRAFT_FRONTEND_CACHE": str(made),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONPATH": "",
    }
    command = [sys.executable, "-m", "app", "build"]
    done = subprocess.run(command, cwd=release, env=environment, check=False)  # noqa: S603
    entries = [path for path in made.glob("*") if path.is_dir()] if made.is_dir() else []
    if done.returncode != 0 or len(entries) != 1:
        raise CannotRelease("The front end cannot be built; the build says why above.")
    [entry] = entries
    (entry / "in-use.lock").unlink(missing_ok=True)
    target = release / FRONT_END / entry.name
    target.parent.mkdir()
    entry.rename(target)
    shutil.rmtree(made)
    for left in (".web", "uploaded_files"):
        shutil.rmtree(release / left, ignore_errors=True)
