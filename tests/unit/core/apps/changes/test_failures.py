from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from app.core import apps
from app.core.apps import Action, State
from app.core.context import Core
from app.kernel.errors import Invalid, NotFound
from tests.unit.core.apps.packages import COUNTER, upload

if TYPE_CHECKING:
    from tests.unit.core.administering import Told

BOOM = [{"message": "ZeroDivisionError", "file": "entry.py", "line": 3}]


async def _promoted(core: Core, *numbers: int) -> None:
    for number in range(1, max(numbers) + 1):
        await upload(core, b"version %d" % number)
    for number in numbers:
        await apps.promote(core, COUNTER, number, base_revision=None)


async def test_when_the_current_version_fails_the_last_good_one_takes_its_place(
    core: Core, told: Told
) -> None:
    await _promoted(core, 1, 2, 3)
    app = await apps.record_failure(core, COUNTER, 3, BOOM)
    assert app.current == 2
    failed = await apps.version(core, COUNTER, 3)
    assert (failed.state, list(failed.problems)) == (State.FAILED, BOOM)
    steps = await apps.history(core, COUNTER, limit=2)
    assert [(step.action, step.number, step.note) for step in steps] == [
        (Action.FALLBACK, 2, ""),
        (Action.FAIL, 3, "ZeroDivisionError"),
    ]
    assert [message["action"] for message in await told.all()][-2:] == ["fail", "fallback"]


async def test_when_all_versions_fail_one_after_another_none_is_served(core: Core) -> None:
    await _promoted(core, 1, 2)
    assert (await apps.record_failure(core, COUNTER, 2, BOOM)).current == 1
    app = await apps.record_failure(core, COUNTER, 1, BOOM)
    assert (app.current, app.served) == (None, False)
    await upload(core, b"good again")
    assert (await apps.promote(core, COUNTER, 3, base_revision=None)).served


async def test_a_version_that_is_not_served_fails_without_touching_the_one_that_is(
    core: Core,
) -> None:
    await _promoted(core, 1, 2)
    assert (await apps.record_failure(core, COUNTER, 1, BOOM)).current == 2


async def test_many_nodes_that_report_one_failure_are_one_failure(core: Core) -> None:
    await _promoted(core, 1, 2)
    first = await apps.record_failure(core, COUNTER, 2, BOOM)
    assert await apps.record_failure(core, COUNTER, 2, [{"message": "other node"}]) == first


async def test_a_failure_ends_the_previews_of_the_version(core: Core) -> None:
    await _promoted(core, 1, 2)
    await apps.start_preview(core, COUNTER, 2, base_revision=None)
    await apps.start_preview(core, COUNTER, 1, base_revision=None)
    await apps.record_failure(core, COUNTER, 2, BOOM)
    assert [preview.number for preview in await apps.previews(core)] == [1]


async def test_falling_back_passes_over_a_version_whose_url_is_taken(core: Core) -> None:
    await upload(core, b"one", url="first")
    await upload(core, b"two", url="second")
    await upload(core, b"three", url="third")
    for number in (1, 2, 3):
        await apps.promote(core, COUNTER, number, base_revision=None)
    await upload(core, b"other", "globex/editor", url="second")
    app = await apps.record_failure(core, COUNTER, 3, BOOM)
    assert (app.current, app.url) == (1, "first")


async def test_people_get_the_version_back_that_they_had_when_what_was_rolled_back_to_fails(
    core: Core,
) -> None:
    await _promoted(core, 1, 2)
    await apps.rollback(core, COUNTER, base_revision=None)
    assert (await apps.record_failure(core, COUNTER, 1, BOOM)).current == 2
    assert (await apps.record_failure(core, COUNTER, 2, BOOM)).current is None


async def test_the_same_package_again_lets_a_version_that_failed_be_tried_again(
    core: Core,
) -> None:
    await upload(core, b"one")
    await upload(core, b"two")
    for number in (1, 2):
        await apps.promote(core, COUNTER, number, base_revision=None)
    await apps.record_failure(core, COUNTER, 2, BOOM)
    again = await upload(core, b"two")
    assert (again.new, again.app.current) == (False, 1)
    assert (again.version.state, again.version.problems) == (State.READY, ())
    assert (await apps.history(core, COUNTER))[0].action is apps.Action.CLEAR
    assert (await upload(core, b"two")).app == again.app
    assert (await apps.promote(core, COUNTER, 2, base_revision=None)).current == 2


async def test_a_version_that_is_tried_again_waits_if_it_lacks_capabilities(core: Core) -> None:
    await upload(core, b"one", capabilities=["network"])
    await apps.record_failure(core, COUNTER, 1, BOOM)
    assert (await upload(core, b"one", capabilities=["network"])).version.state is State.WAITING


async def test_of_a_deleted_app_no_version_is_tried_again(core: Core) -> None:
    await upload(core, b"one")
    await apps.record_failure(core, COUNTER, 1, BOOM)
    await apps.delete(core, COUNTER, base_revision=None)
    assert (await upload(core, b"one")).version.state is State.FAILED


@pytest.mark.parametrize("problems", [[], [{"message": float("inf")}], [{"at": object()}]])
async def test_a_failure_must_say_why_in_json(
    core: Core, problems: list[dict[str, object]]
) -> None:
    await _promoted(core, 1)
    with pytest.raises(Invalid):
        await apps.record_failure(core, COUNTER, 1, problems)


async def test_what_is_not_there_cannot_fail(core: Core) -> None:
    await _promoted(core, 1)
    with pytest.raises(NotFound):
        await apps.record_failure(core, COUNTER, 2, BOOM)
    with pytest.raises(NotFound):
        await apps.record_failure(core, "acme/nothing", 1, BOOM)
