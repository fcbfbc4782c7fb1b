"""The audit log is kept for a time, and says itself what went."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from app.core import audit
from app.core.audit.model import SYSTEM
from app.core.audit.tables import EntryRow
from app.core.context import Core
from app.core.opening import open_core
from app.core.pruning import prune
from app.kernel.actor import Actor, Organisation, acting_as
from app.kernel.errors import Forbidden

DAY = timedelta(days=1)


async def record(core: Core, age: timedelta, count: int = 1) -> None:
    """Write entries as of some time ago."""
    then = core.clock() - age

    def work(session: object) -> None:
        for number in range(count):
            audit.append(session, who, "thing.do", str(number))  # type: ignore[arg-type]

    who = audit.Stamp(then, audit.stamp(core).actor, "", "node", "")
    await core.database.write(work)


async def actions(core: Core) -> list[str]:
    return [entry.action for entry in (await audit.query(core, limit=1000)).entries]


async def test_entries_that_are_too_old_go_and_an_entry_says_so(core: Core) -> None:
    await record(core, 10 * DAY, 3)
    await record(core, DAY)
    assert await audit.expire(core, 5 * DAY) == 3
    newest, kept = (await audit.query(core)).entries
    assert (kept.action, kept.at > core.clock() - 2 * DAY) == ("thing.do", True)
    assert (newest.action, newest.actor_id) == ("audit.expire", "")
    assert newest.detail["entries"] == 3
    assert await audit.expire(core, 5 * DAY) == 0
    assert await actions(core) == ["audit.expire", "thing.do"]


async def test_numbers_of_entries_are_not_given_again(core: Core) -> None:
    await record(core, 10 * DAY, 3)
    await audit.expire(core, DAY)
    (entry,) = (await audit.query(core)).entries
    assert entry.sequence == 4


async def test_others_write_while_many_entries_go(core: Core) -> None:
    await record(core, 10 * DAY, 7_000)
    going = asyncio.create_task(audit.expire(core, DAY))
    await asyncio.sleep(0)
    await record(core, timedelta())
    assert not going.done()
    assert await going == 7_000


async def test_two_nodes_remove_an_entry_once(core: Core, tmp_path: Path) -> None:
    await record(core, 10 * DAY, 5_000)
    other = open_core(tmp_path / "data", clock=core.clock)
    both = (audit.expire(core, DAY), audit.expire(other, DAY))
    removed = await asyncio.gather(*both)
    await other.close()
    assert sum(removed) == 5_000
    told = (await audit.query(core)).entries
    assert sum(entry.detail["entries"] for entry in told) == 5_000


async def test_what_goes_and_what_tells_of_it_are_one_step(core: Core) -> None:
    await record(core, 10 * DAY, 3)

    def fail(session: object, keys: object) -> None:
        raise RuntimeError

    with pytest.raises(RuntimeError):
        await prune(core, EntryRow.sequence, before=fail)
    assert len(await actions(core)) == 3


async def test_rows_go_a_few_at_a_time(core: Core) -> None:
    await record(core, DAY, 5)
    batches: list[int] = []
    noted = partial(prune, core, EntryRow.sequence, batch=2)
    removed = await noted(before=lambda session, keys: batches.append(len(keys)))
    assert (removed, batches) == (5, [2, 2, 1])


async def test_a_client_app_cannot_expire_anything(core: Core) -> None:
    app = Actor(SYSTEM, Organisation("o1", "Acme"), app_id="acme/counter")
    with acting_as(app), pytest.raises(Forbidden):
        await audit.expire(core, DAY)
