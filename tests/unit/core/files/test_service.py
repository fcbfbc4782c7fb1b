from __future__ import annotations

import asyncio
import dataclasses
import errno
import hashlib
import os
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

import pytest
from sqlmodel import Session

from app.core import files
from app.core.blobs import Incoming
from app.core.context import Core
from app.core.files import FileInfo, NotFound, StorageFull, TooLarge, store
from app.kernel.actor import Actor, Forbidden, acting_as
from app.kernel.errors import Unavailable


@pytest.fixture
def as_ada(ada: Actor) -> Iterator[Actor]:
    with acting_as(ada) as who:
        yield who


@pytest.fixture
def disk(tmp_path: Path, core: Core) -> Callable[[], list[bytes]]:
    """What lies on the disk: the content of every file in the file store, uploads included."""
    folder = tmp_path / "data" / "files"
    return lambda: sorted(path.read_bytes() for path in folder.rglob("*") if path.is_file())


Disk = Callable[[], list[bytes]]


async def _stream(*chunks: bytes) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk


async def _content(id: str) -> bytes:
    return b"".join([chunk async for chunk in await files.open(id)])


async def test_a_file_can_be_read_back(as_ada: Actor) -> None:
    saved = await files.save("folder/plan.txt", b"hello")
    assert saved == FileInfo(
        id=saved.id,
        name="plan.txt",
        size=5,
        sha256=hashlib.sha256(b"hello").hexdigest(),
        content_type="text/plain",
        created_at=saved.created_at,
    )
    assert await files.info(saved.id) == saved
    assert await _content(saved.id) == b"hello"
    assert await files.url(saved.id) == saved.url == f"/files/{saved.id}/plan.txt"


@pytest.mark.parametrize("sizes", [[], [0], [1, 0, 1], [700_000] * 4, [2_999_999, 1]])
async def test_a_stream_of_any_chunks_is_stored_whole(as_ada: Actor, sizes: list[int]) -> None:
    chunks = [os.urandom(size) for size in sizes]
    saved = await files.save("a.bin", _stream(*chunks))
    assert saved.size == sum(sizes)
    assert await _content(saved.id) == b"".join(chunks)


async def test_content_comes_in_chunks_of_at_most_a_mebibyte(as_ada: Actor) -> None:
    saved = await files.save("a.bin", bytes(2_500_000))
    sizes = [len(chunk) async for chunk in await files.open(saved.id)]
    assert sizes == [1_048_576, 1_048_576, 402_848]


async def test_an_upload_is_written_while_it_arrives(as_ada: Actor, disk: Disk) -> None:
    seen: list[int] = []

    async def stream() -> AsyncIterator[bytes]:
        yield bytes(1_048_576)
        seen.extend(len(content) for content in disk())
        yield b"end"

    await files.save("a.bin", stream())
    assert seen == [1_048_576]


async def test_a_file_above_the_limit_is_refused_while_it_arrives(
    as_ada: Actor, disk: Disk
) -> None:
    asked = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal asked
        while True:
            asked += 1
            yield bytes(1_000_000)

    with pytest.raises(TooLarge) as caught:
        await files.save("a.bin", endless())
    assert caught.value.limit == 3_000_000
    assert asked == 4
    assert disk() == []
    assert await files.list() == []


async def test_the_same_content_is_on_disk_once_until_its_last_file_is_deleted(
    as_ada: Actor, grace: Actor, disk: Disk
) -> None:
    first = await files.save("a.txt", b"same")
    second = await files.save("b.txt", b"same")
    with acting_as(grace):
        elsewhere = await files.save("c.txt", b"same")
    assert len({first.id, second.id, elsewhere.id}) == 3
    assert disk() == [b"same"]
    await files.delete(first.id)
    await files.delete(second.id)
    with acting_as(grace):
        assert await _content(elsewhere.id) == b"same"
        await files.delete(elsewhere.id)
    assert disk() == []


async def test_files_are_listed_newest_first_and_page_by_page(as_ada: Actor) -> None:
    saved = [await files.save(f"{number}.txt", b"") for number in range(5)]
    everything = await files.list()
    assert everything == saved[::-1]
    page = await files.list(limit=2)
    assert page + await files.list(after=page[-1].id) == everything
    with pytest.raises(NotFound):
        await files.list(after="gone")


async def test_a_stream_that_breaks_off_leaves_nothing(as_ada: Actor, disk: Disk) -> None:
    async def breaks_off() -> AsyncIterator[bytes]:
        yield bytes(1_500_000)
        raise ConnectionResetError("the browser went away")

    with pytest.raises(ConnectionResetError):
        await files.save("a.bin", breaks_off())
    assert disk() == []
    assert await files.list() == []


async def test_an_upload_that_is_cancelled_leaves_nothing(
    core: Core, as_ada: Actor, disk: Disk
) -> None:
    waiting = asyncio.Event()

    async def stalls() -> AsyncIterator[bytes]:
        yield bytes(1_500_000)
        waiting.set()
        await asyncio.Event().wait()

    upload = asyncio.create_task(files.save("a.bin", stalls()))
    await waiting.wait()
    assert len(disk()) == 1
    upload.cancel()
    with pytest.raises(asyncio.CancelledError):
        await upload
    assert disk() == []


async def test_an_upload_that_is_cancelled_while_a_thread_writes_leaves_nothing(
    core: Core, as_ada: Actor, disk: Disk, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, go_on, finish = threading.Event(), threading.Event(), Incoming.finish

    def slow_finish(incoming: Incoming) -> str:
        begun.set()
        assert go_on.wait(10)
        return finish(incoming)

    monkeypatch.setattr(Incoming, "finish", slow_finish)
    upload = asyncio.create_task(files.save("a.bin", b"hello"))
    await asyncio.to_thread(begun.wait, 10)
    upload.cancel()
    go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await upload
    await core.close()
    assert disk() == []


async def test_a_full_disk_leaves_nothing_and_a_second_try_works(
    as_ada: Actor, disk: Disk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        with pytest.raises(StorageFull, match="the disk is full"):
            await files.save("a.txt", b"hello")
    assert disk() == []
    assert await files.list() == []
    saved = await files.save("a.txt", b"hello")
    assert await _content(saved.id) == b"hello"


async def test_a_content_that_was_lost_is_repaired_by_the_next_file_that_has_it(
    core: Core, as_ada: Actor
) -> None:
    first = await files.save("a.txt", b"hello")
    core.blobs.remove(first.sha256)
    with pytest.raises(NotFound, match="gone"):
        await _content(first.id)
    await files.save("b.txt", b"hello")
    assert await _content(first.id) == b"hello"


async def test_a_content_that_was_damaged_is_repaired_by_the_next_file_that_has_it(
    core: Core, as_ada: Actor, tmp_path: Path
) -> None:
    first = await files.save("a.txt", b"hello")
    (stored,) = (path for path in (tmp_path / "data" / "files").rglob("*") if path.is_file())
    stored.write_bytes(b"hel")
    await files.save("b.txt", b"hello")
    assert await _content(first.id) == b"hello"


async def test_saving_and_deleting_one_content_at_once_never_loses_it(
    as_ada: Actor, disk: Disk
) -> None:
    async def save_and_delete(number: int) -> None:
        saved = await files.save(f"{number}.txt", b"contended")
        assert await _content(saved.id) == b"contended"
        await files.delete(saved.id)

    async with asyncio.TaskGroup() as group:
        for number in range(25):
            group.create_task(save_and_delete(number))
    assert disk() == []
    assert await files.list() == []


async def test_a_stream_that_nobody_reads_to_the_end_leaves_no_file_open(as_ada: Actor) -> None:
    saved = await files.save("a.bin", bytes(2_500_000))
    await files.open(saved.id)  # never read: a file left open would warn, which fails the test
    stream = await files.open(saved.id)
    assert len(await anext(stream)) == 1_048_576
    closing = stream.aclose  # type: ignore[attr-defined]
    await closing()
    with pytest.raises(StopAsyncIteration):
        await anext(stream)


@pytest.mark.parametrize(
    "call",
    [
        lambda id: files.info(id),
        lambda id: files.open(id),
        lambda id: files.url(id),
        lambda id: files.delete(id),
        lambda id: files.list(after=id),
    ],
)
async def test_a_file_of_another_organisation_is_not_there(
    ada: Actor, grace: Actor, call: Callable[[str], Awaitable[object]]
) -> None:
    with acting_as(ada):
        saved = await files.save("a.txt", b"secret")
    with acting_as(grace):
        with pytest.raises(NotFound):
            await call(saved.id)
        assert await files.list() == []
    with acting_as(ada):
        assert await _content(saved.id) == b"secret"


@pytest.mark.parametrize(
    ("granted", "may_read", "may_write"),
    [("files:read", True, False), ("files:write", True, True), ("documents:write", False, False)],
)
async def test_an_app_does_what_it_was_granted(
    ada: Actor, granted: str, may_read: bool, may_write: bool
) -> None:
    with acting_as(ada):
        made = await files.save("a.txt", b"hello")
    reads = [files.info(made.id), files.open(made.id), files.list(), files.url(made.id)]
    writes = [files.save("b.txt", b""), files.delete(made.id)]
    with acting_as(dataclasses.replace(ada, app_id="a/b", capabilities=frozenset({granted}))):
        outcomes = [
            (await asyncio.gather(call, return_exceptions=True))[0] for call in [*reads, *writes]
        ]
    refused = [isinstance(outcome, Forbidden) for outcome in outcomes]
    assert refused == [not may_read] * 4 + [not may_write] * 2


async def test_cleaning_takes_what_crashes_left_and_nothing_else(
    core: Core, as_ada: Actor, disk: Disk
) -> None:
    kept = await files.save("kept.txt", b"kept")
    # A crash after the content was put in place, before its transaction was committed.
    uncommitted = core.blobs.receive(100)
    uncommitted.write([b"uncommitted"])
    core.blobs.keep(uncommitted, uncommitted.finish())
    # A crash in the middle of an upload.
    dead = core.blobs.receive(100)
    dead.write([b"half"])
    os.utime(dead.path, (0, 0))
    # A crash between deleting a file and removing its content.
    half_deleted = await files.save("gone.txt", b"half deleted")

    def remove(session: Session) -> str:
        return store.remove(session, as_ada.organisation.id, half_deleted.id)

    await core.database.write(remove)
    assert disk() == [b"half", b"half deleted", b"kept", b"uncommitted"]
    assert await files.clean(core) == 3
    assert disk() == [b"kept"]
    assert await _content(kept.id) == b"kept"
    assert await files.clean(core) == 0
    dead.discard()
    uncommitted.discard()


async def test_a_delete_that_is_not_committed_leaves_file_and_content(
    core: Core, as_ada: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    saved = await files.save("a.txt", b"hello")

    def fails(session: Session, organisation_id: str, id: str) -> str:
        store_remove(session, organisation_id, id)
        raise Unavailable("the database went away")

    store_remove = store.remove
    monkeypatch.setattr(store, "remove", fails)
    with pytest.raises(Unavailable):
        await files.delete(saved.id)
    assert await _content(saved.id) == b"hello"


async def test_cleaning_is_not_for_client_apps(core: Core, ada: Actor) -> None:
    with (
        acting_as(dataclasses.replace(ada, app_id="acme/counter")),
        pytest.raises(Forbidden, match="acme/counter"),
    ):
        await files.clean(core)
