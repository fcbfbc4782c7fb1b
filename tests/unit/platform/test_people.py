"""Who may change who is what."""

from __future__ import annotations

import pytest

from app.core import accounts, audit
from app.core.accounts import Role
from app.kernel.actor import Actor
from app.kernel.errors import Forbidden, Invalid, NotFound
from app.platform.permissions import NotAllowed, Requester
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
    ada = Requester(await join(server, "Ada", home, Role.ADMIN), confirmed=True)
    ben = await join(server, "Ben", home, Role.MEMBER)
    await server.platform.people.set_role(ada, ben.user.id, Role.DEVELOPER, given=True)
    assert {m.user.name: m.roles for m in await server.platform.people.members(ada)} == {
        "Ada": {Role.ADMIN},
        "Ben": {Role.MEMBER, Role.DEVELOPER},
    }
    await server.platform.people.set_role(ada, ben.user.id, Role.DEVELOPER, given=False)
    found = await audit.query(server.core, audit.Filter(actor_id=ada.actor.user.id))
    assert [entry.action for entry in found.entries] == ["role.revoke", "role.grant"]


@pytest.mark.parametrize("role", [Role.MEMBER, Role.DEVELOPER])
async def test_members_and_developers_change_nothing(server: Server, home: str, role: Role) -> None:
    ben = Requester(await join(server, "Ben", home, role), confirmed=True)
    with pytest.raises(NotAllowed):
        await server.platform.people.members(ben)
    with pytest.raises(NotAllowed):
        await server.platform.people.set_role(ben, ben.actor.user.id, Role.ADMIN, given=True)
    with pytest.raises(NotAllowed):
        await server.platform.people.invite(ben, Role.ADMIN, "")
    with pytest.raises(NotAllowed):
        await server.platform.people.invitations(ben)
    with pytest.raises(NotAllowed):
        await server.platform.people.revoke_invitation(ben, "any")


async def test_an_admin_makes_no_operator(server: Server, home: str) -> None:
    ada = Requester(await join(server, "Ada", home, Role.ADMIN), confirmed=True)
    with pytest.raises(Forbidden):
        await server.platform.people.set_role(ada, ada.actor.user.id, Role.OPERATOR, given=True)
    with pytest.raises(Forbidden):
        await server.platform.people.invite(ada, Role.OPERATOR, "")


async def test_nobody_locks_themselves_out(server: Server, home: str) -> None:
    ada = Requester(await join(server, "Ada", home, Role.ADMIN), confirmed=True)
    with pytest.raises(Forbidden, match="from yourself"):
        await server.platform.people.set_role(ada, ada.actor.user.id, Role.ADMIN, given=False)


async def test_roles_are_changed_at_once_or_not_at_all(server: Server, home: str) -> None:
    people = server.platform.people
    ada = Requester(await join(server, "Ada", home, Role.ADMIN), confirmed=True)
    ben = await join(server, "Ben", home, Role.MEMBER)
    changed = await people.set_roles(ada, ben.user.id, [Role.DEVELOPER, Role.ADMIN])
    assert changed == await people.member(ada, ben.user.id)
    found = await audit.query(server.core, audit.Filter(actor_id=ada.actor.user.id))
    told = [(entry.action, entry.detail["role"]) for entry in found.entries]
    assert told == [("role.revoke", "member"), ("role.grant", "developer"), ("role.grant", "admin")]
    for user_id, roles, refusal in (
        (ben.user.id, [Role.MEMBER, Role.OPERATOR], Forbidden),
        (ben.user.id, [Role.MEMBER, "king"], Invalid),
        (ada.actor.user.id, [Role.MEMBER], Forbidden),
    ):
        before = await people.members(ada)
        with pytest.raises(refusal):
            await people.set_roles(ada, user_id, roles)
        assert await people.members(ada) == before
    assert (await audit.query(server.core, audit.Filter(action="role.*"))).entries[:3] == (
        found.entries
    )


async def test_people_of_other_organisations_are_out_of_reach(server: Server, home: str) -> None:
    ada = Requester(await join(server, "Ada", home, Role.ADMIN), confirmed=True)
    stranger = server.operator.actor.user.id
    with pytest.raises(NotFound):
        await server.platform.people.set_role(ada, stranger, Role.MEMBER, given=True)


async def test_an_operators_token_for_users_is_no_operator(server: Server, home: str) -> None:
    operator, people = server.operator.actor, server.platform.people
    token = Requester(operator, frozenset({"users:admin"}))
    second = await join(server, "Otto", operator.organisation.id, Role.OPERATOR)
    stranger = await join(server, "Ben", home, Role.MEMBER)
    made = await people.invite(server.operator, Role.OPERATOR)
    assert [one.id for one in await people.organisations(token)] == [operator.organisation.id]
    with pytest.raises(NotFound):
        await people.members(token, home)
    with pytest.raises(NotFound):
        await people.invitations(token, home)
    with pytest.raises(NotFound):
        await people.disable(token, stranger.user.id)
    for wanted in (
        people.password_link(token, second.user.id),
        people.disable(token, second.user.id),
        people.invite(token, Role.OPERATOR),
        people.set_role(token, second.user.id, Role.OPERATOR, given=False),
        people.revoke_invitation(token, made.id),
    ):
        with pytest.raises(Forbidden):
            await wanted
    assert (await people.member(server.operator, second.user.id)).roles == {Role.OPERATOR}


async def test_an_operator_makes_an_organisation_and_invites_into_it(server: Server) -> None:
    people, core = server.platform.people, server.core
    globex = await people.create_organisation(server.operator, "Globex")
    assert globex in await people.organisations(server.operator)
    assert await people.members(server.operator, globex.id) == []
    assert (await people.invite(server.operator, Role.ADMIN, "", globex.id)).secret
    entry, *_ = (await audit.query(core, audit.Filter(action="organisation.create"))).entries
    assert (entry.target, entry.actor_id) == (globex.id, server.operator.actor.user.id)
    with pytest.raises(Invalid, match="'Globex' already: choose another name"):
        await people.create_organisation(server.operator, "globex")
    with pytest.raises(Invalid, match="must have 1 to 200 characters"):
        await people.create_organisation(server.operator, "  ")


@pytest.mark.parametrize("scopes", [{"users:admin"}, {"apps:admin"}])
async def test_only_operators_make_organisations(
    server: Server, home: str, scopes: set[str]
) -> None:
    ada = Requester(await join(server, "Ada", home, Role.ADMIN), confirmed=True)
    token = Requester(server.operator.actor, frozenset(scopes))
    before = await accounts.all_organisations(server.core)
    for who in (ada, token):
        with pytest.raises(NotAllowed):
            await server.platform.people.create_organisation(who, "Globex")
        wanted = audit.Filter(actor_id=who.actor.user.id, outcome=audit.Outcome.REFUSED)
        assert (await audit.query(server.core, wanted)).entries
    assert await accounts.all_organisations(server.core) == before


async def test_an_operator_looks_after_every_organisation(server: Server, home: str) -> None:
    people = server.platform.people
    await people.invite(server.operator, Role.ADMIN, "ada@home.org", home)
    ben = await join(server, "Ben", home, Role.MEMBER)
    await people.set_role(
        server.operator, ben.user.id, Role.ADMIN, given=True, organisation_id=home
    )
    await people.disable(server.operator, ben.user.id)
    (member,) = await people.members(server.operator, home)
    assert (member.roles, member.disabled) == ({Role.MEMBER, Role.ADMIN}, True)
    await people.enable(server.operator, ben.user.id)
    assert (await people.password_link(server.operator, ben.user.id)).secret


async def test_nobody_switches_themselves_off(server: Server, home: str) -> None:
    ada = Requester(await join(server, "Ada", home, Role.ADMIN), confirmed=True)
    with pytest.raises(Forbidden, match="yourself"):
        await server.platform.people.disable(ada, ada.actor.user.id)
