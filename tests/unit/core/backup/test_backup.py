from __future__ import annotations

import asyncio
import contextlib
import gzip
import io
import os
import sqlite3
import tarfile
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.core import apps, files
from app.core.backup import NotABackup, Place, Written, check, restore, write_backup
from app.core.backup import writing as writing_module
from app.core.blobs import BlobFolder
from app.core.context import Core, use
from app.core.opening import open_core
from app.core.private import LOCK
from app.kernel.actor import Actor, acting_as
from app.kernel.errors import Invalid, NotFound, StorageFull
from app.server.process.holding import holding
from tests.unit.core.apps.packages import COUNTER, upload

NOTHING: Mapping[str, str] = {}


@pytest.fixture
async def data(core: Core, ada: Actor, tmp_path: Path) -> Path:
    """The folder of a server with a served app and a file of Ada's; the server runs."""
    await upload(core, b"the package")
    await apps.promote(core, COUNTER, 1, base_revision=None)
    with acting_as(ada):
        await files.save("plan.txt", b"a plan")
    return tmp_path / "data"


async def _backed_up(data: Path, **options: bool) -> tuple[bytes, Written]:
    output = io.BytesIO()
    written = await write_backup(Place.of(data, NOTHING), output, data.parent, **options)
    return output.getvalue(), written


async def _contents(data: Path, ada: Actor) -> tuple[bytes, int, bytes]:
    """What was put in, read from a data folder."""
    core = open_core(data)
    try:
        with use(core), acting_as(ada):
            [version] = await apps.versions(core, COUNTER)
            [plan] = _rows(data, "SELECT id FROM files")
            content = b"".join([chunk async for chunk in await files.open(plan[0])])
            package = await core.code.get(version.package_digest)
            return package, version.number, content
    finally:
        await core.close()


def _rows(data: Path, query: str) -> list[tuple[str, ...]]:
    with closing(sqlite3.connect(data / "graft.sqlite3")) as database:
        return database.execute(query).fetchall()


def _entries(backup: bytes) -> dict[str, bytes]:
    with tarfile.open(fileobj=io.BytesIO(backup)) as tar:
        return {entry.name: tar.extractfile(entry).read() for entry in tar}  # type: ignore[union-attr]


def _archive(entries: Mapping[str, bytes]) -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w:gz") as tar:
        for name, content in entries.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    return made.getvalue()


async def test_everything_is_there_after_it_was_restored(
    data: Path, ada: Actor, tmp_path: Path
) -> None:
    backup, written = await _backed_up(data)
    restored = await restore(io.BytesIO(backup), tmp_path / "new", NOTHING)
    assert (restored.contents, restored.size) == (written.contents, written.size)
    assert await _contents(tmp_path / "new", ada) == await _contents(data, ada)
    assert (tmp_path / "new" / "secret.key").read_bytes() == (data / "secret.key").read_bytes()


async def test_what_was_restored_is_closed_to_other_accounts(data: Path, tmp_path: Path) -> None:
    backup, _ = await _backed_up(data)
    await restore(io.BytesIO(backup), tmp_path / "new", NOTHING)
    modes = {path: path.stat().st_mode & 0o077 for path in (tmp_path / "new").rglob("*")}
    assert not any(modes.values())


async def test_a_backup_changes_nothing_on_the_server(data: Path) -> None:
    [before] = _rows(data, "SELECT version_num FROM alembic_version")
    with closing(sqlite3.connect(data / "graft.sqlite3")) as database:
        database.execute("UPDATE alembic_version SET version_num = '0001'")
        database.commit()
    _, written = await _backed_up(data)
    assert written.about.schema_version == "0001"
    assert _rows(data, "SELECT version_num FROM alembic_version") == [("0001",)]
    assert before != ("0001",)


async def test_what_is_added_while_the_contents_are_copied_is_in_the_backup(
    core: Core, data: Path, ada: Actor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    late = writing_module._Writer._add_all_contents

    async def slow(self: writing_module._Writer, tar: tarfile.TarFile) -> None:
        await late(self, tar)
        with acting_as(ada):
            await files.save("late.txt", b"written meanwhile")

    monkeypatch.setattr(writing_module._Writer, "_add_all_contents", slow)
    backup, written = await _backed_up(data)
    assert written.missing == ()
    assert b"written meanwhile" in _entries(backup).values()


async def test_what_is_removed_while_it_is_copied_is_not_named_by_the_copy(
    core: Core, data: Path, ada: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    with acting_as(ada):
        doomed = await files.save("doomed.txt", b"soon gone")
    copied = writing_module._Writer._copy_database
    rounds: list[int] = []

    async def then_gone(self: writing_module._Writer) -> str:
        version = await copied(self)
        rounds.append(1)
        if len(rounds) == 2:  # the copy that goes into the archive names it still
            self.copied.discard(f"files/{doomed.sha256}")
            with acting_as(ada):
                await files.delete(doomed.id)
        return version

    monkeypatch.setattr(writing_module._Writer, "_copy_database", then_gone)
    _, written = await _backed_up(data)
    assert written.missing == ()
    assert len(rounds) == 3


async def test_contents_that_the_server_has_lost_are_named(data: Path) -> None:
    [lost] = [one.digest for one in BlobFolder(data / "files").all()]
    BlobFolder(data / "files").remove(lost)
    _, written = await _backed_up(data)
    assert written.missing == (f"files/{lost}",)


async def test_a_damaged_content_is_as_good_as_lost(data: Path) -> None:
    [digest] = [one.digest for one in BlobFolder(data / "files").all()]
    BlobFolder(data / "files").path_of(digest).write_bytes(b"other bytes")
    backup, written = await _backed_up(data)
    assert written.missing == (f"files/{digest}",)
    assert b"other bytes" not in _entries(backup).values()


async def test_the_key_can_be_left_out(data: Path, tmp_path: Path) -> None:
    backup, written = await _backed_up(data, with_key=False)
    assert written.about.key == "left out"
    assert "secret.key" not in _entries(backup)


async def test_the_key_of_the_environment_is_not_in_the_backup(data: Path) -> None:
    output = io.BytesIO()
    place = Place.of(data, {"GRAFT_SECRET_KEY": "a" * 43})
    written = await write_backup(place, output, data.parent)
    assert written.about.key == "in the environment"
    assert "secret.key" not in _entries(output.getvalue())


async def test_a_database_server_has_backups_of_its_own(data: Path, tmp_path: Path) -> None:
    elsewhere = {"GRAFT_DATABASE_URL": "postgresql://localhost/graft"}
    place = Place.of(data, elsewhere)
    with pytest.raises(Invalid, match="pg_dump"):
        await write_backup(place, io.BytesIO(), data.parent)
    output = io.BytesIO()
    written = await write_backup(place, output, data.parent, without_database=True)
    assert written.about.database == "elsewhere"
    with pytest.raises(Invalid, match="GRAFT_DATABASE_URL"):
        await restore(io.BytesIO(output.getvalue()), tmp_path / "new", NOTHING)
    await restore(io.BytesIO(output.getvalue()), tmp_path / "new", elsewhere)
    assert list(BlobFolder(tmp_path / "new" / "files").all())


async def test_a_folder_that_is_not_empty_is_left_as_it_is(data: Path, tmp_path: Path) -> None:
    backup, _ = await _backed_up(data)
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / "mine").write_text("mine")
    with pytest.raises(Invalid, match="not empty"):
        await restore(io.BytesIO(backup), tmp_path / "new", NOTHING)
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["mine"]


async def test_the_lock_that_a_server_left_counts_for_nothing_and_one_that_is_held_is_told(
    data: Path, ada: Actor, tmp_path: Path
) -> None:
    backup, _ = await _backed_up(data)
    new = tmp_path / "new"
    with holding(new, "http://localhost:3000"), pytest.raises(Invalid, match="a server runs on"):
        await restore(io.BytesIO(backup), new, NOTHING)
    assert [path.name for path in new.iterdir()] == [LOCK]
    with pytest.raises(NotABackup):
        await restore(io.BytesIO(backup[:-50]), new, NOTHING)
    # Whoever took its place would not keep out who has it open.
    assert [path.name for path in new.iterdir()] == [LOCK]
    await restore(io.BytesIO(backup), new, NOTHING)
    assert (await _contents(new, ada))[0] == b"the package"


async def test_a_folder_that_is_not_a_servers_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="--data"):
        Place.of(tmp_path / "none", NOTHING)
    (tmp_path / "empty").mkdir()
    with pytest.raises(NotFound, match="no database"):
        await write_backup(Place.of(tmp_path / "empty", NOTHING), io.BytesIO(), tmp_path)


async def test_a_full_disk_leaves_nothing_half_restored(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    backup, _ = await _backed_up(data)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("app.core.backup.restoring._write", full)
    with pytest.raises(StorageFull, match="nothing was restored"):
        await restore(io.BytesIO(backup), tmp_path / "new", NOTHING)
    assert not (tmp_path / "new").exists()


async def test_a_backup_of_a_newer_release_is_refused(data: Path, tmp_path: Path) -> None:
    entries = _entries((await _backed_up(data))[0])
    about = entries["graft-backup.json"]
    for newer in (
        about.replace(b'"format": 2', b'"format": 3'),
        about.replace(b'"schema_version": "', b'"schema_version": "9'),
    ):
        assert newer != about
        backup = _archive({**entries, "graft-backup.json": newer})
        with pytest.raises(NotABackup, match="newer Graft"):
            await restore(io.BytesIO(backup), tmp_path / "new", NOTHING)
        assert not (tmp_path / "new").exists()


@pytest.mark.parametrize(
    "name", ["../outside", "/etc/passwd", "code/../../x", "files/short", "setup-link"]
)
async def test_entries_of_other_names_are_refused(data: Path, tmp_path: Path, name: str) -> None:
    entries = _entries((await _backed_up(data))[0])
    backup = _archive({"graft-backup.json": entries["graft-backup.json"], name: b"x"})
    with pytest.raises(NotABackup, match="entry"):
        await restore(io.BytesIO(backup), tmp_path / "new", NOTHING)
    assert not (tmp_path / "new").exists()


async def test_links_are_refused(data: Path, tmp_path: Path) -> None:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w:gz") as tar:
        link = tarfile.TarInfo("secret.key")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        tar.addfile(link)
    with pytest.raises(NotABackup, match="entry"):
        await restore(io.BytesIO(made.getvalue()), tmp_path / "new", NOTHING)


@pytest.mark.parametrize("left_out", ["graft-backup.json", "database.sqlite3", "SHA256SUMS"])
async def test_a_backup_without_a_part_is_refused(
    data: Path, tmp_path: Path, left_out: str
) -> None:
    entries = _entries((await _backed_up(data))[0])
    del entries[left_out]
    with pytest.raises(NotABackup):
        await restore(io.BytesIO(_archive(entries)), tmp_path / "new", NOTHING)
    assert not (tmp_path / "new").exists()


@pytest.fixture(scope="module")
def undamaged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A backup, uncompressed: what a flipped bit does is not left to gzip's own checksum."""
    file = tmp_path_factory.mktemp("backup") / "backup.tar"

    async def make() -> bytes:
        folder = tmp_path_factory.mktemp("server")
        core = open_core(folder)
        await upload(core, os.urandom(3000))
        await core.close()
        return (await _backed_up(folder))[0]

    file.write_bytes(gzip.decompress(asyncio.run(make())))
    return file


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(place=st.floats(0, 1, exclude_max=True), change=st.integers(1, 255))
def test_a_damaged_backup_is_never_taken_for_a_whole_one(
    undamaged: Path, tmp_path: Path, place: float, change: int
) -> None:
    damaged = bytearray(undamaged.read_bytes())
    position = int(place * len(damaged))
    damaged[position] ^= change
    with contextlib.suppress(NotABackup):
        read = check(io.BytesIO(gzip.compress(bytes(damaged), 1)), tmp_path)
        # Only what says nothing may have been changed: padding, or a header's owner and times.
        assert read == check(io.BytesIO(gzip.compress(undamaged.read_bytes(), 1)), tmp_path)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(share=st.floats(0, 1, exclude_max=True))
def test_a_backup_that_was_cut_off_is_refused(
    undamaged: Path, tmp_path: Path, share: float
) -> None:
    content = undamaged.read_bytes()
    whole, end = gzip.compress(content, 1), len(content.rstrip(b"\0\n"))
    for cut in (whole[: int(share * len(whole))], gzip.compress(content[: int(share * end)], 1)):
        with pytest.raises(NotABackup):
            check(io.BytesIO(cut), tmp_path)
