"""Compiled modules by digest."""

from __future__ import annotations

import gc
import hashlib

from hypothesis import given
from hypothesis import strategies as st

from app.runtime.module import AppModule
from app.runtime.modules import MemoryModules


def module(text: str) -> AppModule:
    return AppModule(text, hashlib.sha256(text.encode()).hexdigest(), (), ())


def test_a_module_is_found_by_its_digest() -> None:
    store, one = MemoryModules(), module("one ä")
    store.put(one)
    assert store.get(one.digest) == "one ä".encode()
    assert store.get("unknown") is None


def test_the_oldest_that_nothing_uses_go_when_the_limit_is_reached() -> None:
    store = MemoryModules(limit=10)
    for letter in "abc":
        store.put(module(letter * 5))
    assert [store.get(module(letter * 5).digest) is not None for letter in "abc"] == [
        False,
        True,
        True,
    ]


def test_a_module_that_is_put_again_is_young_again_and_counts_once() -> None:
    store = MemoryModules(limit=10)
    for letter in "abaac":
        store.put(module(letter * 5))
    assert [store.get(module(letter * 5).digest) is not None for letter in "abc"] == [
        True,
        False,
        True,
    ]


def test_the_newest_is_kept_however_large_it_is() -> None:
    store, large = MemoryModules(limit=3), module("large")
    store.put(large)
    assert store.get(large.digest) is not None


def test_a_module_in_use_is_found_however_many_came_after_it() -> None:
    store, served = MemoryModules(limit=10), module("served")
    store.put(served)
    for letter in "abcdef":
        store.put(module(letter * 5))
    assert store.get(served.digest) == b"served"


def test_a_module_in_use_twice_is_found_until_both_uses_end() -> None:
    store, first, second = MemoryModules(limit=1), module("same"), module("same")
    digest = first.digest
    store.put(first)
    store.put(second)
    store.put(module("other"))
    del second
    gc.collect()
    assert store.get(digest) == b"same"
    del first
    gc.collect()
    assert store.get(digest) is None


@given(texts=st.lists(st.text(max_size=6), max_size=30), limit=st.integers(0, 20))
def test_it_never_keeps_more_than_the_limit_and_always_the_last(
    texts: list[str], limit: int
) -> None:
    store = MemoryModules(limit)
    for text in texts:
        store.put(module(text))
        assert store.get(module(text).digest) == text.encode()
        kept = {digest: t for t in texts if (digest := module(t).digest) and store.get(digest)}
        size = sum(len(t.encode()) for t in kept.values())
        assert size <= max(limit, len(text.encode()))
