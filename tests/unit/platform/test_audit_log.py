"""Who reads which part of the audit log."""

from __future__ import annotations

import pytest

from app.core import accounts
from app.core.accounts import Role
from app.core.audit import Filter
from app.platform.permissions import NotAllowed, Requester
from tests.unit.platform.conftest import Server
from tests.unit.platform.test_people import join


async def test_an_admin_gets_what_was_done_for_their_organisation_only(server: Server) -> None:
    home = (await accounts.create_organisation(server.core, "Home")).id
    ada = Requester(await join(server, "Ada", home, Role.ADMIN))
    log = server.platform.audit
    await server.platform.people.invite(server.operator, Role.MEMBER)
    await server.platform.people.invite(ada, Role.MEMBER)
    everything = Filter(action="invitation.create", organisation_id=None)
    seen = (await log.query(ada, everything)).entries
    assert [entry.actor_name for entry in seen] == ["Ada"]
    assert len((await log.query(server.operator, everything)).entries) == 2
    text = b"".join([part async for part in await log.export(ada, everything, format="csv")])
    assert text.count(b"invitation.create") == 1


async def test_whoever_may_not_read_it_is_refused_before_anything_is_sent(server: Server) -> None:
    home = (await accounts.create_organisation(server.core, "Home")).id
    ben = Requester(await join(server, "Ben", home, Role.DEVELOPER))
    token = Requester(server.operator.actor, frozenset({"apps:admin"}))
    for who in (ben, token):
        with pytest.raises(NotAllowed):
            await server.platform.audit.query(who)
        with pytest.raises(NotAllowed):
            await server.platform.audit.export(who)
    refused = (await server.platform.audit.query(server.operator, Filter(action="audit"))).entries
    assert len(refused) == 4
