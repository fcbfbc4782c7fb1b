"""Who looks after which API tokens."""

from __future__ import annotations

import pytest

from app.core import accounts
from app.core.accounts import Role
from app.kernel.actor import Actor
from app.kernel.errors import Forbidden, NotFound
from app.platform.permissions import NotAllowed, Requester
from tests.unit.platform.conftest import Server
from tests.unit.platform.test_people import join


@pytest.fixture
async def home(server: Server) -> str:
    """Id of an organisation."""
    return (await accounts.create_organisation(server.core, "Home")).id


async def ben(server: Server, home: str) -> Actor:
    return await join(server, "Ben", home, Role.DEVELOPER)


async def test_everybody_looks_after_their_own(server: Server, home: str) -> None:
    who, tokens = Requester(await ben(server, home), confirmed=True), server.platform.tokens
    made = await tokens.create(who, "CI", ["apps:deploy"], 30)
    assert await accounts.identity_of_token(server.core, made.secret) is not None
    assert [token.name for token in await tokens.all(who)] == ["CI"]
    await tokens.revoke(who, made.token.id)
    assert await accounts.identity_of_token(server.core, made.secret) is None
    with pytest.raises(NotFound):
        await tokens.revoke(who, made.token.id)


async def test_an_admin_sees_and_ends_those_of_members(server: Server, home: str) -> None:
    who, tokens = await ben(server, home), server.platform.tokens
    admin = Requester(await join(server, "Ada", home, Role.ADMIN), confirmed=True)
    made = await tokens.create(Requester(who, confirmed=True), "CI", ["apps:read"], 30)
    assert [token.id for token in await tokens.all(admin, who.user.id)] == [made.token.id]
    await tokens.revoke(admin, made.token.id, who.user.id)
    assert await tokens.all(Requester(who, confirmed=True)) == []


async def test_tokens_for_another_organisation_are_not_an_admins_business(
    server: Server, home: str
) -> None:
    who, tokens = await ben(server, home), server.platform.tokens
    other = await accounts.create_organisation(server.core, "Other")
    await accounts.grant(server.core, other.id, who.user.id, Role.DEVELOPER)
    there = await accounts.actor_of(server.core, who.user.id, other.id)
    made = await tokens.create(Requester(there, confirmed=True), "CI", ["apps:read"], 30)
    admin = Requester(await join(server, "Ada", home, Role.ADMIN), confirmed=True)
    assert await tokens.all(admin, who.user.id) == []
    with pytest.raises(NotFound):
        await tokens.revoke(admin, made.token.id, who.user.id)
    assert len(await tokens.all(server.operator, who.user.id)) == 1


async def test_members_have_no_business_with_tokens_of_others(server: Server, home: str) -> None:
    who = await ben(server, home)
    with pytest.raises(NotAllowed):
        await server.platform.tokens.all(
            Requester(who, confirmed=True), server.operator.actor.user.id
        )
    admin = Requester(await join(server, "Ada", home, Role.ADMIN), confirmed=True)
    with pytest.raises(NotFound):
        await server.platform.tokens.all(admin, server.operator.actor.user.id)


async def test_a_token_that_leaked_makes_no_others(server: Server, home: str) -> None:
    everything = Requester(server.operator.actor, frozenset(accounts.Scope))
    with pytest.raises(Forbidden, match="cannot create tokens"):
        await server.platform.tokens.create(everything, "more", ["apps:read"], 366)
    reader = Requester(server.operator.actor, frozenset({"apps:read"}))
    with pytest.raises(NotAllowed):
        await server.platform.tokens.all(reader)
