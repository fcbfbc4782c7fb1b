from __future__ import annotations

import dataclasses
import inspect
from datetime import timedelta
from types import ModuleType
from typing import Any

import pytest
from sqlalchemy import event

from app.core import app_settings, apps, audit
from app.core.apps import Visibility
from app.core.apps.tables import AppOrganisationRow, AppRow, GrantRow, VersionRow
from app.core.code_store import memory_store
from app.core.context import Core
from app.core.fsck import check as fsck
from app.kernel.actor import Actor, Forbidden, acting_as
from app.kernel.errors import Invalid, NotFound, Unavailable
from tests.unit.core.apps.packages import COUNTER, upload


async def _install(core: Core, count: int, organisation_id: str) -> None:
    """Write rows of many apps at once; each is visible to one organisation and has a grant."""

    def work(session: Any) -> None:
        for number in range(count):
            app_id = f"acme/app{number}"
            shown: dict[str, Any] = {"name": "A", "description": "", "icon": "box"}
            shown |= {"kind": "dynamic", "url": f"app{number}"}
            row: dict[str, Any] = {"id": app_id, "created_at": core.clock(), "enabled": True}
            row |= {"current": 1, "newest": 1, "load_at_boot": False, "everybody": False}
            row |= {"settings_revision": 0, "revision": 1, "change": number}
            session.add(AppRow(**shown, **row))
            session.flush()
            session.add(
                AppOrganisationRow(app_id=app_id, organisation_id=organisation_id, all_users=True)
            )
            grant = {"granted_at": core.clock(), "granted_by": "", "granted_by_name": ""}
            session.add(GrantRow(app_id=app_id, capability="network", **grant))
            version: dict[str, Any] = {"app_id": app_id, "number": 1, "version": "1"}
            version |= {"capabilities": "[]", "package_digest": "a" * 64, "identity": "a" * 64}
            version |= {"source_digest": "", "module_digest": "", "signature": "", "signer": ""}
            version |= {"uploaded_by": "", "uploaded_by_name": "", "uploaded_at": core.clock()}
            version |= {"note": "", "state": "ready", "problems": "[]"}
            session.add(VersionRow(**shown, **version))

    await core.database.write(work)


async def test_a_thousand_apps_are_read_in_a_few_queries(core: Core, ada: Actor) -> None:
    await _install(core, 1_000, ada.organisation.id)
    statements: list[str] = []
    event.listen(
        core.database.engine,
        "before_cursor_execute",
        lambda *arguments: statements.append(arguments[2]),
    )
    found = await apps.all_apps(core)
    assert len(found) == 1_000
    assert found[7].visible_to == Visibility({ada.organisation.id: None})
    assert found[7].granted == {"network"}
    assert len(statements) <= 5
    assert not any("app_versions" in statement for statement in statements)


async def test_a_node_that_asks_what_changed_misses_nothing(core: Core) -> None:
    await upload(core, b"one", "acme/a")
    await upload(core, b"two", "acme/b")
    first = await apps.changed_since(core, 0)
    assert [app.id for app in first.apps] == ["acme/a", "acme/b"]
    assert await apps.changed_since(core, first.number) == apps.Changes(first.number, ())
    await apps.promote(core, "acme/b", 1, base_revision=None)
    await apps.delete(core, "acme/a", base_revision=None)
    second = await apps.changed_since(core, first.number)
    assert [(app.id, app.served) for app in second.apps] == [("acme/a", False), ("acme/b", True)]
    assert second.number == first.number + 2
    assert max(app.change for app in second.apps) == second.number


async def test_versions_are_read_without_their_manifests(core: Core) -> None:
    for number in range(3):
        await upload(core, b"%d" % number, more="x" * 100_000)
    statements: list[str] = []
    event.listen(
        core.database.engine,
        "before_cursor_execute",
        lambda *arguments: statements.append(arguments[2]),
    )
    assert [version.number for version in await apps.versions(core, COUNTER)] == [3, 2, 1]
    assert not any("app_manifests" in statement for statement in statements)


async def test_what_is_not_there_is_not_found(core: Core) -> None:
    for call in (
        apps.get(core, "acme/nothing"),
        apps.version(core, COUNTER, 1),
        apps.versions(core, COUNTER),
        apps.history(core, COUNTER),
        apps.manifest(core, COUNTER, 1),
    ):
        with pytest.raises(NotFound):
            await call


@pytest.mark.parametrize("limit", [0, -1, 1_001])
async def test_a_page_has_one_to_a_thousand_entries(core: Core, limit: int) -> None:
    await upload(core, b"one")
    for call in (apps.versions, apps.history):
        with pytest.raises(Invalid):
            await call(core, COUNTER, limit=limit)


def _functions() -> list[Any]:
    modules: list[ModuleType] = [apps, app_settings, audit, fsck]
    found = []
    for module in modules:
        for name in getattr(module, "__all__", ["fsck"]):
            function = getattr(module, name)
            if inspect.isfunction(function) and "core" in inspect.signature(function).parameters:
                found.append(function)
    return found


@pytest.mark.parametrize("function", _functions(), ids=lambda function: function.__qualname__)
async def test_client_apps_reach_nothing_of_it(core: Core, ada: Actor, function: Any) -> None:
    if function in (audit.refused, audit.stamp):
        return  # they record what an app tried, and read nothing
    required = [
        parameter
        for parameter in inspect.signature(function).parameters.values()
        if parameter.default is parameter.empty and parameter.name != "core"
    ]
    plain: dict[str, Any] = {"number": 1, "base_revision": None, "token": "", "build": "b"}
    plain |= {"bundle": b"x", "package": b"x", "problems": [{}], "capabilities": ["network"]}
    plain |= {"new": apps.NewVersion({}), "values": {}, "visible_to": apps.EVERYBODY}
    plain |= {"load_at_boot": True, "preview_id": "x", "app_id": COUNTER, "described": None}
    plain |= {"keep": timedelta(days=1), "wanted": (), "megabytes": 5}
    arguments = {parameter.name: plain[parameter.name] for parameter in required}

    async def call() -> None:
        result = function(core, **arguments)
        if inspect.isawaitable(result):
            await result

    with (
        acting_as(dataclasses.replace(ada, app_id="acme/counter")),
        pytest.raises(Forbidden, match="acme/counter may not"),
    ):
        await call()


async def test_an_app_can_be_written_as_plain_data(core: Core, ada: Actor) -> None:
    await upload(core, b"one")
    only = Visibility({ada.organisation.id: frozenset({ada.user.id})})
    app = await apps.set_visibility(core, COUNTER, only, base_revision=None)
    plain = dataclasses.asdict(app)
    assert plain["visible_to"]["organisations"] == {ada.organisation.id: {ada.user.id}}


async def test_packages_of_all_versions_are_named_also_of_deleted_apps(core: Core) -> None:
    one = await upload(core, b"one")
    two = await upload(core, b"two")
    await apps.delete(core, COUNTER, base_revision=None)
    named = {one.version.package_digest, two.version.package_digest}
    assert await apps.packages(core) == named
    await apps.purge_deleted(core, core.clock() + apps.KEPT)
    assert await apps.packages(core) == frozenset()


async def test_versions_of_many_apps_are_read_at_once(core: Core) -> None:
    for number in range(3):
        await upload(core, f"{number}".encode(), f"acme/app{number}", version=f"1.{number}")
    await upload(core, b"again", "acme/app0", version="2.0")
    wanted = [("acme/app0", 1), ("acme/app0", 2), ("acme/app2", 1), ("acme/app1", 9), ("x/y", 1)]
    found = await apps.versions_at(core, wanted)
    assert {key: version.version for key, version in found.items()} == {
        ("acme/app0", 1): "1.0",
        ("acme/app0", 2): "2.0",
        ("acme/app2", 1): "1.2",
    }
    assert await apps.versions_at(core, []) == {}


async def test_a_store_without_any_of_the_installed_apps_is_told(core: Core) -> None:
    elsewhere = dataclasses.replace(core, code=memory_store())
    await apps.require_store(elsewhere)  # nothing is installed
    first = await upload(core, b"first")
    await upload(core, b"second")
    await apps.require_store(core)
    with pytest.raises(Unavailable, match="is it the right one, and is its disk mounted"):
        await apps.require_store(elsewhere)
    with pytest.raises(Unavailable, match="is its disk mounted"):
        await upload(elsewhere, b"third")
    await upload(elsewhere, b"second")  # what was lost may come back
    await apps.require_store(elsewhere)
    await core.code.delete(first.version.package_digest)
    await apps.require_store(core)  # one is lost, but it is this store
