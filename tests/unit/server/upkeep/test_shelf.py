"""The folder in which values of open pages wait for the next start."""

from __future__ import annotations

import os
import stat
import time
from pathlib import Path

import pytest

from app.core.secret_box import SecretBox
from app.server.upkeep.shelf import KEPT_SECONDS, FolderShelf

BOX = SecretBox([b"k" * 32])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "open-pages"


def test_what_is_put_is_taken_once(folder: Path) -> None:
    shelf = FolderShelf(folder, BOX)
    shelf.put("token", b"first")
    shelf.put("token", b"second")
    assert (shelf.take("other"), shelf.take("token"), shelf.take("token")) == (
        None,
        b"second",
        None,
    )
    assert list(folder.iterdir()) == []


def test_nobody_else_can_read_it(folder: Path) -> None:
    FolderShelf(folder, BOX).put("token", b"a secret plan")
    [file] = folder.iterdir()
    assert "token" not in file.name
    assert b"secret plan" not in file.read_bytes()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


@pytest.mark.parametrize("content", [b"", b"v1.", b"forged", b"v1.00000000.forged"])
def test_what_somebody_else_wrote_is_not_taken(folder: Path, content: bytes) -> None:
    shelf = FolderShelf(folder, BOX)
    shelf.put("token", b"genuine")
    [file] = folder.iterdir()
    file.write_bytes(content)
    assert shelf.take("token") is None


def test_what_was_kept_for_one_tab_is_nothing_to_another(folder: Path) -> None:
    shelf = FolderShelf(folder, BOX)
    shelf.put("mine", b"my plan")
    [mine] = folder.iterdir()
    shelf.put("yours", b"your plan")
    yours = next(path for path in folder.iterdir() if path != mine)
    os.replace(mine, yours)
    assert shelf.take("yours") is None


def test_a_full_disk_loses_a_page_and_no_more(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    shelf = FolderShelf(folder, BOX)
    with monkeypatch.context() as patched:
        patched.setattr(os, "replace", full)
        shelf.put("token", b"plan")
    assert shelf.take("token") is None
    assert list(folder.iterdir()) == []


def test_what_nobody_came_back_for_goes_after_a_day(folder: Path) -> None:
    shelf = FolderShelf(folder, BOX)
    shelf.sweep()
    for name, age in (("old", KEPT_SECONDS + 60), ("new", 60)):
        shelf.put(name, name.encode())
        newest = max(folder.iterdir(), key=lambda path: path.stat().st_mtime)
        os.utime(newest, (time.time() - age,) * 2)
    shelf.sweep()
    assert (shelf.take("old"), shelf.take("new")) == (None, b"new")
