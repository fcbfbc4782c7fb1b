"""Versions that nothing uses are freed."""

from __future__ import annotations

import gc
import sys
import typing
import weakref
from collections import Counter
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
import reflex as rx
from reflex.istate import proxy
from reflex.state import BaseState
from reflex_base.components.component import Component
from reflex_base.utils import serializers, types
from reflex_base.vars import base as vars_base

from app.bridge.states.unload import _caches_of, release
from app.server.process import garbage
from app.source.problems import AppError
from app.testing import Kit, Page, kit
from tests.unit.apps.helpers import APPS, COUNTER, KITCHEN, find, living_classes, newest, relabel

BOARD = "globex/board"
BLOCKS = 60  # of memory that a swap may cost on average; keeping a version costs thousands


def most_alive(app_id: str) -> int:
    """Return how many versions of an app's classes are in memory."""
    package = "client_apps." + app_id.replace("/", ".")
    return max(Counter(living_classes(package)).values(), default=0)


@pytest.fixture
def others() -> Callable[[str], int]:
    """How many versions there were of an app before: of other tests' nodes, not of this test."""
    before = {app_id: most_alive(app_id) for app_id in (COUNTER, KITCHEN, BOARD)}
    return before.__getitem__


async def test_a_hundred_and_fifty_swaps_keep_two_versions_at_the_most_and_the_memory_small(
    others: Callable[[str], int],
) -> None:
    async with kit(APPS, only=COUNTER) as running:
        page = await running.open(COUNTER)
        left = await running.open(COUNTER)
        await left.send((await newest(running, COUNTER, "CounterState")).increment)
        await left.goto("/")
        for number in range(150):
            await relabel(running, f"Version {number}")
            if number % 50 == 0:
                await page.send((await newest(running, COUNTER, "CounterState")).increment)
            if number == 50:
                living_classes()
                early = sys.getallocatedblocks()
        assert page.message["number"] == 151
        assert most_alive(COUNTER) <= others(COUNTER) + 2
        assert sys.getallocatedblocks() - early < 100 * BLOCKS


async def test_old_versions_are_freed_though_nobody_asks_for_a_collection() -> None:
    alive: weakref.WeakSet[type] = weakref.WeakSet()
    before = gc.get_threshold()
    async with kit(APPS, only=COUNTER) as running:
        await running.open(COUNTER)
        gc.set_threshold(*garbage.LOOKS)
        try:
            for number in range(150):
                alive.add(find(await relabel(running, f"Version {number}"), "CounterState"))
        finally:
            gc.set_threshold(*before)
        assert len(alive) < 75


async def use_everything(running: Kit, page: Page, number: int) -> None:
    """Run events of every kind, so that every cache meets the classes of the version."""
    kitchen = await newest(running, KITCHEN, "KitchenState")
    await page.send(kitchen.append)
    await page.send(kitchen.rename, f"name {number}")
    await page.send(kitchen.submit, {"who": "Ada"})
    await page.send(kitchen.tell)
    await page.send(kitchen.in_background)
    await page.upload(kitchen.uploaded, {"a.txt": b"a"})
    await page.send((await newest(running, KITCHEN, "Stepper_n1", "parts.stepper")).forward)
    page.raises = False
    await page.send(kitchen.fail)
    page.raises = True


async def test_an_app_with_every_kind_of_var_and_component_is_freed(
    others: Callable[[str], int],
) -> None:
    async with kit(APPS, only=KITCHEN) as running:
        page = await running.open(KITCHEN)
        left = await running.open(KITCHEN)
        await use_everything(running, left, 0)
        await left.goto("/")
        source = running.source(KITCHEN)
        for number in range(12):
            await running.swap(
                KITCHEN, {"entry.py": source.replace("Acme / Kitchen", f"Kitchen {number}")}
            )
            await use_everything(running, page, number)
        await running.swap(KITCHEN, {"entry.py": source})
        assert most_alive(KITCHEN) <= others(KITCHEN) + 2


async def test_sources_that_cannot_be_loaded_leave_nothing_behind(
    others: Callable[[str], int],
) -> None:
    async with kit(APPS, only=KITCHEN) as running:
        await running.open(KITCHEN)
        source = running.source(KITCHEN)
        for number in range(8):
            broken = source.replace("rx.auto_scroll(", f"rx.nothing_{number}(")
            with pytest.raises(AppError):
                await running.swap(KITCHEN, {"entry.py": broken})
        assert most_alive(KITCHEN) <= others(KITCHEN) + 2


async def test_an_app_that_is_deleted_leaves_nothing_behind(others: Callable[[str], int]) -> None:
    async with kit(APPS, only=COUNTER) as running:
        page = await running.open(COUNTER)
        await relabel(running, "Two")
        await page.disconnect()
        (running._apps / COUNTER / "entry.py").unlink()
        await running._node.engine.releases.changed([COUNTER])
        await running.settle()
        assert most_alive(COUNTER) <= others(COUNTER) + 1


async def test_pages_that_subscribed_in_different_versions_keep_none_of_them(
    others: Callable[[str], int],
) -> None:
    async with kit(APPS, only=BOARD) as running:
        source = running.source(BOARD)
        for number in range(5):
            page = await running.open(BOARD)
            await page.send((await newest(running, BOARD, "BoardState")).watch)
            await page.send((await newest(running, BOARD, "BoardState")).join, "red")
            await running.swap(BOARD, {"entry.py": source + f"\n# {number}\n"})
        assert most_alive(BOARD) <= others(BOARD) + 2


def test_the_tables_that_reflex_keeps_by_class_are_where_they_were() -> None:
    assert isinstance(vars_base._to_operation_by_var_type, dict)
    assert isinstance(vars_base._literal_var_by_type, dict)
    assert isinstance(proxy._DATACLASS_PROXY_CLASSES, dict)
    assert isinstance(serializers.SERIALIZERS, dict)
    assert isinstance(serializers.SERIALIZER_TYPES, dict)
    assert typing._cleanups  # type: ignore[attr-defined]


def test_entries_of_client_apps_go_and_others_stay() -> None:
    ours = type("Ours", (), {"__module__": "client_apps.acme.x.entry"})
    theirs = type("Theirs", (), {"__module__": "library"})
    table = vars_base._to_operation_by_var_type
    for key in (ours, list[ours], dict[str, ours | None], theirs):
        table[key] = object  # type: ignore[assignment]
    release()
    assert theirs in table
    del table[theirs]
    assert not [key for key in table if "Ours" in str(key)]


def test_the_serializers_of_modules_that_are_gone_are_dropped_and_no_others() -> None:
    namespace: dict[str, object] = {}
    exec("def write(value: complex) -> str:\n    return 'x'", namespace)
    serializers.SERIALIZERS[complex] = namespace["write"]  # type: ignore[assignment]
    release(gone={id({})})
    assert complex in serializers.SERIALIZERS
    release(gone={id(namespace)})
    assert complex not in serializers.SERIALIZERS


def test_caches_by_class_are_emptied() -> None:
    class Thing:
        pass

    types.get_base_class(Thing)
    assert types.get_base_class.cache_info().currsize
    release()
    assert not types.get_base_class.cache_info().currsize


CLIENT = "client_apps.acme.made.entry"


def props_cache() -> Any:
    """Return the cache behind a class method of Reflex's; to type checkers it is none."""
    return vars(Component)["get_props"].__func__


def test_what_is_known_of_classes_of_the_release_stays() -> None:
    release()
    rx.text("warm")
    known = props_cache().cache_info().currsize
    assert known
    release()
    assert props_cache().cache_info().currsize == known


@pytest.mark.parametrize(
    ("module", "is_there"), [(__name__, False), (CLIENT, False), (CLIENT, True)]
)
def test_what_is_known_of_classes_that_go_goes(
    module: str, is_there: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = type("Gone", (rx.Component,), {"__module__": module})
    if is_there:
        loaded = ModuleType(module)
        loaded.__dict__["Gone"] = gone
        monkeypatch.setitem(sys.modules, module, loaded)
    gone.get_props()
    cache = props_cache()
    before = cache.cache_info()
    release()
    gone.get_props()
    assert cache.cache_info().misses == before.misses + 1


def test_the_cached_class_methods_of_states_are_known() -> None:
    found = {cache.__wrapped__.__name__ for cache in _caches_of(BaseState)}
    assert {"_get_type_hints", "_get_substate_path", "_to_schema"} <= found
