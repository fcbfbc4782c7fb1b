"""Switching accounts off and on."""

from __future__ import annotations

import asyncio

import pytest

from app.core import accounts, audit
from app.core.accounts import Invalid, NewLogin, NotFound, Passwords, Person, Role
from app.core.context import Core
from app.kernel.actor import Actor, Forbidden
from tests.unit.core.accounts.conftest import ADA, HOME

BEN = Person("Ben", "ben@example.com", "violet river stone")


async def ada(server: Core, login: NewLogin) -> Actor:
    found = await accounts.identity_of_login(server, login.secret)
    assert found is not None
    return found.actor


async def ben(server: Core, passwords: Passwords, by: Actor, role: str = Role.MEMBER) -> Actor:
    home = by.organisation.id
    user = await accounts.add_person(server, passwords, BEN, home, role)
    return await accounts.actor_of(server, user.id, home)


async def test_whoever_is_switched_off_is_out_everywhere_at_once(
    server: Core, passwords: Passwords, ada_in: NewLogin
) -> None:
    by = await ada(server, ada_in)
    who = await ben(server, passwords, by)
    told: list[dict[str, list[str]]] = []

    async def hear(payload: dict[str, list[str]]) -> None:
        told.append(payload)

    login = await accounts.sign_in(server, passwords, BEN.email, BEN.password, HOME)
    token = await accounts.create_token(server, who, "CI", ["apps:read"], 30)
    server.bus.subscribe(accounts.TOPIC, hear)
    await accounts.disable_user(server, by, who.user.id)
    await server.bus.idle()  # type: ignore[attr-defined]

    assert told == [{"logins": [login.login.id], "users": [who.user.id]}]
    assert await accounts.identity_of_login(server, login.secret) is None
    assert await accounts.identity_of_token(server, token.secret) is None
    assert [m.disabled for m in await accounts.members_of(server, by.organisation.id)] == [
        *(False, True)
    ]
    with pytest.raises(Forbidden, match="switched off"):
        await accounts.sign_in(server, passwords, BEN.email, BEN.password, HOME)

    await accounts.enable_user(server, by, who.user.id)
    assert await accounts.identity_of_token(server, token.secret) is not None
    await accounts.sign_in(server, passwords, BEN.email, BEN.password, HOME)
    actions = [entry.action for entry in (await audit.query(server)).entries]
    assert {"user.disable", "user.enable"} <= set(actions)


async def test_no_link_lets_somebody_in_who_is_switched_off(
    server: Core, passwords: Passwords, ada_in: NewLogin
) -> None:
    by = await ada(server, ada_in)
    who = await ben(server, passwords, by)
    reset = await accounts.password_link(server, by, who.user.id)
    invitation = await accounts.invite(server, by, by.organisation.id, Role.ADMIN, BEN.email)
    await accounts.disable_user(server, by, who.user.id)
    with pytest.raises(Forbidden):
        await accounts.reset_password(server, passwords, reset.secret, "amber lake shore", HOME)
    with pytest.raises(Forbidden):
        await accounts.accept(server, passwords, invitation.secret, BEN, HOME)
    # Neither link was used up by that, and nothing was changed.
    await accounts.enable_user(server, by, who.user.id)
    assert (await accounts.actor_of(server, who.user.id, by.organisation.id)).roles == {"member"}
    await accounts.reset_password(server, passwords, reset.secret, "amber lake shore", HOME)


async def test_somebody_always_operates_the_server(
    server: Core, passwords: Passwords, ada_in: NewLogin
) -> None:
    by = await ada(server, ada_in)
    with pytest.raises(Invalid, match="needs an operator"):
        await accounts.disable_user(server, None, by.user.id)
    with pytest.raises(Invalid, match="needs an operator"):
        await accounts.revoke(server, by.organisation.id, by.user.id, Role.OPERATOR)
    other = await ben(server, passwords, by, Role.OPERATOR)
    # Both at once switch each other off: one is left.
    both = await asyncio.gather(
        accounts.disable_user(server, by, other.user.id),
        accounts.disable_user(server, other, by.user.id),
        return_exceptions=True,
    )
    assert [type(one) for one in both if one is not None] == [Invalid]
    assert sum(not m.disabled for m in await accounts.members_of(server, by.organisation.id)) == 1


async def test_an_admin_reaches_only_people_of_the_own_organisation_alone(
    server: Core, passwords: Passwords, ada_in: NewLogin
) -> None:
    operator = await ada(server, ada_in)
    who = await ben(server, passwords, operator)
    other = await accounts.create_organisation(server, "Globex")
    await accounts.grant(server, other.id, who.user.id, Role.MEMBER)
    admin = Actor(who.user, operator.organisation, frozenset({Role.ADMIN}))
    for user_id in (who.user.id, operator.user.id):
        with pytest.raises(Forbidden, match="only an operator"):
            await accounts.disable_user(server, admin, user_id)
        with pytest.raises(Forbidden, match="only an operator"):
            await accounts.enable_user(server, admin, user_id)
    with pytest.raises(NotFound):
        await accounts.disable_user(server, operator, "nobody")
    assert (await accounts.sign_in(server, passwords, ADA.email, ADA.password, HOME)).secret


async def test_the_last_operator_stays_one_and_keeps_all_roles(
    server: Core, passwords: Passwords, ada_in: NewLogin
) -> None:
    by = await ada(server, ada_in)
    home = by.organisation.id
    with pytest.raises(Invalid, match="needs an operator"):
        await accounts.set_roles(server, None, home, by.user.id, [Role.DEVELOPER])
    assert (await accounts.actor_of(server, by.user.id, home)).roles == by.roles
    other = await ben(server, passwords, by, Role.OPERATOR)
    # Of two who take it from each other at once, one is left.
    both = await asyncio.gather(
        accounts.set_roles(server, by, home, other.user.id, [Role.MEMBER]),
        accounts.set_roles(server, other, home, by.user.id, [Role.MEMBER]),
        return_exceptions=True,
    )
    assert [type(one) for one in both if one is not None] == [Invalid]


async def test_an_admin_changes_roles_of_members_only(
    server: Core, passwords: Passwords, ada_in: NewLogin
) -> None:
    by = await ada(server, ada_in)
    globex = await accounts.create_organisation(server, "Globex")
    admin = await ben(server, passwords, by, Role.ADMIN)
    stranger = await accounts.create_user(server, "Eve", "eve@example.com")
    home = by.organisation.id
    with pytest.raises(NotFound, match="no such member"):
        await accounts.set_roles(server, admin, home, stranger.id, [Role.MEMBER])
    with pytest.raises(Forbidden):
        await accounts.grant(server, globex.id, stranger.id, Role.MEMBER, by=admin)
    with pytest.raises(Forbidden, match="only an operator can"):
        await accounts.set_roles(server, admin, home, by.user.id, [Role.ADMIN])
    assert (await accounts.actor_of(server, by.user.id, home)).roles == by.roles
