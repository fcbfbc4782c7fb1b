"""Where packages and compiled bundles are kept: a port, and what every adapter keeps to.

tests/unit/core/code_store/test_contract.py runs over each adapter:

- a content is found under its SHA-256 and nothing else; the same content is there once;
- a content is there whole or not at all, whatever happens to the process that puts it;
- putting it again renews its `modified` and repairs it if it was damaged;
- what `get` returns has the digest that was asked for; damage is an error, never other bytes.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Protocol

from app.core.blobs import Stored
from app.kernel.errors import CoreError, NotFound


class Damaged(CoreError):
    """What lies under a digest has another digest. Putting the content again repairs it."""


def damaged(digest: str, store: str) -> Damaged:
    """Return the error about a content that is not what it was; `store` is its store's name."""
    return Damaged(f"{digest} in the code store {store} is damaged")


def not_found(digest: str, store: str) -> NotFound:
    """Return the error about a content that is not there; `store` is the store's name."""
    return NotFound(f"there is no {digest} in the code store {store}")


class CodeStore(Protocol):
    """Keeps contents by their SHA-256, written as 64 hexadecimal digits.

    Every method raises `Unavailable` when the store cannot be reached or refuses access, and
    ValueError when a digest is not one.

    Attributes:
        is_remote: whether an object store has the contents.
    """

    is_remote: bool

    def make(self) -> None:
        """Make the store, if it is one that can be made; only for whoever has nothing in it.

        Raises:
            OSError: it cannot be made.
        """
        ...

    async def put(self, content: AsyncIterator[bytes] | bytes) -> str:
        """Keep a content, given at once or as a stream, and return its digest.

        A stream is buffered on disk while it comes in.

        Raises:
            StorageFull: the disk is full; nothing is kept.
            Whatever the stream raises; nothing is kept.
        """
        ...

    async def get(self, digest: str) -> bytes:
        """Return a content.

        Raises:
            NotFound: it is not there.
            Damaged: it is not what it was.
        """
        ...

    async def stream(self, digest: str) -> AsyncIterator[bytes]:
        """Return a content in chunks of about 1 MiB.

        Damage is known at the end only: do nothing with the chunks that cannot be undone before.

        Raises:
            NotFound: it is not there; at once.
            Damaged: it is not what it was; instead of the end.
        """
        ...

    async def has(self, digest: str) -> bool:
        """Whether a content is there, damaged or not."""
        ...

    async def delete(self, digest: str) -> None:
        """Remove a content; one that is not there is fine."""
        ...

    def all(self) -> AsyncIterator[Stored]:
        """Yield every content, in no order."""
        ...

    async def foreign(self) -> list[str]:
        """Return the names of what lies in the store but is no content; nothing here made it."""
        ...

    async def leftovers(self, before: datetime, *, remove: bool) -> list[str]:
        """Return the names of half-written files that a process left behind when it died.

        Those that were written to after `before` are left out; with `remove` they are removed.
        """
        ...

    async def check(self) -> None:
        """Return if the store can be reached."""
        ...
