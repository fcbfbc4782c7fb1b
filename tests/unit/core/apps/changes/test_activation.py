from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

import pytest

from app.core import accounts, apps, audit
from app.core.apps import Action, App, Changed, Deleted, NoEarlierVersion, NotReady, State, UrlTaken
from app.core.context import Core
from app.kernel.actor import Actor, acting_as
from app.kernel.errors import Invalid, NotFound
from tests.unit.core.apps.packages import COUNTER, upload

if TYPE_CHECKING:
    from tests.unit.core.administering import Told


async def _versions(core: Core, count: int) -> App:
    for number in range(1, count + 1):
        app = (await upload(core, b"version %d" % number, name=f"Counter {number}")).app
    return app


async def _promote(core: Core, *numbers: int) -> App:
    for number in numbers:
        app = await apps.promote(core, COUNTER, number, base_revision=None)
    return app


async def test_promoting_serves_a_version_under_its_own_name(core: Core, told: Told) -> None:
    app = await _versions(core, 2)
    promoted = await apps.promote(core, COUNTER, 2, base_revision=app.revision)
    assert (promoted.current, promoted.name, promoted.served) == (2, "Counter 2", True)
    assert promoted.revision == app.revision + 1
    assert (await told.all())[-1] == {
        "app": COUNTER,
        "change": promoted.change,
        "action": "promote",
    }


async def test_promoting_what_is_current_changes_nothing(core: Core, told: Told) -> None:
    await _versions(core, 1)
    promoted = await _promote(core, 1)
    messages = len(await told.all())
    assert await apps.promote(core, COUNTER, 1, base_revision=promoted.revision) == promoted
    assert len(await told.all()) == messages


async def test_of_two_admins_at_once_the_second_sees_what_the_first_did(
    core: Core, acting: Actor
) -> None:
    seen = await _versions(core, 3)
    results = await asyncio.gather(
        apps.promote(core, COUNTER, 2, base_revision=seen.revision, note="looks good"),
        apps.promote(core, COUNTER, 3, base_revision=seen.revision, note="looks good"),
        return_exceptions=True,
    )
    (won,) = [result for result in results if isinstance(result, App)]
    (lost,) = [result for result in results if isinstance(result, Changed)]
    assert lost.current == won == await apps.get(core, COUNTER)
    assert [(step.action, step.number, step.by) for step in lost.since] == [
        (Action.PROMOTE, won.current, acting.user.id)
    ]
    assert f"promote {won.current} (looks good) by Olga" in str(lost)
    decided = await apps.promote(core, COUNTER, 1, base_revision=lost.current.revision)
    assert decided.current == 1


async def test_every_change_makes_what_others_have_seen_stale(core: Core) -> None:
    seen = await _versions(core, 2)
    await _promote(core, 1)
    calls = [
        apps.rollback(core, COUNTER, base_revision=seen.revision),
        apps.disable(core, COUNTER, base_revision=seen.revision),
        apps.enable(core, COUNTER, base_revision=seen.revision),
        apps.delete(core, COUNTER, base_revision=seen.revision),
        apps.undelete(core, COUNTER, base_revision=seen.revision),
        apps.grant(core, COUNTER, ["network"], base_revision=seen.revision),
        apps.revoke(core, COUNTER, ["network"], base_revision=seen.revision),
        apps.set_visibility(core, COUNTER, apps.NOBODY, base_revision=seen.revision),
        apps.set_load_at_boot(core, COUNTER, True, base_revision=seen.revision),
        apps.start_preview(core, COUNTER, 2, base_revision=seen.revision),
    ]
    for call in calls:
        with pytest.raises(Changed):
            await call
    with pytest.raises(Changed):
        await apps.disable(core, COUNTER, base_revision=seen.revision + 100)


async def test_rolling_back_undoes_one_promotion_at_a_time_and_never_redoes(core: Core) -> None:
    await _versions(core, 4)
    await _promote(core, 1, 2, 4)
    assert [(await apps.rollback(core, COUNTER, base_revision=None)).current for _ in "ab"] == [
        2,
        1,
    ]
    with pytest.raises(NoEarlierVersion):
        await apps.rollback(core, COUNTER, base_revision=None)
    await _promote(core, 3)
    assert (await apps.rollback(core, COUNTER, base_revision=None)).current == 1


async def test_a_version_that_was_promoted_twice_is_rolled_back_to_what_was_between(
    core: Core,
) -> None:
    await _versions(core, 2)
    await _promote(core, 1, 2, 1)
    assert (await apps.rollback(core, COUNTER, base_revision=None)).current == 2
    assert (await apps.rollback(core, COUNTER, base_revision=None)).current == 1


async def test_rolling_back_to_any_version_by_number(core: Core) -> None:
    await _versions(core, 4)
    await _promote(core, 1, 2, 3, 4)
    assert (await apps.rollback(core, COUNTER, 2, base_revision=None)).current == 2
    assert (await apps.rollback(core, COUNTER, base_revision=None)).current == 1
    with pytest.raises(NotFound):
        await apps.rollback(core, COUNTER, 9, base_revision=None)


async def test_rolling_back_passes_over_versions_that_failed(core: Core) -> None:
    await _versions(core, 3)
    await _promote(core, 1, 2, 3)
    await apps.record_failure(core, COUNTER, 2, [{"message": "boom"}])
    assert (await apps.rollback(core, COUNTER, base_revision=None)).current == 1


async def test_when_the_only_earlier_version_failed_its_number_is_told(core: Core) -> None:
    await _versions(core, 2)
    await _promote(core, 1, 2)
    await apps.record_failure(core, COUNTER, 1, [{"message": "boom"}])
    with pytest.raises(NoEarlierVersion, match="version 1 failed, and is tried again if"):
        await apps.rollback(core, COUNTER, base_revision=None)
    assert (await apps.rollback(core, COUNTER, 1, base_revision=None)).current == 1


async def test_an_app_that_never_served_anything_cannot_be_rolled_back(core: Core) -> None:
    await _versions(core, 1)
    with pytest.raises(NoEarlierVersion, match=COUNTER):
        await apps.rollback(core, COUNTER, base_revision=None)
    await _promote(core, 1)
    with pytest.raises(NoEarlierVersion):
        await apps.rollback(core, COUNTER, base_revision=None)


async def test_a_version_that_waits_is_not_activated(core: Core) -> None:
    await upload(core, b"one", capabilities=["network", "broadcast"])
    await apps.grant(core, COUNTER, ["broadcast"], base_revision=None)
    with pytest.raises(NotReady, match="network") as caught:
        await _promote(core, 1)
    assert caught.value.missing == ("network",)
    await apps.record_failure(core, COUNTER, 1, [{"message": "boom"}])
    with pytest.raises(NotReady, match="network"):
        await _promote(core, 1)
    assert (await apps.get(core, COUNTER)).current is None
    assert (await apps.version(core, COUNTER, 1)).state is State.FAILED


@pytest.mark.parametrize("go_to", [apps.promote, apps.rollback])
async def test_a_version_that_failed_is_tried_again_when_somebody_says_so(
    core: Core, go_to: Callable[..., Awaitable[apps.App]]
) -> None:
    await _versions(core, 2)
    await _promote(core, 1, 2)
    await apps.record_failure(core, COUNTER, 1, [{"message": "boom"}])
    assert (await go_to(core, COUNTER, 1, base_revision=None)).current == 1
    again = await apps.version(core, COUNTER, 1)
    assert (again.state, again.problems) == (State.READY, ())
    steps = await apps.history(core, COUNTER, limit=2)
    assert steps[1].action is apps.Action.CLEAR
    assert steps[0].number == 1


async def test_a_version_takes_its_url_when_it_is_promoted(core: Core) -> None:
    await upload(core, b"one", url="old")
    await upload(core, b"two", url="new")
    await _promote(core, 1)
    await upload(core, b"other", "globex/editor", url="new")
    with pytest.raises(UrlTaken, match="globex/editor"):
        await _promote(core, 2)
    assert (await apps.get(core, COUNTER)).url == "old"
    await apps.delete(core, "globex/editor", base_revision=None)
    assert (await _promote(core, 2)).url == "new"


async def test_switching_off_and_on_keeps_the_version(core: Core) -> None:
    await _versions(core, 2)
    await _promote(core, 1)
    off = await apps.disable(core, COUNTER, base_revision=None, note="leaks")
    assert (off.enabled, off.served, off.current) == (False, False, 1)
    assert await apps.disable(core, COUNTER, base_revision=off.revision) == off
    assert (await _promote(core, 2)).served is False
    on = await apps.enable(core, COUNTER, base_revision=None)
    assert (on.served, on.current) == (True, 2)
    assert await apps.enable(core, COUNTER, base_revision=on.revision) == on


async def test_a_deleted_app_is_changed_by_bringing_it_back_only(core: Core) -> None:
    await _versions(core, 1)
    await apps.delete(core, COUNTER, base_revision=None)
    calls = [
        _promote(core, 1),
        apps.rollback(core, COUNTER, base_revision=None),
        apps.enable(core, COUNTER, base_revision=None),
        apps.disable(core, COUNTER, base_revision=None),
        apps.delete(core, COUNTER, base_revision=None),
        apps.grant(core, COUNTER, ["network"], base_revision=None),
        apps.start_preview(core, COUNTER, 1, base_revision=None),
    ]
    for call in calls:
        with pytest.raises(Deleted):
            await call


async def test_history_and_audit_tell_who_did_what_and_why(core: Core, acting: Actor) -> None:
    other = await accounts.create_user(core, "Paul", "paul@example.com")
    await accounts.grant(core, acting.organisation.id, other.id, "admin")
    paul = await accounts.actor_of(core, other.id, acting.organisation.id)
    await _versions(core, 2)
    await _promote(core, 1)
    with acting_as(paul), audit.coming_from("192.0.2.7"):
        await apps.promote(core, COUNTER, 2, base_revision=None, note=" faster\n lists ")
    await apps.disable(core, COUNTER, base_revision=None)
    steps = (await apps.history(core, COUNTER))[:3]
    assert [(step.action, step.number, step.by_name, step.note) for step in steps] == [
        (Action.DISABLE, None, "Olga", ""),
        (Action.PROMOTE, 2, "Paul", "faster lists"),
        (Action.PROMOTE, 1, "Olga", ""),
    ]
    assert [step.revision for step in await apps.history(core, COUNTER, limit=2)] == [5, 4]
    page = await apps.history(core, COUNTER, before=4)
    assert [step.revision for step in page] == [3, 2, 1]
    (entry,) = (await audit.query(core, audit.Filter(actor_id=other.id))).entries
    assert (entry.action, entry.target, entry.ip) == ("app.promote", COUNTER, "192.0.2.7")
    assert entry.detail["before"] == 1
    assert entry.at == steps[1].at


async def test_what_is_refused_changes_nothing_and_is_told_nobody(core: Core, told: Told) -> None:
    app = await _versions(core, 1)
    messages, entries = len(await told.all()), len((await audit.query(core)).entries)
    for call in (
        apps.promote(core, COUNTER, 2, base_revision=None),
        apps.promote(core, "acme/nothing", 1, base_revision=None),
        apps.promote(core, COUNTER, 1, base_revision=99),
        apps.promote(core, COUNTER, 1, base_revision=None, note="x" * 501),
        apps.promote(core, COUNTER, 1, base_revision=None, note="a\0b"),
    ):
        with pytest.raises((NotFound, Changed, Invalid)):
            await call
    assert await apps.get(core, COUNTER) == app
    assert len(await told.all()) == messages
    assert len((await audit.query(core)).entries) == entries


async def test_a_bus_that_fails_does_not_make_a_change_look_undone(
    core: Core, monkeypatch: pytest.MonkeyPatch
) -> None:
    await _versions(core, 1)

    async def fail(topic: str, payload: object) -> None:
        raise ConnectionError("the bus is gone")

    monkeypatch.setattr(core.bus, "publish", fail)
    assert (await _promote(core, 1)).current == 1
