"""What is in the data folder is nobody else's."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from app.core.database import open_engine
from app.core.opening import open_core
from app.core.private import make_private_folder, making_private, open_to_others


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def everything(folder: Path) -> list[Path]:
    return [folder, *folder.rglob("*")]


async def test_what_is_made_in_a_data_folder_is_private(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        core = open_core(tmp_path / "data")
        await core.close()
    finally:
        os.umask(before)
    assert mode(tmp_path / "data") == 0o700
    assert mode(tmp_path / "data" / "graft.sqlite3") == 0o600
    assert mode(tmp_path / "data" / "secret.key") == 0o600


def test_an_open_database_is_closed_with_the_files_beside_it(tmp_path: Path) -> None:
    file = tmp_path / "graft.sqlite3"
    first = open_engine(f"sqlite:///{file}")
    with first.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE plants (name TEXT)")
        files = sorted(tmp_path.iterdir())
        assert {one.name for one in files} > {"graft.sqlite3", "graft.sqlite3-wal"}
        for one in files:
            one.chmod(0o644)
        open_engine(f"sqlite:///{file}").dispose()
        assert {mode(one) for one in files} == {0o600}
    first.dispose()


def test_folders_are_closed_at_every_depth_and_links_are_not_followed(tmp_path: Path) -> None:
    data, elsewhere = tmp_path / "data", tmp_path / "elsewhere"
    (data / "files" / "ab").mkdir(parents=True)
    elsewhere.mkdir()
    (data / "link").symlink_to(elsewhere)
    for folder in (data, data / "files", data / "files" / "ab", elsewhere):
        folder.chmod(0o755)
    assert open_to_others(data) == []
    assert {mode(data), mode(data / "files"), mode(data / "files" / "ab")} == {0o700}
    assert mode(elsewhere) == 0o755


def test_a_folder_that_cannot_be_closed_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mounted").mkdir(mode=0o755)
    (tmp_path / "mounted").chmod(0o755)

    def refuse(path: object, mode: int) -> None:
        raise PermissionError(str(path))

    tmp_path.chmod(0o700)
    monkeypatch.setattr("os.chmod", refuse)
    assert open_to_others(tmp_path) == [tmp_path / "mounted"]


def test_a_process_that_makes_private_things_is_as_before_afterwards(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        with making_private():
            (tmp_path / "inside").touch()
        (tmp_path / "outside").touch()
    finally:
        os.umask(before)
    assert (mode(tmp_path / "inside"), mode(tmp_path / "outside")) == (0o600, 0o644)


def test_folders_above_are_made(tmp_path: Path) -> None:
    make_private_folder(tmp_path / "var" / "graft")
    assert mode(tmp_path / "var" / "graft") == 0o700
