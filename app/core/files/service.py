"""The public functions of files: disk and SQL both run in worker threads."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from functools import partial
from typing import BinaryIO
from uuid import uuid4

import anyio.to_thread

from app.core.blobs import CHUNK, Incoming, receive
from app.core.context import Core, core
from app.core.files import model, store
from app.core.paging import checked_limit
from app.kernel.actor import actor, refuse_apps
from app.kernel.contexts import files as declared
from app.kernel.contexts.exposing import implements
from app.kernel.contexts.files import FileInfo

# An upload that got nothing for so long is dead: its process was killed.
STALE_SECONDS = 24 * 3600.0


@implements(declared.save)
async def save(
    name: str, chunks: AsyncIterator[bytes] | bytes, content_type: str | None = None
) -> FileInfo:
    """See `app.kernel.contexts.files`."""
    who, here = actor(), core()
    safe = declared.safe_name(name)
    checked_type = model.checked_content_type(content_type, safe)
    incoming = here.blobs.receive(here.limits.file_bytes)
    try:
        await receive(chunks, partial(_write, incoming))
        upload = store.Upload(
            id=uuid4().hex,
            actor=who,
            name=safe,
            content_type=checked_type,
            at=here.clock(),
            incoming=incoming,
            sha256=await anyio.to_thread.run_sync(incoming.finish),
        )
        work = partial(store.insert, blobs=here.blobs, upload=upload)
        return await here.finish(here.database.write(work))
    finally:
        # By `finish`: a task that is cancelled must clear up too.
        await here.finish(_in_thread(incoming.discard))


@implements(declared.open_file)
async def open_file(id: str) -> AsyncGenerator[bytes, None]:
    """See `app.kernel.contexts.files`."""
    found = await info(id)
    return _chunks(core(), found.sha256)


@implements(declared.info)
async def info(id: str) -> FileInfo:
    """See `app.kernel.contexts.files`."""
    who = actor()
    work = partial(store.find, organisation_id=who.organisation.id, id=id)
    return await core().database.read(work)


@implements(declared.list_files)
async def list_files(limit: int = 100, after: str | None = None) -> list[FileInfo]:
    """See `app.kernel.contexts.files`."""
    who = actor()
    work = partial(
        store.page,
        organisation_id=who.organisation.id,
        limit=checked_limit(limit),
        after=after,
    )
    return await core().database.read(work)


@implements(declared.url)
async def url(id: str) -> str:
    """See `app.kernel.contexts.files`."""
    return (await info(id)).url


@implements(declared.delete)
async def delete(id: str) -> None:
    """See `app.kernel.contexts.files`."""
    who, here = actor(), core()

    async def remove_both() -> None:
        remove = partial(store.remove, organisation_id=who.organisation.id, id=id)
        sha256 = await here.database.write(remove)
        # Only after the first commit: if that failed, the file would be there without a content.
        await _remove_if_unused(here, sha256)

    await here.finish(remove_both())


async def clean(core: Core, *, stale_seconds: float = STALE_SECONDS) -> int:
    """Remove contents that no file has and uploads that died; return how many.

    Crashes and failed commits leave such things. Safe while others save and delete.

    Raises:
        Forbidden: a client app asks.
    """
    refuse_apps("clean the file store")
    clear = partial(core.blobs.leftovers, time.time() - stale_seconds, remove=True)
    removed = len(await anyio.to_thread.run_sync(clear))
    stored = await anyio.to_thread.run_sync(lambda: [one.digest for one in core.blobs.all()])
    candidates = set(await core.database.read(store.unused))
    for sha256 in stored:
        if not await core.database.read(partial(store.is_known, sha256=sha256)):
            candidates.add(sha256)
    for sha256 in sorted(candidates):
        removed += await _remove_if_unused(core, sha256)
    return removed


async def _in_thread(work: Callable[[], None]) -> None:
    await anyio.to_thread.run_sync(work)


async def _remove_if_unused(here: Core, sha256: str) -> bool:
    work = partial(store.remove_if_unused, blobs=here.blobs, sha256=sha256)
    return await here.database.write(work)


async def _write(incoming: Incoming, chunks: list[bytes]) -> None:
    await anyio.to_thread.run_sync(incoming.write, chunks)


async def _chunks(here: Core, sha256: str) -> AsyncGenerator[bytes, None]:
    # Opened when the first chunk is asked for: a stream that nobody reads leaves nothing open.
    file: BinaryIO = await anyio.to_thread.run_sync(here.blobs.open, sha256)
    try:
        while chunk := await anyio.to_thread.run_sync(file.read, CHUNK):
            yield chunk
    finally:
        file.close()
