from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, cast

import pytest
from sqlalchemy import text

from app.core import apps, audit
from app.core.apps import NotReady
from app.core.context import Core
from app.kernel.actor import Actor
from app.kernel.errors import Invalid, NotFound
from tests.unit.core.apps.packages import COUNTER, upload

if TYPE_CHECKING:
    from tests.unit.core.administering import Told
    from tests.unit.core.conftest import Ticking


async def test_a_preview_is_for_the_users_named_and_for_whoever_has_the_link(
    core: Core, ada: Actor
) -> None:
    await upload(core, b"one")
    started = await apps.start_preview(core, COUNTER, 1, {ada.user.id}, base_revision=None)
    assert started.preview.users == {ada.user.id}
    assert await apps.previews(core, COUNTER) == [started.preview]
    assert await apps.previews(core) == [started.preview]
    assert await apps.previews(core, "globex/editor") == []
    assert await apps.preview_by_token(core, started.token) == started.preview
    for wrong in ("", "guess", started.token[:-1], started.preview.id, "\ud800"):
        with pytest.raises(NotFound):
            await apps.preview_by_token(core, wrong)


async def test_the_token_is_told_once_and_stored_nowhere(core: Core) -> None:
    await upload(core, b"one")
    started = await apps.start_preview(core, COUNTER, 1, base_revision=None)
    assert started.token not in repr(started)
    with core.database.engine.connect() as connection:
        rows = connection.execute(text("SELECT * FROM app_previews")).all()
    assert started.token not in repr(rows)
    assert started.token not in repr((await audit.query(core)).entries)
    other = await apps.start_preview(core, COUNTER, 1, base_revision=None)
    assert other.token != started.token


async def test_a_preview_ends_by_hand_by_promotion_by_deletion_and_by_time(
    core: Core,
) -> None:
    clock: Ticking = core.clock  # type: ignore[assignment]
    for number in range(1, 5):
        await upload(core, b"%d" % number)
    started = [
        await apps.start_preview(
            core, COUNTER, number, base_revision=None, lifetime=timedelta(hours=number)
        )
        for number in range(1, 5)
    ]

    async def live() -> list[int]:
        found = []
        for each in started:
            try:
                found.append((await apps.preview_by_token(core, each.token)).number)
            except NotFound:
                continue
        assert [preview.number for preview in await apps.previews(core)] == found
        return found

    assert await live() == [1, 2, 3, 4]
    await apps.end_preview(core, started[3].preview.id)
    with pytest.raises(NotFound):
        await apps.end_preview(core, started[3].preview.id)
    assert await live() == [1, 2, 3]
    await apps.promote(core, COUNTER, 3, base_revision=None)
    assert await live() == [1, 2]
    clock.now += timedelta(hours=1)
    assert await live() == [2]
    await apps.delete(core, COUNTER, base_revision=None)
    assert await live() == []
    await apps.undelete(core, COUNTER, base_revision=None)
    assert await live() == [2]


async def test_a_preview_that_is_over_is_forgotten(core: Core) -> None:
    clock = cast("Ticking", core.clock)
    await upload(core, b"one")
    short = timedelta(hours=1)
    await apps.start_preview(core, COUNTER, 1, base_revision=None, lifetime=short)
    kept = await apps.start_preview(core, COUNTER, 1, base_revision=None)
    assert await apps.forget_previews(core) == 0
    clock.now += short
    before = await apps.get(core, COUNTER)
    assert await apps.forget_previews(core) == 1
    # Nobody's view of the app is outdated by that.
    assert await apps.get(core, COUNTER) == before
    assert (await apps.preview_by_token(core, kept.token)).id == kept.preview.id


async def test_a_preview_lasts_no_longer_when_the_clock_is_set_back(core: Core, told: Told) -> None:
    clock = cast("Ticking", core.clock)
    await upload(core, b"one")
    hours = timedelta(hours=2)
    started = await apps.start_preview(core, COUNTER, 1, base_revision=None, lifetime=hours)
    before, heard = await apps.get(core, COUNTER), len(await told.all())
    await apps.bring_back_previews(core)
    assert len(await told.all()) == heard
    clock.now -= timedelta(days=400)
    await apps.bring_back_previews(core)
    (preview,) = await apps.previews(core)
    assert preview.id == started.preview.id
    assert timedelta() <= clock.now + hours - preview.expires_at < timedelta(minutes=1)
    # Nodes hear of it, and whoever read the app before may still change it.
    assert (await told.all())[heard]["app"] == COUNTER
    missed = await apps.changed_since(core, before.change)
    assert [app.id for app in missed.apps] == [COUNTER]
    assert (await apps.get(core, COUNTER)).revision == before.revision


async def test_a_version_that_waits_can_be_previewed_and_one_that_failed_cannot(
    core: Core,
) -> None:
    await upload(core, b"one", capabilities=["network"])
    assert (await apps.start_preview(core, COUNTER, 1, base_revision=None)).preview.number == 1
    await apps.record_failure(core, COUNTER, 1, [{"message": "boom"}])
    with pytest.raises(NotReady):
        await apps.start_preview(core, COUNTER, 1, base_revision=None)


async def test_a_preview_is_a_change_that_nodes_hear_of(core: Core) -> None:
    app = (await upload(core, b"one")).app
    started = await apps.start_preview(core, COUNTER, 1, base_revision=app.revision)
    changes = await apps.changed_since(core, app.change)
    assert [changed.id for changed in changes.apps] == [COUNTER]
    ended = await apps.end_preview(core, started.preview.id)
    assert ended.change > changes.number


async def test_a_preview_that_cannot_be_is_refused(core: Core) -> None:
    await upload(core, b"one")
    for lifetime in (timedelta(), timedelta(days=91)):
        with pytest.raises(Invalid):
            await apps.start_preview(core, COUNTER, 1, base_revision=None, lifetime=lifetime)
    with pytest.raises(NotFound):
        await apps.start_preview(core, COUNTER, 1, {"nobody"}, base_revision=None)
    with pytest.raises(NotFound):
        await apps.start_preview(core, COUNTER, 2, base_revision=None)
    assert await apps.previews(core) == []
