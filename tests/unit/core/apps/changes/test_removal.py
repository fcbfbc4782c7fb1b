from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from app.core import app_settings, apps, audit
from app.core.apps import KEPT, UrlTaken
from app.core.context import Core
from app.kernel.errors import NotFound
from tests.unit.core.apps.packages import COUNTER, upload

if TYPE_CHECKING:
    from tests.unit.core.administering import Told


async def _served(core: Core, app_id: str = COUNTER, package: bytes = b"one") -> None:
    added = await upload(core, package, app_id)
    await apps.promote(core, app_id, added.version.number, base_revision=None)


async def test_deleting_hides_an_app_and_undoing_brings_it_back_as_it_was(core: Core) -> None:
    await _served(core)
    await apps.grant(core, COUNTER, ["network"], base_revision=None)
    before = await apps.get(core, COUNTER)
    deleted = await apps.delete(core, COUNTER, base_revision=before.revision)
    assert (deleted.served, deleted.current) == (False, 1)
    assert await apps.all_apps(core) == ()
    assert await apps.all_apps(core, deleted=True) == (deleted,)
    back = await apps.undelete(core, COUNTER, base_revision=deleted.revision)
    assert (back.served, back.current, back.granted) == (True, 1, before.granted)
    assert await apps.undelete(core, COUNTER, base_revision=back.revision) == back


async def test_the_url_of_a_deleted_app_is_free_and_may_be_gone_when_it_comes_back(
    core: Core,
) -> None:
    await upload(core, b"one", url="same")
    await apps.delete(core, COUNTER, base_revision=None)
    await upload(core, b"two", "globex/editor", url="same")
    with pytest.raises(UrlTaken, match="globex/editor"):
        await apps.undelete(core, COUNTER, base_revision=None)
    await apps.delete(core, "globex/editor", base_revision=None)
    assert (await apps.undelete(core, COUNTER, base_revision=None)).url == "same"


async def test_a_deleted_app_is_kept_for_thirty_days(core: Core) -> None:
    await _served(core)
    deleted = await apps.delete(core, COUNTER, base_revision=None)
    assert deleted.deleted_at is not None
    end = deleted.deleted_at + timedelta(days=30)
    assert await apps.purge_deleted(core, end - timedelta(seconds=1)) == ()
    assert (await apps.get(core, COUNTER)).current == 1
    assert await apps.purge_deleted(core, end) == (COUNTER,)
    with pytest.raises(NotFound):
        await apps.get(core, COUNTER)


async def test_purging_removes_all_of_an_app_and_nothing_of_others(core: Core, told: Told) -> None:
    await _served(core)
    await upload(core, b"shared")
    await apps.add_bundle(core, COUNTER, 1, "build", b"compiled")
    await apps.start_preview(core, COUNTER, 1, base_revision=None)
    await app_settings.save(core, COUNTER, {"a": 1}, base_revision=None)
    await _served(core, "globex/editor", b"shared")
    await apps.delete(core, COUNTER, base_revision=None)
    assert await apps.purge_deleted(core, core.clock() + KEPT) == (COUNTER,)
    contents = [await core.code.get(content.digest) async for content in core.code.all()]
    assert contents == [b"shared"]
    assert [app.id for app in await apps.all_apps(core, deleted=True)] == ["globex/editor"]
    assert (await told.all())[-1]["action"] == "purge"
    (entry,) = (await audit.query(core, audit.Filter(action="app.purge"))).entries
    assert entry.target == COUNTER
    # The id is free, and numbers begin anew.
    assert (await upload(core, b"new")).version.number == 1


async def test_only_deleted_apps_are_purged(core: Core) -> None:
    await _served(core)
    assert await apps.purge_deleted(core, core.clock() + timedelta(days=10_000)) == ()


async def test_what_an_app_keeps_goes_with_it_for_ever_and_not_before(core: Core) -> None:
    await upload(core, b"package")
    (core.folders.make(COUNTER, "o1") / "file").write_text("x")
    (core.folders.make("acme/other", None) / "file").write_text("x")
    await apps.delete(core, COUNTER, base_revision=None)
    assert await apps.purge_deleted(core, core.clock()) == ()
    assert core.folders.apps() == [COUNTER, "acme/other"]
    await apps.purge_deleted(core, core.clock() + KEPT)
    assert core.folders.apps() == ["acme/other"]


async def test_folders_that_another_node_left_are_removed_and_those_of_no_app_are_not(
    core: Core,
) -> None:
    await upload(core, b"package")
    core.folders.make("acme/other", None)  # of a server in development mode
    await apps.delete(core, COUNTER, base_revision=None)
    await apps.purge_deleted(core, core.clock() + KEPT)
    core.folders.make(COUNTER, "o1")
    assert await apps.folders_left(core) == (COUNTER,)
    assert await apps.remove_folders_left(core) == (COUNTER,)
    assert core.folders.apps() == ["acme/other"]
    core.folders.make(COUNTER, "o1")
    await upload(core, b"package")
    assert await apps.remove_folders_left(core) == ()
