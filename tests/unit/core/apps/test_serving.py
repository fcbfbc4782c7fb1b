"""What nodes serve."""

from __future__ import annotations

import dataclasses
import hashlib
from datetime import timedelta

import pytest
from sqlalchemy import event

from app.core import apps
from app.core.apps import Contents
from app.core.context import Core
from app.kernel.actor import Actor, Forbidden, acting_as
from tests.unit.core.apps.packages import COUNTER, upload

EDITOR = "globex/editor"


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


async def test_a_node_is_told_of_the_versions_that_somebody_gets(core: Core, acting: Actor) -> None:
    for content in (b"one", b"two", b"three"):
        await upload(core, content)
    await apps.promote(core, COUNTER, 1, base_revision=None)
    bundle = await apps.add_bundle(core, COUNTER, 1, "build", b"bundle")
    started = await apps.start_preview(core, COUNTER, 3, [acting.user.id], base_revision=None)
    (found,) = await apps.serving(core, "build")
    version = await apps.version(core, COUNTER, 1)
    assert found.app == await apps.get(core, COUNTER)
    assert found.previews == (started.preview,)
    assert found.contents == {
        1: Contents(True, version.source_digest, sha256(b"one"), bundle),
        3: Contents(True, version.source_digest, sha256(b"three"), None),
    }
    assert await apps.serving(core, "build", COUNTER) == (found,)


async def test_bundles_of_other_builds_are_not_for_this_node(core: Core) -> None:
    await upload(core, b"one")
    await apps.promote(core, COUNTER, 1, base_revision=None)
    await apps.add_bundle(core, COUNTER, 1, "another", b"bundle")
    (found,) = await apps.serving(core, "build")
    assert found.contents[1].bundle is None


async def test_an_app_that_was_never_promoted_has_nothing_to_serve(core: Core) -> None:
    await upload(core, b"one")
    (found,) = await apps.serving(core, "build")
    assert (found.app.current, found.contents) == (None, {})


async def test_deleted_apps_are_left_out(core: Core) -> None:
    await upload(core, b"one")
    await upload(core, b"two", app_id=EDITOR)
    await apps.delete(core, COUNTER, base_revision=None)
    assert [one.app.id for one in await apps.serving(core, "build")] == [EDITOR]
    assert await apps.serving(core, "build", COUNTER) == ()
    assert await apps.serving(core, "build", "nobody/has_it") == ()


async def test_previews_that_are_over_are_left_out(core: Core, acting: Actor) -> None:
    await upload(core, b"one")
    await apps.start_preview(
        core, COUNTER, 1, base_revision=None, lifetime=timedelta(microseconds=1)
    )
    (found,) = await apps.serving(core, "build", COUNTER)
    assert found.previews == ()


async def test_the_number_of_queries_does_not_grow_with_apps(core: Core) -> None:
    counts = []
    for number in range(3):
        await upload(core, b"one", app_id=f"acme/app{number}")
        statements: list[str] = []

        def note(*arguments: object, seen: list[str] = statements) -> None:
            seen.append(str(arguments[2]))

        event.listen(core.database.engine, "before_cursor_execute", note)
        await apps.serving(core, "build")
        event.remove(core.database.engine, "before_cursor_execute", note)
        counts.append(len(statements))
    assert len(set(counts)) == 1


async def test_client_apps_may_not_ask(core: Core, ada: Actor) -> None:
    with acting_as(dataclasses.replace(ada, app_id=COUNTER)), pytest.raises(Forbidden):
        await apps.serving(core, "build")


async def test_an_app_that_people_had_until_no_version_loaded_has_fallen(core: Core) -> None:
    await upload(core, b"one")
    await upload(core, b"other", app_id=EDITOR)
    await apps.promote(core, COUNTER, 1, base_revision=None)
    assert [one.fell for one in await apps.serving(core, "build")] == [False, False]
    await apps.record_failure(core, COUNTER, 1, [{"message": "no database"}])
    assert {one.app.id: one.fell for one in await apps.serving(core, "build")} == {
        COUNTER: True,
        EDITOR: False,
    }
    await apps.promote(core, COUNTER, 1, base_revision=None)
    assert not any(one.fell for one in await apps.serving(core, "build"))
