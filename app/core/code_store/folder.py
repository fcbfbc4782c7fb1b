"""The code store in a folder: contents as `app.core.blobs` keeps them, compared when they are read.

In it a content lies at `sha256/ab/cdef…`. The folder is never made by the way: its disk may not be
mounted, and what was put beside it would be lost.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import BinaryIO, TypeVar

import anyio
import anyio.to_thread

from app.core.blobs import CHUNK, BlobFolder, Stored, receive
from app.core.code_store.port import damaged, not_found
from app.kernel.errors import NotFound, Unavailable

T = TypeVar("T")


class FolderCodeStore:
    """See `CodeStore`."""

    is_remote = False

    def __init__(self, folder: Path) -> None:
        """Keep contents in `folder`; see `make`."""
        self._name = str(folder)
        self._folder = folder.absolute()
        self._blobs = BlobFolder(self._folder, "sha256", makes_itself=False)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._name!r})"

    def make(self) -> None:
        """See `CodeStore.make`."""
        self._folder.mkdir(parents=True, exist_ok=True)

    async def put(self, content: AsyncIterator[bytes] | bytes) -> str:
        """See `CodeStore.put`; a stream goes to the disk as it comes in."""
        incoming = self._blobs.receive()
        try:
            # What the stream raises is nothing that this store has to do with.
            await receive(content, partial(self._do, incoming.write))
            digest = await self._do(incoming.finish)
            await self._do(self._blobs.keep, incoming, digest)
        finally:
            with anyio.CancelScope(shield=True):
                await anyio.to_thread.run_sync(incoming.discard)
        return digest

    async def get(self, digest: str) -> bytes:
        """See `CodeStore.get`."""
        content, actual = await self._do(self._read, digest)
        if actual != digest:
            raise damaged(digest, self._name)
        return content

    async def stream(self, digest: str) -> AsyncIterator[bytes]:
        """See `CodeStore.stream`."""
        return self._verified(digest, await self._do(self._open, digest))

    async def has(self, digest: str) -> bool:
        """See `CodeStore.has`."""
        try:
            await self._do(self._blobs.path_of, digest)
        except NotFound:
            return False
        return True

    async def delete(self, digest: str) -> None:
        """See `CodeStore.delete`."""
        await self._do(self._blobs.remove, digest)

    async def all(self) -> AsyncIterator[Stored]:
        """See `CodeStore.all`."""
        for stored in await self._do(lambda: list(self._blobs.all())):
            yield stored

    async def foreign(self) -> list[str]:
        """See `CodeStore.foreign`."""
        return await self._do(self._blobs.foreign)

    async def leftovers(self, before: datetime, *, remove: bool) -> list[str]:
        """See `CodeStore.leftovers`."""
        return await self._do(partial(self._blobs.leftovers, before.timestamp(), remove=remove))

    async def check(self) -> None:
        """See `CodeStore.check`."""
        await self._do(os.listdir, self._folder)

    async def _do(self, work: Callable[..., T], *arguments: object) -> T:
        """Do something in a thread, and tell what the disk says as an error of the core."""
        try:
            return await anyio.to_thread.run_sync(self._with_folder, work, *arguments)
        except OSError as error:
            # For people: no numbers, and the store's own name.
            reason = error.strerror or str(error)
            raise Unavailable(f"the code store {self._name} cannot be used: {reason}") from error

    def _with_folder(self, work: Callable[..., T], *arguments: object) -> T:
        # A folder that is gone looks like an empty one.
        if not self._folder.is_dir():
            raise Unavailable(f"the code store {self._name} is not there; is its disk mounted?")
        return work(*arguments)

    def _open(self, digest: str) -> BinaryIO:
        try:
            return self._blobs.open(digest)
        except NotFound:
            raise not_found(digest, self._name) from None

    def _read(self, digest: str) -> tuple[bytes, str]:
        with self._open(digest) as file:
            content = file.read()
        return content, hashlib.sha256(content).hexdigest()

    async def _verified(self, digest: str, file: BinaryIO) -> AsyncGenerator[bytes]:
        actual = hashlib.sha256()
        with file:
            while chunk := await self._do(file.read, CHUNK):
                actual.update(chunk)
                yield chunk
        if actual.hexdigest() != digest:
            raise damaged(digest, self._name)
