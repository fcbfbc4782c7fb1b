"""What can be seen of apps that run, and who sees it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.core import accounts, apps
from app.core.accounts import Role
from app.core.apps import Visibility
from app.kernel.errors import FolderFull, Invalid, NotFound
from app.platform.operations.allowing import FolderQuota, Sharing
from app.platform.operations.lifecycle import ClearErrors
from app.platform.permissions import NotAllowed, Requester
from tests.unit.apps.helpers import COUNTER, find
from tests.unit.platform.conftest import STARTED, Server


async def member(server: Server, *roles: str) -> Requester:
    home = await accounts.create_organisation(server.core, "Home")
    user = await accounts.create_user(server.core, "Ben", "ben@home.org")
    for role in roles:
        await accounts.grant(server.core, home.id, user.id, role)
    return Requester(await accounts.actor_of(server.core, user.id, home.id), confirmed=True)


async def test_the_newest_lines_come_first_in_and_new_ones_follow(server: Server) -> None:
    await server.upload(COUNTER)
    logs, watching = server.node.engine.logs, server.platform.watching
    for number in range(5):
        logs.write(COUNTER, {"event": f"line {number}"})
    found = await watching.log(server.operator, COUNTER, limit=2)
    assert [line["event"] for line in found] == ["line 3", "line 4"]
    lines = await watching.follow(server.operator, COUNTER, backlog=1)
    assert (await anext(lines))["event"] == "line 4"
    logs.write(COUNTER, {"event": "line 5"})
    assert (await anext(lines))["event"] == "line 5"
    await lines.aclose()  # type: ignore[attr-defined]
    assert not logs._followers


async def test_errors_come_with_traceback_and_count(server: Server) -> None:
    uploaded = await server.deploy(COUNTER)
    version = await server.node.engine.version_of(COUNTER)
    for _ in range(3):
        server.node.engine.observed.failed(version, "increment", ValueError("no luck"))
    (error,) = await server.platform.watching.errors(server.operator, COUNTER)
    assert (error.count, error.event, error.number) == (3, "increment", uploaded.version.number)
    assert "no luck" in error.problem.detail


async def test_errors_are_cleared_by_who_looks_after_the_app(server: Server) -> None:
    await server.deploy(COUNTER)
    version = await server.node.engine.version_of(COUNTER)
    server.node.engine.observed.failed(version, "increment", ValueError("no luck"))
    ben = await member(server, Role.DEVELOPER)
    own = Visibility({ben.actor.organisation.id: None})
    await server.platform.do(server.operator, COUNTER, Sharing(organisations=own.lists))
    watching = server.platform.watching
    with pytest.raises(NotAllowed):
        await server.platform.do(ben, COUNTER, ClearErrors())
    assert len(await watching.errors(ben, COUNTER)) == 1
    await server.platform.do(server.operator, COUNTER, ClearErrors())
    assert await watching.errors(ben, COUNTER) == []


async def test_use_is_counted_by_the_minute_and_now(server: Server) -> None:
    await server.deploy(COUNTER)
    page = await server.open("/apps/acme-counter")
    await server.open("/apps/acme-counter")
    state = find(await server.node.engine.version_of(COUNTER), "CounterState")
    await page.send(state.increment)
    usage = await server.platform.watching.usage(server.operator, COUNTER, minutes=2)
    assert (usage.now.people, usage.now.pages) == (1, 2)
    assert len(usage.minutes) == 2
    assert sum(minute.opens for minute in usage.minutes) == 2
    assert sum(minute.events for minute in usage.minutes) >= 1


async def test_a_node_tells_what_fails_on_it(server: Server) -> None:
    await server.deploy(COUNTER)
    await server.open("/apps/acme-counter")
    (node,) = await server.platform.watching.nodes(server.operator)
    assert (node.name, node.started_at) == ("n1", STARTED)
    assert (node.installed, node.loaded, node.open_pages, node.failing) == (1, 1, 1, ())
    assert node.memory > 0


async def test_only_operators_see_nodes(server: Server) -> None:
    with pytest.raises(NotAllowed):
        await server.platform.watching.nodes(await member(server, Role.ADMIN, Role.DEVELOPER))


@pytest.mark.parametrize("role", [Role.MEMBER, Role.ADMIN])
async def test_apps_of_others_are_not_there(server: Server, role: Role) -> None:
    await server.upload(COUNTER)
    who = await member(server, role)
    watching = server.platform.watching
    for ask in (watching.log, watching.follow, watching.errors, watching.usage):
        with pytest.raises(NotFound):
            await ask(who, COUNTER)


async def test_a_token_needs_the_scope_to_read(server: Server) -> None:
    await server.upload(COUNTER)
    await apps.get(server.core, COUNTER)
    operator = server.operator.actor
    await server.platform.watching.log(Requester(operator, frozenset({"apps:read"})), COUNTER)
    with pytest.raises(NotFound):
        await server.platform.watching.log(Requester(operator, frozenset({"users:admin"})), COUNTER)
    with pytest.raises(NotAllowed):
        await server.platform.watching.nodes(Requester(operator, frozenset({"apps:read"})))


async def test_numbers_out_of_range_are_refused(server: Server) -> None:
    await server.upload(COUNTER)
    watching = server.platform.watching
    for asked in (
        watching.log(server.operator, COUNTER, limit=-1),
        watching.log(server.operator, COUNTER, limit=501),
        watching.follow(server.operator, COUNTER, backlog=-1),
        watching.usage(server.operator, COUNTER, minutes=1441),
    ):
        with pytest.raises(Invalid):
            await asked


async def test_what_an_app_keeps_is_told_with_names_to_whoever_looks_after_the_server(
    server: Server,
) -> None:
    await server.deploy(COUNTER)
    other = await accounts.create_organisation(server.core, "Globex")
    home = server.operator.actor.organisation
    folders = server.core.folders
    for organisation, size in ((home.id, 3), (other.id, 4), (None, 5)):
        (folders.make(COUNTER, organisation) / "file").write_bytes(b"x" * size)
    found = await server.platform.watching.folders(server.operator, COUNTER)
    assert found.quota == folders.quota
    assert {(one.name, one.files, one.size) for one in found.folders} == {
        (home.name, 1, 3),
        ("Globex", 1, 4),
        ("shared by all organisations", 1, 5),
    }
    seen_by = Sharing(organisations={home.id: None})
    await server.platform.do(server.operator, COUNTER, seen_by)
    actor = replace(server.operator.actor, roles=frozenset({"admin"}))
    found = await server.platform.watching.folders(replace(server.operator, actor=actor), COUNTER)
    assert [(one.name, one.size) for one in found.folders] == [
        ("shared by all organisations", 5),
        (home.name, 3),
        ("other organisations", 4),
    ]


async def test_a_quota_that_somebody_changes_holds_at_the_next_write(server: Server) -> None:
    await server.deploy(COUNTER)
    server.core.folders.pause = 0
    kept = server.core.folders.of(COUNTER, "o1")
    (server.core.folders.make(COUNTER, "o1") / "file").write_bytes(b"x" * 2**20)
    server.node.engine.files.require_room(kept)
    await server.platform.do(server.operator, COUNTER, FolderQuota(megabytes=1))
    await server.settle()
    with pytest.raises(FolderFull):
        server.node.engine.files.require_room(kept)
    assert (await server.platform.watching.folders(server.operator, COUNTER)).quota == 2**20
    await server.platform.do(server.operator, COUNTER, FolderQuota())
    await server.settle()
    server.node.engine.files.require_room(kept)
