"""Folders of client apps for the benchmarks, all below one temporary folder."""

from __future__ import annotations

import shutil
from pathlib import Path

SOURCES = Path(__file__).parent / "apps"
HEADING = "First heading"
CLIENT = "bench"


def put_app(apps: Path, source: str, name: str | None = None) -> str:
    """Copy one of benchmarks/apps into a folder of client apps; returns its id."""
    app_id = f"{CLIENT}/{name or source}"
    shutil.copytree(SOURCES / source, apps / app_id, ignore=shutil.ignore_patterns("__pycache__"))
    return app_id


def put_copies(apps: Path, number: int) -> None:
    """Fill a folder with `number` apps: `bench/counter`, and copies of it with other names."""
    text = entry_text("counter")
    put_app(apps, "counter")
    for index in range(1, number):
        folder = apps / CLIENT / f"counter_{index:04}"
        folder.mkdir(parents=True)
        copied = text.replace('name = "Counter"', f'name = "Counter {index:04}"')
        (folder / "entry.py").write_text(copied, "utf-8")


def route_of(app_id: str) -> str:
    """Return the address of an app's first page."""
    return "/apps/" + app_id.replace("/", "-").replace("_", "-")


def entry_text(source: str) -> str:
    """Return entry.py of one of benchmarks/apps."""
    return (SOURCES / source / "entry.py").read_text("utf-8")


def with_heading(text: str, heading: str) -> str:
    """Return the source with another heading."""
    if HEADING not in text:
        raise ValueError(f"the source has no {HEADING!r}")
    return text.replace(HEADING, heading)
