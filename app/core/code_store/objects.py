"""The code store on an object store that `obstore` knows: S3, or memory in tests.

`obstore` is imported at the first use: who has a folder needs none of it, and starts 80 ms sooner.
"""

from __future__ import annotations

import hashlib
import re
import tempfile
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
from contextlib import aclosing, contextmanager
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING

import anyio.to_thread

from app.core.blobs import CHUNK, Stored
from app.core.code_store.port import damaged, not_found
from app.core.disk import full_disk_reported
from app.kernel.errors import NotFound, Unavailable

if TYPE_CHECKING:
    from obstore.store import ObjectStore
    from typing_extensions import Buffer

# What a stream may hold in memory before it goes to a temporary file.
SPOOL = 4 * 1024 * 1024

_SHA256 = re.compile(r"[0-9a-f]{64}")
_PATH = re.compile(r"sha256/([0-9a-f]{2})/([0-9a-f]{62})")


class ObjectCodeStore:
    """See `CodeStore`. A content lies at `sha256/ab/cdef…`."""

    is_remote = True

    def __init__(self, connect: Callable[[], ObjectStore], name: str) -> None:
        """`connect` makes the object store at the first use; `name` is for messages."""
        self._connect = connect
        self._name = name

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._name!r})"

    def make(self) -> None:
        """See `CodeStore.make`; buckets are made by whoever owns them."""

    async def put(self, content: AsyncIterator[bytes] | bytes) -> str:
        """See `CodeStore.put`."""
        if isinstance(content, bytes):
            digest = await anyio.to_thread.run_sync(_digest, content)
        else:
            digest, content = await _receive(content)
        await self._put(digest, content)
        return digest

    async def get(self, digest: str) -> bytes:
        """See `CodeStore.get`."""
        import obstore

        path = _path(digest)
        with self._translated(digest):
            found = await obstore.get_async(self._store, path)
            content = bytes(await found.bytes_async())
        if await anyio.to_thread.run_sync(_digest, content) != digest:
            raise damaged(digest, self._name)
        return content

    async def stream(self, digest: str) -> AsyncIterator[bytes]:
        """See `CodeStore.stream`."""
        import obstore

        path = _path(digest)
        with self._translated(digest):
            found = await obstore.get_async(self._store, path)
            return self._verified(digest, aiter(found.stream(CHUNK)))

    async def has(self, digest: str) -> bool:
        """See `CodeStore.has`."""
        import obstore

        path = _path(digest)
        try:
            with self._translated(digest):
                await obstore.head_async(self._store, path)
        except NotFound:
            return False
        return True

    async def delete(self, digest: str) -> None:
        """See `CodeStore.delete`."""
        import obstore

        path = _path(digest)
        try:
            with self._translated(digest):
                await obstore.delete_async(self._store, path)
        except NotFound:
            return

    async def all(self) -> AsyncIterator[Stored]:
        """See `CodeStore.all`."""
        async for path, size, modified in self._listed():
            if match := _PATH.fullmatch(path):
                yield Stored("".join(match.groups()), size, modified)

    async def foreign(self) -> list[str]:
        """See `CodeStore.foreign`."""
        return sorted([path async for path, _, _ in self._listed() if not _PATH.fullmatch(path)])

    async def leftovers(self, before: datetime, *, remove: bool) -> list[str]:
        """See `CodeStore.leftovers`; one request puts a whole content, so there are none."""
        return []

    async def check(self) -> None:
        """See `CodeStore.check`."""
        # A listing, because a bucket that is missing answers a look at one object as if only the
        # object was missing.
        async with aclosing(self._listed()) as listing:
            await anext(listing, None)

    @cached_property
    def _store(self) -> ObjectStore:
        return self._connect()

    async def _put(self, digest: str, content: bytes) -> None:
        import obstore

        try:
            with self._translated():
                # In one request: what is put in parts leaves parts behind when the process dies.
                await obstore.put_async(self._store, _path(digest), content, use_multipart=False)
        except NotFound as error:
            raise Unavailable(f"the code store {self._name} does not exist") from error

    async def _listed(self) -> AsyncGenerator[tuple[str, int, datetime]]:
        import obstore

        with self._translated():
            async for batch in obstore.list(self._store):
                for meta in batch:
                    yield meta["path"], meta["size"], meta["last_modified"]

    async def _verified(self, digest: str, chunks: AsyncIterator[Buffer]) -> AsyncIterator[bytes]:
        actual = hashlib.sha256()
        with self._translated(digest):
            async for chunk in chunks:
                content = bytes(chunk)
                actual.update(content)
                yield content
        if actual.hexdigest() != digest:
            raise damaged(digest, self._name)

    @contextmanager
    def _translated(self, digest: str = "") -> Iterator[None]:
        from obstore.exceptions import BaseError

        try:
            yield
        except FileNotFoundError:
            raise not_found(digest, self._name) from None
        except BaseError as error:
            # For people: the first line. The rest is how Rust prints the error for programmers.
            reason = str(error).partition("\n")[0]
            raise Unavailable(f"the code store {self._name} cannot be used: {reason}") from error


async def _receive(chunks: AsyncIterator[bytes]) -> tuple[str, bytes]:
    """Return digest and content of a stream that is buffered on disk while it comes in."""
    digest = hashlib.sha256()
    with tempfile.SpooledTemporaryFile(SPOOL) as spool:
        async for chunk in chunks:
            digest.update(chunk)
            with full_disk_reported():
                await anyio.to_thread.run_sync(spool.write, chunk)
        spool.seek(0)
        return digest.hexdigest(), await anyio.to_thread.run_sync(spool.read)


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _path(digest: str) -> str:
    # The digest becomes a path: never trust that it is one.
    if not _SHA256.fullmatch(digest):
        raise ValueError(f"not a SHA-256: {digest[:80]!r}")
    return f"sha256/{digest[:2]}/{digest[2:]}"
