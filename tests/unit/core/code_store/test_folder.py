from __future__ import annotations

import asyncio
import errno
import hashlib
import os
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import anyio
import pytest

from app.core.code_store import CodeStore, Damaged, open_code_store
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
    assert await folder.foreign() == ["README", f"sha256/{digest[:2]}/short"]


async def test_half_written_files_are_removed_once_they_are_old(
    folder: CodeStore, tmp_path: Path
) -> None:
    digest = await folder.put(b"hello")
    half = tmp_path / "code" / "incoming" / "half"
    former = _file(tmp_path, digest).with_name(f"{digest[2:]}#1")  # as obstore wrote them
    for file in (half, former):
        file.write_bytes(b"hel")
    young, old = (datetime.now(UTC) + timedelta(hours=hours) for hours in (-1, 1))
    names = ["incoming/half", f"sha256/{digest[:2]}/{former.name}"]
    assert [content.digest async for content in folder.all()] == [digest]
    assert await folder.foreign() == []
    assert await folder.leftovers(young, remove=True) == []
    assert await folder.leftovers(old, remove=False) == names
    assert half.exists()
    assert await folder.leftovers(old, remove=True) == names
    assert not half.exists()
    assert not former.exists()
    assert await folder.get(digest) == b"hello"


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG])
async def test_a_full_disk_is_told_and_leaves_nothing(
    folder: CodeStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    def full(_: int) -> None:
        raise OSError(code, "full")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        with pytest.raises(StorageFull):
            await folder.put(b"hello")
    assert [path for path in (tmp_path / "code").rglob("*") if path.is_file()] == []
    assert await folder.put(b"hello")


async def test_what_else_the_disk_says_is_told_with_the_name_of_the_store(
    folder: CodeStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: int) -> None:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(os, "fsync", broken)
    with pytest.raises(Unavailable, match="code cannot be used: Input/output error"):
        await folder.put(b"hello")
    assert [path for path in (tmp_path / "code").rglob("*") if path.is_file()] == []


async def test_whoever_stops_waiting_for_a_put_leaves_nothing_half_written(
    folder: CodeStore, tmp_path: Path
) -> None:
    begun = asyncio.Event()

    async def endless() -> AsyncIterator[bytes]:
        yield b"x" * 2_000_000
        begun.set()
        await asyncio.Event().wait()

    async with anyio.create_task_group() as putting:
        putting.start_soon(folder.put, endless())
        await begun.wait()
        assert len(list((tmp_path / "code" / "incoming").iterdir())) == 1
        putting.cancel_scope.cancel()
    assert list((tmp_path / "code" / "incoming").iterdir()) == []


async def test_what_an_earlier_server_put_is_found_and_can_be_put_again(
    folder: CodeStore, tmp_path: Path
) -> None:
    digest = hashlib.sha256(b"hello").hexdigest()
    _file(tmp_path, digest).parent.mkdir(parents=True)
    _file(tmp_path, digest).write_bytes(b"hello")
    assert await folder.get(digest) == b"hello"
    assert await folder.put(b"hello") == digest
    assert [content.digest async for content in folder.all()] == [digest]


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
