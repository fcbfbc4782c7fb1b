from __future__ import annotations

import asyncio
import threading
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from app.core import context
from app.core.context import Core, NoCore, install, use
from app.core.opening import open_core
from app.kernel.errors import Invalid


async def test_without_a_core_the_error_says_how_to_get_one() -> None:
    with pytest.raises(NoCore, match="use\\(core\\)"):
        context.core()


async def test_the_innermost_block_wins_over_the_outer_and_over_the_installed(
    tmp_path: Path,
) -> None:
    installed, outer, inner = (open_core(tmp_path / name) for name in ("a", "b", "c"))
    uninstall = install(installed)
    try:
        assert context.core() is installed
        with use(outer):
            with use(inner):
                assert context.core() is inner
            assert context.core() is outer
        assert context.core() is installed
    finally:
        uninstall()
    for each in (installed, outer, inner):
        await each.close()


async def test_an_installed_core_is_found_in_threads_that_inherit_nothing(core: Core) -> None:
    found: list[Core] = []
    uninstall = install(core)
    thread = threading.Thread(target=lambda: found.append(context.core()))
    thread.start()
    thread.join()
    uninstall()
    assert found == [core]


async def test_a_second_core_cannot_be_installed_over_the_first(core: Core) -> None:
    uninstall = install(core)
    try:
        with pytest.raises(RuntimeError, match="installed already"):
            install(core)
    finally:
        uninstall()
    uninstall()
    install(core)()


async def test_work_goes_on_to_its_end_when_who_awaits_it_is_cancelled(core: Core) -> None:
    begun, go_on, done = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def work() -> None:
        begun.set()
        await go_on.wait()
        done.set()

    caller = asyncio.create_task(core.finish(work()))
    await begun.wait()
    caller.cancel()
    with pytest.raises(asyncio.CancelledError):
        await caller
    go_on.set()
    async with asyncio.timeout(120):
        await done.wait()


async def test_closing_waits_for_work_under_way(tmp_path: Path) -> None:
    opened, done = open_core(tmp_path), []

    async def work() -> None:
        for _ in range(5):
            await asyncio.sleep(0)
        done.append(True)

    caller = asyncio.create_task(opened.finish(work()))
    await asyncio.sleep(0)
    await opened.close()
    assert done == [True]
    await caller


def test_a_wrong_setting_is_refused_before_anything_is_made(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="GRAFT_MAX_FILE_MB"):
        open_core(tmp_path / "data", {"GRAFT_MAX_FILE_MB": "x"})
    assert not (tmp_path / "data").exists()


async def test_a_change_that_fails_after_its_caller_went_is_told(tmp_path: Path) -> None:
    core = await asyncio.to_thread(open_core, tmp_path)
    going_on = asyncio.Event()

    async def work() -> None:
        await going_on.wait()
        raise OSError("disk")

    caller = asyncio.create_task(core.finish(work()))
    await asyncio.sleep(0)
    caller.cancel()
    with capture_logs() as lines:
        with pytest.raises(asyncio.CancelledError):
            await caller
        going_on.set()
        await core.close()
        await asyncio.sleep(0)
    assert [line["what"] for line in lines] == ["finishing a change"]
