"""Files with settings of apps, watched."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from queue import Queue

import pytest

from app.source.watching.settings_watch import SettingsWatcher

PATIENCE = 120  # seconds; only a failing test waits that long


@pytest.fixture
def told(tmp_path: Path) -> Iterator[Queue[frozenset[str]]]:
    """What the watcher of `settings` tells."""
    queue: Queue[frozenset[str]] = Queue()
    watcher = SettingsWatcher(tmp_path / "settings", queue.put)
    (tmp_path / "settings" / "acme").mkdir()
    yield queue
    watcher.close()


def test_saves_of_every_kind_are_told(tmp_path: Path, told: Queue[frozenset[str]]) -> None:
    file = tmp_path / "settings" / "acme" / "one.toml"
    file.write_text("a = 1")
    assert told.get(timeout=PATIENCE) == {"acme/one"}
    aside = file.with_name(".saving")
    aside.write_text("a = 2")
    os.replace(aside, file.with_name("two.toml"))
    while told.get(timeout=PATIENCE) != {"acme/two"}:
        pass
    file.unlink()
    while told.get(timeout=PATIENCE) != {"acme/one"}:
        pass


def test_other_files_and_reading_are_not_told(tmp_path: Path, told: Queue[frozenset[str]]) -> None:
    folder = tmp_path / "settings"
    (folder / "stray.toml").write_text("a = 1")
    (folder / "acme" / "notes.txt").write_text("x")
    (folder / "acme" / "deep").mkdir()
    (folder / "acme" / "deep" / "er.toml").write_text("a = 1")
    (folder / "acme" / "last.toml").write_text("a = 1")
    assert told.get(timeout=PATIENCE) == {"acme/last"}


def test_whoever_is_told_may_fail(tmp_path: Path) -> None:
    queue: Queue[frozenset[str]] = Queue()

    def fail(app_ids: frozenset[str]) -> None:
        queue.put(app_ids)
        raise RuntimeError("broken consumer")

    watcher = SettingsWatcher(tmp_path, fail)
    try:
        for name in ("one", "two"):
            file = tmp_path / "acme" / f"{name}.toml"
            file.parent.mkdir(exist_ok=True)
            file.write_text("a = 1")
            while queue.get(timeout=PATIENCE) != {f"acme/{name}"}:
                pass
    finally:
        watcher.close()
