from __future__ import annotations

import pytest
from obstore.exceptions import GenericError, PermissionDeniedError
from obstore.store import MemoryStore

from app.core.code_store import s3_store
from app.core.code_store.objects import ObjectCodeStore
from app.kernel.errors import Unavailable


class _Failing:
    """Stands for an object store whose every request fails."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def __call__(self) -> MemoryStore:
        raise self.error


@pytest.mark.parametrize(
    ("error", "expected"),
    [
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
