from __future__ import annotations

import errno
import hashlib
import os
import time
from pathlib import Path
from typing import BinaryIO

import pytest

from app.core import blobs
from app.core.blobs import BlobFolder
from app.kernel.errors import NotFound, StorageFull, TooLarge


@pytest.fixture
def folder(tmp_path: Path) -> BlobFolder:
    return BlobFolder(tmp_path)


def _files(tmp_path: Path) -> list[Path]:
    return [path for path in tmp_path.rglob("*") if path.is_file()]


def _digests(folder: BlobFolder) -> list[str]:
    return [stored.digest for stored in folder.all()]


def _store(folder: BlobFolder, content: bytes) -> str:
    incoming = folder.receive(1_000)
    incoming.write([content])
    sha256 = incoming.finish()
    folder.keep(incoming, sha256)
    incoming.discard()
    return sha256


def _full(file: BinaryIO, chunk: bytes) -> None:
    file.write(chunk[:1])
    raise OSError(errno.ENOSPC, "No space left on device")


def test_a_content_is_found_under_its_digest_and_nothing_else_is_left(
    folder: BlobFolder, tmp_path: Path
) -> None:
    sha256 = _store(folder, b"hello")
    assert sha256 == hashlib.sha256(b"hello").hexdigest()
    with folder.open(sha256) as file:
        assert file.read() == b"hello"
    assert _digests(folder) == [sha256]
    assert _files(tmp_path) == [tmp_path / "blobs" / sha256[:2] / sha256[2:]]


def test_the_same_content_is_there_once(folder: BlobFolder) -> None:
    assert _store(folder, b"hello") == _store(folder, b"hello")
    assert len(list(folder.all())) == 1


def test_an_empty_content_is_a_content(folder: BlobFolder) -> None:
    with folder.open(_store(folder, b"")) as file:
        assert file.read() == b""


def test_nothing_is_on_disk_before_the_first_byte_and_after_discarding(
    folder: BlobFolder, tmp_path: Path
) -> None:
    incoming = folder.receive(1_000)
    assert _files(tmp_path) == []
    incoming.write([b"hello"])
    assert len(_files(tmp_path)) == 1
    incoming.discard()
    incoming.discard()
    assert _files(tmp_path) == []


def test_a_thread_that_writes_after_discarding_is_stopped(
    folder: BlobFolder, tmp_path: Path
) -> None:
    incoming = folder.receive(1_000)
    incoming.discard()
    with pytest.raises(ValueError, match="discarded"):
        incoming.write([b"late"])
    assert _files(tmp_path) == []


def test_a_content_above_the_limit_is_refused_at_the_first_byte_too_many(
    folder: BlobFolder,
) -> None:
    incoming = folder.receive(10)
    incoming.write([b"12345", b"67890"])
    with pytest.raises(TooLarge, match="the file is too large: 11 bytes, at most 10"):
        incoming.write([b"1"])
    incoming.discard()


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG])
@pytest.mark.parametrize("place", ["fsync", "replace"])
def test_a_full_disk_is_an_error_of_its_own(
    folder: BlobFolder, monkeypatch: pytest.MonkeyPatch, place: str, code: int
) -> None:
    def full(*_: object) -> None:
        raise OSError(code, "full")

    incoming = folder.receive(1_000)
    incoming.write([b"hello"])
    monkeypatch.setattr(os, place, full)
    with pytest.raises(StorageFull):
        folder.keep(incoming, incoming.finish())
    incoming.discard()
    assert list(folder.all()) == []


def test_a_disk_that_gets_full_while_writing_is_an_error_of_its_own(
    folder: BlobFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(blobs, "_write_all", _full)
    incoming = folder.receive(1_000)
    with pytest.raises(StorageFull):
        incoming.write([b"hello"])
    incoming.discard()
    assert _files(tmp_path) == []


def test_another_error_of_the_disk_stays_what_it_is(
    folder: BlobFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: int) -> None:
        raise OSError(errno.EIO, "I/O error")

    incoming = folder.receive(1_000)
    incoming.write([b"hello"])
    monkeypatch.setattr(os, "fsync", broken)
    with pytest.raises(OSError, match="I/O error"):
        incoming.finish()
    incoming.discard()


def test_a_write_that_writes_less_is_continued(folder: BlobFolder) -> None:
    class Slow:
        def __init__(self) -> None:
            self.written = b""

        def write(self, chunk: memoryview) -> int:
            self.written += bytes(chunk[:2])
            return min(2, len(chunk))

    slow = Slow()
    blobs._write_all(slow, b"hello")  # type: ignore[arg-type]
    assert slow.written == b"hello"


def test_removing_twice_is_fine_and_a_removed_content_is_not_found(folder: BlobFolder) -> None:
    sha256 = _store(folder, b"hello")
    folder.remove(sha256)
    folder.remove(sha256)
    with pytest.raises(NotFound):
        folder.open(sha256)


def test_who_reads_a_content_that_is_removed_reads_on(folder: BlobFolder) -> None:
    sha256 = _store(folder, b"hello")
    with folder.open(sha256) as file:
        folder.remove(sha256)
        assert file.read() == b"hello"


@pytest.mark.parametrize("digest", ["", "../../etc/passwd", "A" * 64, "0" * 63, "0" * 64 + "\n"])
def test_what_is_no_digest_never_becomes_a_path(folder: BlobFolder, digest: str) -> None:
    with pytest.raises(ValueError, match="not a SHA-256"):
        folder.open(digest)


def test_only_uploads_that_are_dead_are_cleared(folder: BlobFolder, tmp_path: Path) -> None:
    alive, dead = folder.receive(10), folder.receive(10)
    alive.write([b"a"])
    dead.write([b"d"])
    os.utime(dead.path, (0, 0))
    hour_ago = time.time() - 3600
    name = f"incoming/{dead.path.name}"
    assert folder.leftovers(hour_ago, remove=False) == [name]
    assert folder.leftovers(hour_ago, remove=True) == [name]
    assert _files(tmp_path) == [alive.path]
    alive.discard()
    dead.discard()
    assert folder.leftovers(time.time(), remove=True) == []


def test_files_that_are_no_contents_are_left_alone(folder: BlobFolder, tmp_path: Path) -> None:
    sha256 = _store(folder, b"hello")
    stray = tmp_path / "blobs" / sha256[:2] / "README"
    stray.write_text("put here by somebody")
    assert _digests(folder) == [sha256]
    assert folder.foreign() == [f"blobs/{sha256[:2]}/README"]


def test_what_is_stored_outlives_a_power_cut(
    folder: BlobFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The bytes before they have a name, the name before anybody is told that they are stored."""
    done: list[str] = []
    replace, sync = os.replace, os.fsync

    def replaced(source: Path, target: Path) -> None:
        done.append("named")
        replace(source, target)

    def synced(descriptor: int) -> None:
        path = Path(os.readlink(f"/proc/self/fd/{descriptor}")).relative_to(tmp_path)
        done.append(next(iter(path.parts), "the folder"))
        sync(descriptor)

    monkeypatch.setattr(os, "replace", replaced)
    monkeypatch.setattr(os, "fsync", synced)
    _store(folder, b"hello")
    assert done == ["incoming", "named", "blobs", "blobs", "the folder"]


def test_a_folder_that_does_not_make_itself_keeps_nothing_where_its_disk_is_away(
    tmp_path: Path,
) -> None:
    folder = BlobFolder(tmp_path / "mounted", "sha256", makes_itself=False)
    incoming = folder.receive()
    with pytest.raises(FileNotFoundError):
        incoming.write([b"hello"])
    incoming.discard()
    assert list(tmp_path.iterdir()) == []
    folder.folder.mkdir()
    sha256 = _store(folder, b"hello")
    assert folder.path_of(sha256) == tmp_path / "mounted" / "sha256" / sha256[:2] / sha256[2:]
