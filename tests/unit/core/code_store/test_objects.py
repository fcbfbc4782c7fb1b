from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from obstore.exceptions import GenericError, PermissionDeniedError
from obstore.store import MemoryStore

from app.core.code_store import CodeStore, Damaged, open_code_store, s3_store
from app.core.code_store.objects import ObjectCodeStore
from app.kernel.errors import StorageFull, Unavailable


@pytest.fixture
def folder(tmp_path: Path) -> CodeStore:
    store = open_code_store(tmp_path, {})
    store.make()
    return store


def _file(tmp_path: Path, digest: str) -> Path:
    return tmp_path / "code" / "sha256" / digest[:2] / digest[2:]


async def test_damage_is_found_whichever_way_it_is_read(folder: CodeStore, tmp_path: Path) -> None:
    digest = await folder.put(b"hello" * 1_000_000)
    file = _file(tmp_path, digest)
    file.write_bytes(file.read_bytes()[:-1] + b"!")
    with pytest.raises(Damaged, match=digest):
        await folder.get(digest)
    stream = await folder.stream(digest)
    with pytest.raises(Damaged, match=digest):
        async for _ in stream:
            pass


async def test_putting_again_repairs_and_renews(folder: CodeStore, tmp_path: Path) -> None:
    digest = await folder.put(b"hello")
    _file(tmp_path, digest).write_bytes(b"hell")
    os.utime(_file(tmp_path, digest), (0, 0))
    await folder.put(b"hello")
    assert await folder.get(digest) == b"hello"
    (found,) = [content async for content in folder.all()]
    assert found.modified > datetime.now(UTC) - timedelta(minutes=5)


async def test_what_nothing_here_put_there_is_a_stranger_and_never_a_content(
    folder: CodeStore, tmp_path: Path
) -> None:
    digest = await folder.put(b"hello")
    (tmp_path / "code" / "README").write_text("x")
    (tmp_path / "code" / "sha256" / digest[:2] / "short").write_text("x")
    assert [content.digest async for content in folder.all()] == [digest]
    assert await folder.strangers() == ["README", f"sha256/{digest[:2]}/short"]


async def test_half_written_files_are_removed_once_they_are_old(
    folder: CodeStore, tmp_path: Path
) -> None:
    digest = await folder.put(b"hello")
    half = _file(tmp_path, digest).with_name(f"{digest[2:]}#1")
    half.write_bytes(b"hel")
    young, old = (datetime.now(UTC) + timedelta(hours=hours) for hours in (-1, 1))
    name = f"sha256/{digest[:2]}/{half.name}"
    assert [content.digest async for content in folder.all()] == [digest]
    assert await folder.leftovers(young, remove=True) == []
    assert await folder.leftovers(old, remove=False) == [name]
    assert half.exists()
    assert await folder.leftovers(old, remove=True) == [name]
    assert not half.exists()
    assert await folder.get(digest) == b"hello"


async def test_a_folder_that_is_not_there_is_told_and_never_made_by_the_way(tmp_path: Path) -> None:
    here, away = tmp_path / "code", tmp_path / "away"
    store = open_code_store(tmp_path, {})
    with pytest.raises(Unavailable, match="is its disk mounted"):
        await store.check()
    store.make()
    digest = await store.put(b"hello")
    here.rename(away)
    for work in (
        store.check,
        lambda: store.get(digest),
        lambda: store.stream(digest),
        lambda: store.has(digest),
        lambda: store.put(b"hello"),
        lambda: store.delete(digest),
    ):
        with pytest.raises(Unavailable, match="is its disk mounted"):
            await work()
        assert not here.exists()
    away.rename(here)
    assert await store.get(digest) == b"hello"


class _Failing:
    """Stands for an object store whose every request fails."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def __call__(self) -> MemoryStore:
        raise self.error


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (GenericError("Generic LocalFileSystem error: No space left on device"), StorageFull),
        (GenericError("Generic LocalFileSystem error: File too large"), StorageFull),
        (GenericError("Generic LocalFileSystem error: Disk quota exceeded"), StorageFull),
        (GenericError("Generic S3 error: connection refused\n\nDebug source: …"), Unavailable),
        (PermissionDeniedError("The operation lacked privileges"), Unavailable),
    ],
)
async def test_errors_that_are_nobodys_bug_are_errors_of_the_core(
    error: Exception, expected: type[Exception]
) -> None:
    store = ObjectCodeStore(_Failing(error), "s3://there")
    with pytest.raises(expected) as caught:
        await store.put(b"hello")
    assert "Debug source" not in str(caught.value)


async def test_a_bucket_that_is_not_there_is_no_empty_one(s3: dict[str, str]) -> None:
    store = s3_store("s3://nothing-here", s3)
    with pytest.raises(Unavailable, match="nothing-here"):
        await store.check()
    with pytest.raises(Unavailable, match="nothing-here"):
        await store.put(b"hello")


async def test_wrong_credentials_are_told_and_never_shown(s3: dict[str, str]) -> None:
    store = s3_store("s3://graft", {**s3, "AWS_SECRET_ACCESS_KEY": "mistyped"})
    for use in (store.check(), store.put(b"hello"), store.get("a" * 64)):
        with pytest.raises(Unavailable) as caught:
            await use
        assert "mistyped" not in str(caught.value)


async def test_prefixes_of_one_bucket_are_stores_of_their_own(s3: dict[str, str]) -> None:
    one, other = s3_store("s3://graft/one", s3), s3_store("s3://graft/other/", s3)
    digest = await one.put(b"hello")
    assert await one.has(digest)
    assert not await other.has(digest)
    assert [content async for content in other.all()] == []
