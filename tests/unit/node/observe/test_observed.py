"""What is counted of a running node."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families
from structlog.testing import capture_logs

from app.node.app_settings import StoredSettings
from app.node.observe.applog import AppLog
from app.node.observe.observed import Observed
from app.node.redact import Redactor
from app.node.releases.in_memory import VersionsInMemory
from app.node.releases.served import Served
from app.node.sessions.sessions import Sessions
from app.source.problems import AppError
from app.testing import Kit, kit
from tests.unit.apps.helpers import APPS, COUNTER, KITCHEN, newest, relabel


@pytest.fixture
async def running() -> AsyncIterator[Kit]:
    async with kit(APPS) as server:
        yield server


def metrics(server: Kit) -> dict[tuple[str, ...], float]:
    """Return all samples by name and labels, without buckets."""
    found = server._node.engine.observed.metrics
    found.look()
    return {
        (sample.name, *(value for _, value in sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(found.text().decode())
        for sample in family.samples
    }


async def test_opens_events_and_latency(running: Kit) -> None:
    page = await running.open(COUNTER)
    states = await newest(running, COUNTER, "CounterState")
    await page.send(states.increment)
    await page.send(states.increment)
    seen = metrics(running)
    assert seen["graft_app_opens_total", COUNTER] == 1
    assert seen["graft_app_events_total", COUNTER, "ok"] == 2
    assert seen["graft_app_event_seconds_count", COUNTER] == 2
    assert seen["graft_app_open_pages", COUNTER] == 1
    assert seen["graft_sessions",] == 1
    usage = running._node.engine.observed.usage.of(COUNTER)[-1]
    assert (usage.opens, usage.events, usage.errors) == (1, 2, 0)


async def test_pages_that_are_closed_are_not_open(running: Kit) -> None:
    page = await running.open(COUNTER)
    await page.disconnect()
    seen = metrics(running)
    assert (seen["graft_app_open_pages", COUNTER], seen["graft_sessions",]) == (0, 0)


async def test_errors(running: Kit) -> None:
    page = await running.open(KITCHEN)
    page.raises = False
    await page.send((await newest(running, KITCHEN, "KitchenState")).fail)
    seen = metrics(running)
    assert seen["graft_app_errors_total", KITCHEN] == 1
    assert seen["graft_app_events_total", KITCHEN, "error"] == 1
    assert running._node.engine.observed.usage.of(KITCHEN)[-1].errors == 1


async def test_loads_and_swaps(running: Kit) -> None:
    await running.open(COUNTER)
    await relabel(running, "Again")
    seen = metrics(running)
    assert seen["graft_app_loads_total", COUNTER, "ok"] == 2
    assert seen["graft_app_load_seconds_count", COUNTER] == 2
    assert seen["graft_app_swaps_total", COUNTER] == 1
    assert seen["graft_app_swap_seconds_count", COUNTER] == 1
    assert seen["graft_app_version_number", COUNTER] == 2
    version: Any = await running.version(COUNTER)
    assert seen["graft_app_module_bytes", COUNTER] == len(version.module.code.encode())


async def test_a_version_that_does_not_load(running: Kit) -> None:
    await running.open(COUNTER)
    with pytest.raises(AppError):
        await running.swap(COUNTER, {"labels.py": "1 / 0\n"})
    seen = metrics(running)
    assert seen["graft_app_loads_total", COUNTER, "error"] == 1
    assert ("graft_app_swaps_total", COUNTER) not in seen


async def test_background_tasks_have_no_latency(running: Kit) -> None:
    page = await running.open(KITCHEN)
    states = await newest(running, KITCHEN, "KitchenState")
    opened = metrics(running)["graft_app_event_seconds_count", KITCHEN]
    await page.send(states.in_background)
    version: Any = await running.version(KITCHEN)
    await page.wait_for(lambda: 101 in page.get(states.numbers))
    await asyncio.gather(*version.tasks)
    seen = metrics(running)
    assert seen["graft_app_event_seconds_count", KITCHEN] == opened
    assert seen["graft_app_background_tasks", KITCHEN] == 0


async def test_what_a_browser_makes_up_is_no_label(running: Kit) -> None:
    page = await running.open(COUNTER)
    invented = "reflex___state____state.client_apps___evil___app___entry____s.run"
    for name in (invented, invented.replace("evil", "worse")):
        await page._emit({"name": name, "payload": {}})
    await page.settle()
    names = {key[1:] for key in metrics(running) if key[0].startswith("graft_app")}
    assert not any("evil" in label or "worse" in label for labels in names for label in labels)
    assert all(labels[0] in (COUNTER, KITCHEN, "") or labels[0].count("/") == 1 for labels in names)


async def test_an_app_that_is_gone_leaves_no_series(running: Kit) -> None:
    page = await running.open(COUNTER)
    await page.send((await newest(running, COUNTER, "CounterState")).increment)
    shutil.rmtree(running._apps / COUNTER)
    await running._node.engine.releases.changed([COUNTER])
    await running.settle()
    assert not [key for key in metrics(running) if COUNTER in key]


def test_the_server_says_what_it_is() -> None:
    observed = _observed("build-1")
    text = observed.metrics.text().decode()
    assert 'front_end="build-1"' in text
    assert "process_resident_memory_bytes" in text
    assert "python_gc_collections_total" in text


async def test_cancelled_events_are_no_errors() -> None:
    observed = _observed()
    with pytest.raises(asyncio.CancelledError), observed.event("a/b", background=True):
        raise asyncio.CancelledError
    await asyncio.sleep(0)
    assert 'graft_app_events_total{app="a/b",outcome="cancelled"} 1.0' in (
        observed.metrics.text().decode()
    )


def _observed(build: str = "") -> Observed:
    settings = StoredSettings(_nothing)
    parts = Served(), VersionsInMemory(), Sessions(), settings, Redactor(), AppLog()
    return Observed(*parts, build)


async def _nothing(app_id: str) -> dict[str, Any]:
    return {}


async def test_of_an_error_without_end_some_are_logged_and_all_counted(running: Kit) -> None:
    observed = running._node.engine.observed
    version = await running._node.engine.version_of(COUNTER)
    with capture_logs() as lines:
        for _ in range(100):
            entry = observed.failed(version, "increment", ValueError("no"))
    assert entry.count == 100
    assert 20 <= len([line for line in lines if line["event"] == "event failed"]) <= 25
