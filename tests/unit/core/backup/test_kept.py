"""What apps keep in their folders, in a backup and out of it."""

from __future__ import annotations

import hashlib
import io
import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from app.core.app_folders import AppFolders
from app.core.backup import NotABackup, Place, Written, restore, write_backup
from app.core.backup.form import kept_name, parse_kept_name
from app.core.context import Core
from app.core.opening import open_core
from app.kernel.errors import Invalid
from tests.unit.core.backup.test_backup import NOTHING, _archive, _entries

APP = "acme/counter"
BOUNDARIES = ["a/../../b", "..", "a//b", "/etc/passwd", "", "%2e%2e", "a%2fb", "%61", "a%00"]


@pytest.fixture
def kept(core: Core) -> Path:
    """The folder of an app for an organisation; the server runs."""
    return core.folders.make(APP, "o1")


async def backed_up(core: Core, tmp_path: Path) -> tuple[bytes, Written]:
    output = io.BytesIO()
    written = await write_backup(Place.of(tmp_path / "data", NOTHING), output, tmp_path)
    return output.getvalue(), written


async def restored(backup: bytes, data: Path, **environ: str) -> AppFolders:
    await restore(io.BytesIO(backup), data, environ)
    return AppFolders.from_environment(data, environ)


async def test_what_apps_keep_is_there_after_a_restore(
    core: Core, kept: Path, tmp_path: Path
) -> None:
    deep = kept / "sub" / f"{'long' * 40} ä\n%2e"
    deep.parent.mkdir()
    deep.write_bytes(b"deep")
    (core.folders.make(APP, None) / "rates.csv").write_bytes(b"1")
    backup, written = await backed_up(core, tmp_path)
    assert (written.kept, written.left_out) == (2, ())
    folders = await restored(backup, tmp_path / "new")
    found = folders.of(APP, "o1").path / "sub" / deep.name
    assert found.read_bytes() == b"deep"
    assert found.stat().st_mode & 0o077 == 0
    assert (folders.of(APP, None).path / "rates.csv").read_bytes() == b"1"


async def test_they_are_restored_to_the_place_that_the_settings_name(
    core: Core, kept: Path, tmp_path: Path
) -> None:
    (kept / "file").write_text("x")
    backup, _ = await backed_up(core, tmp_path)
    elsewhere = {"GRAFT_FOLDERS": str(tmp_path / "mounted")}
    await restored(backup, tmp_path / "new", **elsewhere)
    assert (tmp_path / "mounted" / APP / "organisations" / "o1" / "file").read_text() == "x"
    with pytest.raises(Invalid, match="there are folders of apps in"):
        await restored(backup, tmp_path / "other", **elsewhere)
    assert (tmp_path / "mounted" / APP / "organisations" / "o1" / "file").exists()


async def test_a_database_that_is_written_to_is_copied_as_it_is_at_one_moment(
    core: Core, kept: Path, tmp_path: Path
) -> None:
    with closing(sqlite3.connect(kept / "notes.db")) as database:
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("CREATE TABLE note (text)")
        database.execute("INSERT INTO note VALUES ('kept')")
        database.commit()
        database.execute("INSERT INTO note VALUES ('not yet')")
        assert (kept / "notes.db-wal").stat().st_size
        backup, written = await backed_up(core, tmp_path)
    assert written.kept == 1
    folders = await restored(backup, tmp_path / "new")
    with closing(sqlite3.connect(folders.of(APP, "o1").path / "notes.db")) as database:
        assert database.execute("SELECT text FROM note").fetchall() == [("kept",)]


async def test_a_damaged_database_is_copied_like_any_file(
    core: Core, kept: Path, tmp_path: Path
) -> None:
    (kept / "broken.db").write_bytes(b"SQLite format 3\0 and nothing else")
    (kept / "broken.db-wal").write_bytes(b"beside")
    backup, written = await backed_up(core, tmp_path)
    assert written.kept == 2
    folders = await restored(backup, tmp_path / "new")
    found = folders.of(APP, "o1").path / "broken.db"
    assert found.read_bytes() == b"SQLite format 3\0 and nothing else"


async def test_links_are_left_out_and_named(core: Core, kept: Path, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    (kept / "link").symlink_to(tmp_path / "secret")
    (kept / "folder").symlink_to(tmp_path)
    os.mkfifo(kept / "pipe")
    backup, written = await backed_up(core, tmp_path)
    assert [name.rpartition("/")[2] for name in written.left_out] == ["folder", "link", "pipe"]
    assert not any(name.startswith("folders/") for name in _entries(backup))


@pytest.mark.parametrize("path", BOUNDARIES)
async def test_no_entry_is_restored_outside_of_the_folders(
    core: Core, kept: Path, tmp_path: Path, path: str
) -> None:
    (kept / "file").write_text("x")
    entries = _entries((await backed_up(core, tmp_path))[0])
    entries[f"folders/{APP}/shared/{path}"] = b"evil"
    with pytest.raises(NotABackup):
        await restored(_archive(entries), tmp_path / "new")
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize(
    "name",
    ["folders/acme/shared/x", "folders/../a/shared/x", f"folders/{APP}/organisations/../x"],
)
def test_no_name_of_an_entry_is_that_of_another_folder(name: str) -> None:
    assert parse_kept_name(name) is None


def test_each_file_has_one_name() -> None:
    parts = ("a b", "ä%2e", "\udcff")
    name = kept_name(APP, "o1", parts)
    assert name.isascii()
    assert parse_kept_name(name) == (APP, "o1", parts)


async def test_a_restore_that_fails_leaves_no_folders(
    core: Core, kept: Path, tmp_path: Path
) -> None:
    (kept / "file").write_text("x")
    backup, _ = await backed_up(core, tmp_path)
    elsewhere = {"GRAFT_FOLDERS": str(tmp_path / "mounted")}
    with pytest.raises(NotABackup):
        await restored(backup[:-40], tmp_path / "new", **elsewhere)
    assert list((tmp_path / "mounted").rglob("file")) == []


async def test_an_older_backup_has_none_and_is_restored_all_the_same(
    core: Core, tmp_path: Path
) -> None:
    entries = _entries((await backed_up(core, tmp_path))[0])
    about = entries["graft-backup.json"].replace(b'"format": 2', b'"format": 1')
    sums = entries["SHA256SUMS"].decode().splitlines()
    digest = hashlib.sha256(about).hexdigest()
    sums = [f"{digest}  graft-backup.json" if "graft-backup" in one else one for one in sums]
    entries |= {"graft-backup.json": about, "SHA256SUMS": ("\n".join(sums) + "\n").encode()}
    await restored(_archive(entries), tmp_path / "new")
    await open_core(tmp_path / "new").close()
