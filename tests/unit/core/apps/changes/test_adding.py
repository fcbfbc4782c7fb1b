from __future__ import annotations

import asyncio
import dataclasses
import hashlib
from typing import TYPE_CHECKING, Any

import pytest

from app.core import apps, audit
from app.core.apps import Changed, Compiled, Deleted, NewVersion, State, UrlTaken
from app.core.code_store import CodeStore
from app.core.context import Core
from app.kernel.actor import Actor
from app.kernel.errors import Invalid, NotFound, Unavailable
from tests.unit.core.apps.packages import COUNTER, bundle_of, manifest, upload

if TYPE_CHECKING:
    from tests.unit.core.administering import Told


async def test_the_first_package_installs_an_app_that_is_not_served_yet(
    core: Core, acting: Actor, told: Told
) -> None:
    added = await upload(core, b"one", name="Counter", icon="calculator", url="count")
    app, version = added.app, added.version
    assert added.new
    assert (app.name, app.icon, app.url, app.kind) == ("Counter", "calculator", "count", "dynamic")
    assert (app.enabled, app.current, app.newest, app.served) == (True, None, 1, False)
    assert (version.number, version.state) == (1, State.READY)
    assert version.package_digest == hashlib.sha256(b"one").hexdigest()
    assert (version.uploaded_by, version.uploaded_by_name) == (acting.user.id, "Olga")
    assert await core.code.get(version.package_digest) == b"one"
    assert await apps.get(core, COUNTER) == app
    assert await apps.version(core, COUNTER, 1) == version
    assert await told.all() == [{"app": COUNTER, "change": 1, "action": "upload"}]


async def test_the_same_package_again_is_the_same_version_and_changes_nothing(
    core: Core, told: Told
) -> None:
    first = await upload(core, b"one")
    await upload(core, b"two")
    again = await upload(core, b"one")
    assert not again.new
    assert again.version == first.version
    assert again.app == await apps.get(core, COUNTER)
    assert again.app.revision == 2
    assert len(await told.all()) == 2
    assert len((await audit.query(core)).entries) == 2


async def test_what_a_package_was_compiled_to_is_stored_with_it(core: Core) -> None:
    compiled = Compiled("build", b"bundle")
    await apps.add_version(core, NewVersion(manifest()), b"one", compiled)
    digest = await bundle_of(core, 1, "build")
    assert digest is not None
    assert await core.code.get(digest) == b"bundle"
    assert await bundle_of(core, 1, "another") is None


async def test_the_same_package_again_keeps_what_it_was_compiled_to(core: Core) -> None:
    await apps.add_version(core, NewVersion(manifest()), b"one", Compiled("build", b"bundle"))
    before = await bundle_of(core, 1, "build")
    await apps.add_version(core, NewVersion(manifest()), b"one", Compiled("build", b"other"))
    assert await bundle_of(core, 1, "build") == before


async def test_what_was_compiled_by_nobody_is_refused(core: Core) -> None:
    with pytest.raises(Invalid, match="a build is named"):
        await apps.add_version(core, NewVersion(manifest()), b"one", Compiled("", b"bundle"))
    assert await apps.all_apps(core) == ()


async def test_packages_of_one_identity_are_one_version(core: Core) -> None:
    identity = hashlib.sha256(b"manifest").hexdigest()
    new = NewVersion(manifest(), identity=identity)
    first = await apps.add_version(core, new, b"not signed")
    again = await apps.add_version(core, dataclasses.replace(new, signature="trusted"), b"signed")
    assert (first.new, again.new) == (True, False)
    assert again.version == first.version


async def test_of_many_uploads_of_one_package_at_once_one_makes_the_version(core: Core) -> None:
    added = await asyncio.gather(*(upload(core, b"one") for _ in range(10)))
    assert [each.new for each in added].count(True) == 1
    assert {each.version.number for each in added} == {1}


async def test_versions_of_uploads_at_once_are_numbered_without_gaps(core: Core) -> None:
    added = await asyncio.gather(*(upload(core, b"%d" % number) for number in range(20)))
    assert sorted(each.version.number for each in added) == list(range(1, 21))
    found = await apps.versions(core, COUNTER, limit=5, before=18)
    assert [version.number for version in found] == [17, 16, 15, 14, 13]


async def test_each_app_has_numbers_of_its_own(core: Core) -> None:
    await upload(core, b"one")
    assert (await upload(core, b"one", "globex/editor")).version.number == 1


async def test_a_version_that_asks_for_more_than_was_granted_waits(core: Core) -> None:
    await upload(core, b"one")
    await apps.grant(core, COUNTER, ["documents:write"], base_revision=None)
    more = await upload(core, b"two", capabilities=["network", "documents:read"])
    less = await upload(core, b"three", capabilities=["documents:read"])
    assert (more.version.state, less.version.state) == (State.WAITING, State.READY)
    assert more.version.capabilities == ("documents:read", "network")


async def test_a_version_with_problems_is_kept_as_failed(core: Core) -> None:
    problems = ({"message": "boom", "line": 3},)
    added = await apps.add_version(core, NewVersion(manifest(), problems=problems), b"one")
    assert added.version.state is State.FAILED
    assert added.version.problems == problems


async def test_the_manifest_is_kept_as_it_was(core: Core) -> None:
    await upload(core, b"one", more={"files": ["ä", 1, None]})
    expected = manifest(more={"files": ["ä", 1, None]})
    assert await apps.manifest(core, COUNTER, 1) == expected
    with pytest.raises(NotFound):
        await apps.manifest(core, COUNTER, 2)


async def test_two_apps_cannot_have_one_url(core: Core) -> None:
    await upload(core, b"one", url="same")
    with pytest.raises(UrlTaken, match=COUNTER) as caught:
        await upload(core, b"two", "globex/editor", url="same")
    assert (caught.value.url, caught.value.owner) == ("same", COUNTER)
    with pytest.raises(NotFound):
        await apps.get(core, "globex/editor")


async def test_a_deleted_app_takes_no_versions(core: Core) -> None:
    await upload(core, b"one")
    await apps.delete(core, COUNTER, base_revision=None)
    with pytest.raises(Deleted, match="undelete"):
        await upload(core, b"two")


async def test_an_upload_makes_others_decide_again(core: Core) -> None:
    first = await upload(core, b"one")
    await upload(core, b"two")
    with pytest.raises(Changed, match="upload 2"):
        await apps.promote(core, COUNTER, 1, base_revision=first.app.revision)


@pytest.mark.parametrize(
    "fields",
    [
        {"id": "../evil"},
        {"id": "acme"},
        {"id": None},
        {"url": "a/b"},
        {"url": ""},
        {"name": "a\nb"},
        {"name": "x" * 201},
        {"name": "\ud800"},
        {"kind": "other"},
        {"version": "1 0"},
        {"source": "abc"},
        {"capabilities": "network"},
        {"capabilities": ["Net work"]},
        {"capabilities": [["network"]]},
        {"description": 1},
        {"more": float("nan")},
    ],
)
async def test_a_manifest_that_cannot_be_one_is_refused_before_anything_is_kept(
    core: Core, fields: dict[str, Any]
) -> None:
    with pytest.raises(Invalid):
        await apps.add_version(core, NewVersion({**manifest(), **fields}), b"one")
    assert [content async for content in core.code.all()] == []


async def test_a_package_with_another_digest_than_it_must_have_is_refused(core: Core) -> None:
    new = NewVersion(manifest(), package_digest=hashlib.sha256(b"sent").hexdigest())
    with pytest.raises(Invalid, match="send it again"):
        await apps.add_version(core, new, b"arrived")


class _Losing:
    """A code store from which a content is removed right after it was put, so many times."""

    def __init__(self, store: CodeStore, times: int) -> None:
        self._store = store
        self._times = times

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    async def put(self, content: bytes) -> str:
        digest = await self._store.put(content)
        if self._times > 0:
            self._times -= 1
            await self._store.delete(digest)
        return digest


async def test_a_package_that_is_removed_while_it_is_named_is_put_again(core: Core) -> None:
    losing = dataclasses.replace(core, code=_Losing(core.code, 2))
    added = await upload(losing, b"one")
    assert await core.code.get(added.version.package_digest) == b"one"
    assert added.version.number == 1


async def test_a_store_that_keeps_nothing_gets_no_version(core: Core) -> None:
    with pytest.raises(Unavailable):
        await upload(dataclasses.replace(core, code=_Losing(core.code, 100)), b"one")
    with pytest.raises(NotFound):
        await apps.get(core, COUNTER)


async def test_a_bundle_is_found_for_its_build_only_and_can_be_replaced(core: Core) -> None:
    await upload(core, b"one")
    first = await apps.add_bundle(core, COUNTER, 1, "build-1", b"compiled")
    assert await bundle_of(core, 1, "build-1") == first
    assert await core.code.get(first) == b"compiled"
    second = await apps.add_bundle(core, COUNTER, 1, "build-1", b"compiled again")
    assert await bundle_of(core, 1, "build-1") == second
    assert await bundle_of(core, 1, "build-2") is None
    with pytest.raises(NotFound):
        await apps.add_bundle(core, COUNTER, 2, "build-1", b"compiled")
    with pytest.raises(Invalid):
        await apps.add_bundle(core, COUNTER, 1, "", b"compiled")


async def test_a_bundle_is_no_change_of_the_app(core: Core) -> None:
    before = (await upload(core, b"one")).app
    await apps.add_bundle(core, COUNTER, 1, "build-1", b"compiled")
    assert await apps.get(core, COUNTER) == before
