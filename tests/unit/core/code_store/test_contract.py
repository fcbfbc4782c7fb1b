from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from app.core.code_store import CodeStore
from app.kernel.errors import NotFound

GONE = hashlib.sha256(b"never put").hexdigest()


async def chunks(*parts: bytes) -> AsyncIterator[bytes]:
    for part in parts:
        yield part


@pytest.mark.parametrize("content", [b"", b"hello", b"x" * 7_000_000], ids=["no", "few", "many"])
async def test_a_content_comes_back_under_its_digest(store: CodeStore, content: bytes) -> None:
    digest = await store.put(content)
    assert digest == hashlib.sha256(content).hexdigest()
    assert await store.get(digest) == content
    assert b"".join([chunk async for chunk in await store.stream(digest)]) == content
    assert await store.has(digest)


async def test_a_stream_is_the_content_it_adds_up_to(store: CodeStore) -> None:
    digest = await store.put(chunks(b"a" * 3_000_000, b"", b"b" * 3_000_000, b"c"))
    assert digest == hashlib.sha256(b"a" * 3_000_000 + b"b" * 3_000_000 + b"c").hexdigest()
    assert len(await store.get(digest)) == 6_000_001
    assert await store.put(chunks()) == hashlib.sha256(b"").hexdigest()


async def test_a_stream_that_breaks_leaves_nothing(store: CodeStore) -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield b"half"
        raise FileNotFoundError("the browser went away")

    with pytest.raises(FileNotFoundError, match="went away"):
        await store.put(broken())
    assert [content async for content in store.all()] == []


async def test_what_is_there_is_listed_once_with_size_and_time(store: CodeStore) -> None:
    digests = {await store.put(content) for content in (b"one", b"three", b"one")}
    found = [content async for content in store.all()]
    assert {content.digest for content in found} == digests
    assert sorted(content.size for content in found) == [3, 5]
    recently = datetime.now(UTC) - timedelta(minutes=5)
    assert all(content.modified > recently for content in found)


async def test_what_is_not_there_is_not_found(store: CodeStore) -> None:
    assert not await store.has(GONE)
    for read in (store.get, store.stream):
        with pytest.raises(NotFound):
            await read(GONE)


async def test_removing_is_for_good_and_twice_is_as_once(store: CodeStore) -> None:
    digest = await store.put(b"hello")
    await store.delete(digest)
    await store.delete(digest)
    assert not await store.has(digest)
    assert [content async for content in store.all()] == []


@pytest.mark.parametrize("digest", ["", "../../etc/passwd", "A" * 64, "a" * 63, "a" * 65])
async def test_a_name_that_is_no_digest_reaches_no_store(store: CodeStore, digest: str) -> None:
    for use in (store.get, store.stream, store.has, store.delete):
        with pytest.raises(ValueError, match="SHA-256"):
            await use(digest)


async def test_the_same_content_may_be_put_by_many_at_once(store: CodeStore) -> None:
    contents = [b"same" * 1000] * 10 + [b"other %d" % number for number in range(10)]
    digests = await asyncio.gather(*(store.put(content) for content in contents))
    assert len(set(digests)) == 11
    assert {content.digest async for content in store.all()} == set(digests)
    assert [await store.get(digest) for digest in digests] == contents


async def test_a_store_that_can_be_reached_has_no_strangers_and_no_leftovers(
    store: CodeStore,
) -> None:
    await store.put(b"hello")
    await store.check()
    assert await store.foreign() == []
    assert await store.leftovers(datetime.now(UTC) + timedelta(days=1), remove=False) == []
