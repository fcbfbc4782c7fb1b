"""Stage: copies what a server needs out of a checkout. Client apps and tests are never part of it,
so nothing of them can be in what is built from it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

RELEASED = (
    "app",
    "assets",
    "deploy",
    "docs/operations.md",
    "docs/packages.md",
    "docs/production.md",
    "docs/rules.md",
    "docs/security.md",
    "reflex.lock",
    "requirements.lock",
    "requirements.txt",
    "rxconfig.py",
    "CHANGELOG.md",
)
"""Files and folders of the checkout that a release has; all else stays behind."""

_LEFT_OUT = frozenset({"__pycache__", ".DS_Store"})


class CannotRelease(Exception):
    """A release cannot be made from this checkout; the message says why and what to do."""


def stage(checkout: Path, target: Path) -> None:
    """Copy what is released into an empty folder.

    In a git checkout only what git knows is copied, as it is in the working tree.

    Raises:
        CannotRelease: something that a release needs is missing, or `target` is not empty.
    """
    if target.exists() and any(target.iterdir()):
        raise CannotRelease(f"{target} is not empty: name an empty folder, or delete it.")
    for name in RELEASED:
        if not (checkout / name).exists():
            raise CannotRelease(f"{checkout} has no {name}: run this in a complete checkout.")
    for path in _files(checkout):
        place = target / path
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(checkout / path, place)
        is_program = (checkout / path).stat().st_mode & 0o100
        place.chmod(0o755 if is_program else 0o644)


def commit(checkout: Path) -> tuple[str, int]:
    """Return the commit that is checked out and its time, in seconds since 1970.

    Without git, as in a container's build, GRAFT_COMMIT and SOURCE_DATE_EPOCH say it.
    """
    said = _git(checkout, "log", "-1", "--format=%H %ct")
    digest, _, time = said.strip().partition(" ")
    named = os.environ.get("GRAFT_COMMIT", ""), os.environ.get("SOURCE_DATE_EPOCH", "0")
    digest, time = (digest, time) if time else named
    return digest, int(time)


def _files(checkout: Path) -> Iterable[Path]:
    known = _git(checkout, "ls-files", "-z", "--", *RELEASED)
    if known:
        return sorted(
            path
            for name in known.split("\0")
            if name and (checkout / (path := Path(name))).is_file()
        )
    found = (path for name in RELEASED for path in _walk(checkout / name))
    return sorted(path.relative_to(checkout) for path in found)


def _walk(place: Path) -> Iterable[Path]:
    if place.is_file():
        return [place]
    return (p for p in place.rglob("*") if p.is_file() and not _LEFT_OUT & set(p.parts))


def _git(checkout: Path, *arguments: str) -> str:
    if not (checkout / ".git").exists() or shutil.which("git") is None:
        return ""
    # Another user's checkout, as a mounted one is in a container, is not refused.
    command = ["git", "-c", f"safe.directory={checkout}", "-C", str(checkout), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode != 0:
        raise CannotRelease(f"git cannot read {checkout}: {done.stderr.strip()}")
    return done.stdout
