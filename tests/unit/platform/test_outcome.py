"""Whoever decides what is served hears whether the server serves it."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

import pytest

from app.core import apps
from app.core.apps import State
from app.node.releases.provider import Offer
from app.platform.operations.allowing import Grant
from app.platform.operations.lifecycle import Disable, Enable
from app.platform.operations.serving import Promote, Rollback
from app.platform.outcome import CannotLoadNow, DoesNotLoad, NotServed, StillLoading
from app.platform.store import InstalledStore
from tests.unit.apps.helpers import COUNTER
from tests.unit.platform.conftest import Server, broken, heading

PATH = "/apps/acme-counter"


async def promote(server: Server, number: int, **more: float) -> apps.App:
    return await server.platform.do(server.operator, COUNTER, Promote(number=number), **more)


async def ready(server: Server, changes: dict[str, str] | None = None) -> int:
    """Upload a version and grant what it asks for."""
    uploaded = await server.upload(COUNTER, changes)
    await server.platform.do(
        server.operator, COUNTER, Grant(capabilities=uploaded.version.capabilities)
    )
    return uploaded.version.number


async def failed(server: Server, number: int, **more: float) -> NotServed:
    with pytest.raises(NotServed) as caught:
        await promote(server, number, **more)
    return caught.value


async def test_a_promoted_version_is_loaded_when_it_is_said_to_be_served(server: Server) -> None:
    number = await ready(server)

    assert (await promote(server, number)).current == number
    record = server.node.engine.catalog.get(COUNTER)
    assert record is not None
    assert record.version is not None


async def test_a_version_that_fails_on_the_server_is_told_and_what_ran_goes_on(
    server: Server,
) -> None:
    await promote(server, await ready(server))
    page = await server.open(PATH)

    error = await failed(server, await ready(server, broken()))

    assert isinstance(error, DoesNotLoad)
    assert "version 2 of acme/counter does not load: labels.py:3: RuntimeError" in str(error)
    assert "Version 1 is served instead" in str(error)
    assert (error.app.current, error.problems[0].place) == (1, "labels.py:3")
    newest = await apps.version(server.core, COUNTER, 2)
    assert newest.state is State.FAILED
    await server.settle()
    assert page.message["number"] == 1


async def test_a_first_version_that_fails_leaves_nobody_with_the_app(server: Server) -> None:
    error = await failed(server, await ready(server, broken()))

    assert isinstance(error, DoesNotLoad)
    assert "Nobody gets the app" in str(error)


async def test_switching_on_and_rolling_back_tell_it_too(server: Server) -> None:
    platform, operator = server.platform, server.operator
    await promote(server, await ready(server))
    await platform.do(operator, COUNTER, Disable())
    second = await ready(server, broken())
    await promote(server, second)  # nobody is to get it yet

    with pytest.raises(DoesNotLoad):
        await platform.do(operator, COUNTER, Enable())
    await promote(server, await ready(server, heading("Third")))
    with pytest.raises(NotServed):
        await platform.do(operator, COUNTER, Rollback(to=second))


async def test_a_load_that_takes_long_is_told_and_goes_on(server: Server, tmp_path: Path) -> None:
    await promote(server, await ready(server))
    door = tmp_path / "door"
    number = await ready(
        server,
        broken(f"import time\n    while not os.path.exists({str(door)!r}): time.sleep(0.01)"),
    )

    error = await failed(server, number, patience=0.05)

    assert isinstance(error, StillLoading)
    assert "still being loaded" in str(error)
    await asyncio.to_thread(door.touch)
    assert (await promote(server, number)).current == number
    record = server.node.engine.catalog.get(COUNTER)
    assert record is not None
    assert record.number == number


async def test_what_cannot_be_loaded_now_is_told_and_is_not_the_versions_fault(
    server: Server,
) -> None:
    await promote(server, await ready(server))
    number = await ready(server, heading("Second"))
    data = server.sources.parent / "data"
    for folder in ("unpacked", "code"):
        shutil.rmtree(data / folder, ignore_errors=True)

    error = await failed(server, number)

    assert isinstance(error, CannotLoadNow)
    assert "cannot be loaded at the moment" in str(error)
    assert (await apps.version(server.core, COUNTER, number)).state is State.READY


async def test_what_somebody_else_decided_meanwhile_is_no_failure(server: Server) -> None:
    await promote(server, await ready(server))
    second, third = [await ready(server, heading(text)) for text in ("Second", "Third")]

    await asyncio.gather(promote(server, second), promote(server, third))

    assert (await server.platform.app(server.operator, COUNTER)).current in (second, third)


async def test_a_version_is_loaded_in_nobodys_name(server: Server) -> None:
    code = "from app.core.actor import acting\nassert acting() is None, acting()"

    await promote(server, await ready(server, broken(code.replace("\n", "; "))))


async def test_what_was_followed_already_is_not_followed_once_more(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    decided = await promote(server, await ready(server))
    await server.settle()
    read: list[str] = []
    one = InstalledStore.one

    async def noted(store: InstalledStore, app_id: str) -> Offer | None:
        read.append(app_id)
        return await one(store, app_id)

    monkeypatch.setattr(InstalledStore, "one", noted)
    releases = server.node.engine.releases

    await releases.catch_up(COUNTER, decided.revision)
    assert read == []
    await releases.catch_up(COUNTER, decided.revision + 1)
    assert read == [COUNTER]


async def test_what_failed_is_followed_once_more_when_it_is_asked_for(server: Server) -> None:
    await promote(server, await ready(server))
    number = await ready(server, heading("Second"))
    code, away = server.sources.parent / "data" / "code", server.sources.parent / "away"
    shutil.rmtree(server.sources.parent / "data" / "unpacked", ignore_errors=True)
    code.rename(away)
    await failed(server, number)
    away.rename(code)

    assert (await promote(server, number)).current == number
    record = server.node.engine.catalog.get(COUNTER)
    assert record is not None
    assert record.number == number
