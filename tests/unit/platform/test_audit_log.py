"""Who reads which part of the audit log."""

from __future__ import annotations

import json

import pytest

from app.core import accounts, audit
from app.core.accounts import Role
from app.core.audit import Filter
from app.platform.permissions import NotAllowed, Requester
from tests.unit.platform.conftest import Server
from tests.unit.platform.test_people import join


async def test_an_admin_gets_what_was_done_for_their_organisation_only(server: Server) -> None:
    home = (await accounts.create_organisation(server.core, "Home")).id
    ada = Requester(await join(server, "Ada", home, Role.ADMIN), confirmed=True)
    log = server.platform.audit
    await server.platform.people.invite(server.operator, Role.MEMBER)
    await server.platform.people.invite(ada, Role.MEMBER)
    everything = Filter(action="invitation.create", organisation_id=None)
    seen = (await log.query(ada, everything)).entries
    assert [entry.actor_name for entry in seen] == ["Ada"]
    assert len((await log.query(server.operator, everything)).entries) == 2
    text = b"".join([part async for part in await log.export(ada, everything, format="csv")])
    assert text.count(b"invitation.create") == 1


async def test_targets_are_named_as_far_as_the_reader_may_know_them(server: Server) -> None:
    home, away = [await accounts.create_organisation(server.core, n) for n in ("Home", "Away")]
    ada = Requester(await join(server, "Ada", home.id, Role.ADMIN), confirmed=True)
    stranger = await join(server, "UnidentifiedSocket", away.id, Role.MEMBER)
    await server.platform.people.invite(ada, Role.MEMBER)
    with server.platform._gate.acting(ada):
        for action in ("tried.user", "tried.organisation"):
            target = stranger.user.id if action == "tried.user" else away.id
            await audit.refused(server.core, action, target)

    async def named(who: Requester) -> list[str]:
        page = await server.platform.audit.query(who, Filter(organisation_id=home.id))
        return [entry.target_name for entry in page.entries]

    async def exported(who: Requester) -> list[str]:
        text = await server.platform.audit.export(who, Filter(organisation_id=home.id))
        lines = b"".join([part async for part in text]).splitlines()
        return [json.loads(line)["target_name"] for line in reversed(lines)]

    assert await named(server.operator) == ["Away", "UnidentifiedSocket", "Home"]
    assert await exported(server.operator) == ["Away", "UnidentifiedSocket", "Home"]
    assert await named(ada) == await exported(ada) == ["", "", "Home"]


async def test_whoever_may_not_read_it_is_refused_before_anything_is_sent(server: Server) -> None:
    home = (await accounts.create_organisation(server.core, "Home")).id
    ben = Requester(await join(server, "Ben", home, Role.DEVELOPER), confirmed=True)
    token = Requester(server.operator.actor, frozenset({"apps:admin"}))
    for who in (ben, token):
        with pytest.raises(NotAllowed):
            await server.platform.audit.query(who)
        with pytest.raises(NotAllowed):
            await server.platform.audit.export(who)
    refused = (await server.platform.audit.query(server.operator, Filter(action="audit"))).entries
    assert len(refused) == 4
