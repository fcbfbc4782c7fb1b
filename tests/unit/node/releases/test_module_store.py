"""Compiled modules by digest."""

from __future__ import annotations

import gc
import hashlib

from hypothesis import given
from hypothesis import strategies as st

from app.cell.compiling.es_module import AppModule
from app.node.releases.module_store import MemoryModules


def module(text: str) -> AppModule:
    return AppModule(text, hashlib.sha256(text.encode()).hexdigest(), (), ())


def test_a_module_is_found_by_its_digest() -> None:
    store, one = MemoryModules(), module("one ä")
    store.put("a/b", one)
    assert store.get("a/b", one.digest) == "one ä".encode()
    assert store.get("a/b", "unknown") is None


def test_a_module_is_found_by_its_own_app_only() -> None:
    store, mine, theirs = MemoryModules(), module("mine"), module("theirs")
    store.put("a/mine", mine)
    store.put("b/theirs", theirs)
    assert store.get("a/mine", theirs.digest) is None
    assert store.get("b/theirs", theirs.digest) == b"theirs"


def test_the_oldest_that_nothing_uses_go_when_the_limit_is_reached() -> None:
    store = MemoryModules(limit=10)
    for letter in "abc":
        store.put("a/b", module(letter * 5))
    assert [store.get("a/b", module(letter * 5).digest) is not None for letter in "abc"] == [
        False,
        True,
        True,
    ]


def test_a_module_that_is_put_again_is_young_again_and_counts_once() -> None:
    store = MemoryModules(limit=10)
    for letter in "abaac":
        store.put("a/b", module(letter * 5))
    assert [store.get("a/b", module(letter * 5).digest) is not None for letter in "abc"] == [
        True,
        False,
        True,
    ]


def test_the_newest_is_kept_however_large_it_is() -> None:
    store, large = MemoryModules(limit=3), module("large")
    store.put("a/b", large)
    assert store.get("a/b", large.digest) is not None


def test_a_module_in_use_is_found_however_many_came_after_it() -> None:
    store, served = MemoryModules(limit=10), module("served")
    store.put("a/b", served)
    for letter in "abcdef":
        store.put("a/b", module(letter * 5))
    assert store.get("a/b", served.digest) == b"served"


def test_what_was_in_use_for_long_is_kept_for_browsers_that_just_learned_of_it() -> None:
    store, served = MemoryModules(limit=10), module("served")
    digest = served.digest
    store.put("a/b", served)
    for letter in "abcdef":
        store.put("a/b", module(letter * 5))
    del served
    gc.collect()
    assert store.get("a/b", digest) == b"served"


def test_a_module_in_use_twice_is_found_until_both_uses_end() -> None:
    store, first, second = MemoryModules(limit=1), module("same"), module("same")
    digest = first.digest
    store.put("a/b", first)
    store.put("a/b", second)
    del second
    store.put("a/b", module("other"))
    gc.collect()
    assert store.get("a/b", digest) == b"same"
    del first
    store.put("a/b", module("next"))
    gc.collect()
    assert store.get("a/b", digest) is None


@given(texts=st.lists(st.text(max_size=6), max_size=30), limit=st.integers(0, 20))
def test_it_never_keeps_more_than_the_limit_and_always_the_last(
    texts: list[str], limit: int
) -> None:
    store = MemoryModules(limit)
    for text in texts:
        store.put("a/b", module(text))
        assert store.get("a/b", module(text).digest) == text.encode()
        kept = {
            digest: t for t in texts if (digest := module(t).digest) and store.get("a/b", digest)
        }
        size = sum(len(t.encode()) for t in kept.values())
        assert size <= max(limit, len(text.encode()))


def test_scripts_of_a_modules_pages_are_kept_with_it() -> None:
    store = MemoryModules(limit=1)
    one = AppModule("code", "digest", (), (), {"script-1": "let a"})
    store.put("a/b", one)
    assert store.get("a/b", "script-1") == b"let a"
    assert store.get("a/c", "script-1") is None
    del one
    gc.collect()
    store.put("a/b", module("another"))
    gc.collect()
    store.put("a/b", module("a third"))
    assert store.get("a/b", "script-1") is None
