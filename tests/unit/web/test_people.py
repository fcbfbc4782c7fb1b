"""Who may change who is what."""

from __future__ import annotations

import pytest

from app.core import accounts, audit
from app.core.accounts import Role
from app.core.actor import Actor
from app.core.errors import Forbidden, NotFound
from app.platform.permissions import NotAllowed, Requester
from app.web.admin import people
from tests.unit.platform.conftest import Server


async def join(server: Server, name: str, organisation_id: str, *roles: str) -> Actor:
    user = await accounts.create_user(server.core, name, f"{name.lower()}@home.org")
    for role in roles:
        await accounts.grant(server.core, organisation_id, user.id, role)
    return await accounts.actor_of(server.core, user.id, organisation_id)


@pytest.fixture
async def home(server: Server) -> str:
    """Id of an organisation."""
    return (await accounts.create_organisation(server.core, "Home")).id


async def test_an_admin_gives_and_takes_roles_and_it_is_audited(server: Server, home: str) -> None:
    ada = Requester(await join(server, "Ada", home, Role.ADMIN))
    ben = await join(server, "Ben", home, Role.MEMBER)
    await people.set_role(server.core, ada, ben.user.id, Role.DEVELOPER, given=True)
    assert {m.user.name: m.roles for m in await people.members(server.core, ada)} == {
        "Ada": {Role.ADMIN},
        "Ben": {Role.MEMBER, Role.DEVELOPER},
    }
    await people.set_role(server.core, ada, ben.user.id, Role.DEVELOPER, given=False)
    found = await audit.query(server.core, audit.Filter(actor_id=ada.actor.user.id))
    assert [entry.action for entry in found.entries] == ["role.revoke", "role.grant"]


@pytest.mark.parametrize("role", [Role.MEMBER, Role.DEVELOPER])
async def test_members_and_developers_change_nothing(server: Server, home: str, role: Role) -> None:
    ben = Requester(await join(server, "Ben", home, role))
    with pytest.raises(NotAllowed):
        await people.members(server.core, ben)
    with pytest.raises(NotAllowed):
        await people.set_role(server.core, ben, ben.actor.user.id, Role.ADMIN, given=True)
    with pytest.raises(NotAllowed):
        await people.invite(server.core, ben, Role.ADMIN, "")


async def test_an_admin_makes_no_operator(server: Server, home: str) -> None:
    ada = Requester(await join(server, "Ada", home, Role.ADMIN))
    with pytest.raises(Forbidden):
        await people.set_role(server.core, ada, ada.actor.user.id, Role.OPERATOR, given=True)
    with pytest.raises(Forbidden):
        await people.invite(server.core, ada, Role.OPERATOR, "")


async def test_nobody_locks_themselves_out(server: Server, home: str) -> None:
    ada = Requester(await join(server, "Ada", home, Role.ADMIN))
    with pytest.raises(Forbidden, match="from yourself"):
        await people.set_role(server.core, ada, ada.actor.user.id, Role.ADMIN, given=False)


async def test_people_of_other_organisations_are_out_of_reach(server: Server, home: str) -> None:
    ada = Requester(await join(server, "Ada", home, Role.ADMIN))
    stranger = server.operator.actor.user.id
    with pytest.raises(NotFound):
        await people.set_role(server.core, ada, stranger, Role.MEMBER, given=True)
