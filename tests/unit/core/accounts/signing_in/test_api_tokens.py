from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import text

from app.core import accounts
from app.core.accounts import (
    Identity,
    Invalid,
    NewLogin,
    NotFound,
    Passwords,
    Person,
    require_scope,
)
from app.core.context import Core
from app.kernel.actor import Actor, Forbidden
from tests.unit.core.accounts.conftest import Standing


async def owner(core: Core, login: NewLogin) -> Actor:
    found = await accounts.identity_of_login(core, login.secret)
    assert found is not None
    return found.actor


async def test_a_token_acts_as_its_owner_within_its_scopes(server: Core, ada_in: NewLogin) -> None:
    who = await owner(server, ada_in)
    new = await accounts.create_token(server, who, "CI", ["apps:deploy"], 30)
    found = await accounts.identity_of_token(server, new.secret)
    assert isinstance(found, Identity)
    assert found.actor.user == who.user
    assert (found.login, found.token) == (None, new.token.id)
    require_scope(found, "apps:deploy")
    with pytest.raises(Forbidden, match="users:admin"):
        require_scope(found, "users:admin")


async def test_a_token_ends_with_its_days_and_with_its_revocation(
    server: Core, ada_in: NewLogin, clock: Standing
) -> None:
    who = await owner(server, ada_in)
    short = await accounts.create_token(server, who, "short", ["apps:read"], 1)
    long = await accounts.create_token(server, who, "long", ["apps:read"], 5)
    clock.passes(days=1)
    assert await accounts.identity_of_token(server, short.secret) is None
    assert await accounts.identity_of_token(server, long.secret) is not None
    await accounts.revoke_token(server, who.user.id, long.token.id)
    assert await accounts.identity_of_token(server, long.secret) is None


async def test_a_token_loses_what_its_owner_loses(
    server: Core, passwords: Passwords, ada_in: NewLogin
) -> None:
    who = await owner(server, ada_in)
    ben = Person("Ben", "ben@example.com", "violet river stone")
    await accounts.add_person(server, passwords, ben, who.organisation.id, "operator")
    new = await accounts.create_token(server, who, "CI", ["apps:read", "users:admin"], 30)
    await accounts.grant(server, who.organisation.id, who.user.id, "member")
    for role in who.roles:
        await accounts.revoke(server, who.organisation.id, who.user.id, role)
    found = await accounts.identity_of_token(server, new.secret)
    assert found is not None
    assert found.scopes == {"apps:read"}
    await accounts.revoke(server, who.organisation.id, who.user.id, "member")
    assert await accounts.identity_of_token(server, new.secret) is None


@pytest.mark.parametrize(
    ("name", "scopes", "days"),
    [
        ("CI", [], 30),
        ("CI", ["everything"], 30),
        ("CI", ["apps:read"], 0),
        ("CI", ["apps:read"], 5_000),
        ("", ["apps:read"], 30),
    ],
)
async def test_what_makes_no_sense_is_refused(
    server: Core, ada_in: NewLogin, name: str, scopes: list[str], days: int
) -> None:
    with pytest.raises(Invalid):
        await accounts.create_token(server, await owner(server, ada_in), name, scopes, days)


async def test_nobody_makes_a_token_for_more_than_they_may(server: Core, ada_in: NewLogin) -> None:
    who = await owner(server, ada_in)
    globex = await accounts.create_organisation(server, "Globex")
    await accounts.grant(server, globex.id, who.user.id, "member")
    member = await accounts.actor_of(server, who.user.id, globex.id)
    with pytest.raises(Invalid, match="roles do not allow apps:admin"):
        await accounts.create_token(server, member, "CI", ["apps:read", "apps:admin"], 30)


async def test_the_secret_is_stored_nowhere_and_last_use_is(
    server: Core, ada_in: NewLogin, clock: Standing
) -> None:
    who = await owner(server, ada_in)
    new = await accounts.create_token(server, who, "CI", ["apps:read"], 30)
    assert [token.used_at for token in await accounts.tokens_of(server, who.user.id)] == [None]
    clock.passes(hours=1)
    await accounts.identity_of_token(server, new.secret)
    assert [t.used_at for t in await accounts.tokens_of(server, who.user.id)] == [clock.now]

    def dump(session: Any) -> str:
        tables = ("api_tokens", "audit_entries")
        return str([list(session.execute(text(f"SELECT * FROM {table}"))) for table in tables])

    assert new.secret not in await server.database.read(dump)


async def test_a_token_of_somebody_else_is_not_there(server: Core, ada_in: NewLogin) -> None:
    who = await owner(server, ada_in)
    new = await accounts.create_token(server, who, "CI", ["apps:read"], 30)
    with pytest.raises(NotFound):
        await accounts.revoke_token(server, "somebody", new.token.id)


@pytest.mark.parametrize("secret", ["", "graft_", "graft_" + "a" * 43, "Bearer x"])
async def test_no_other_text_is_a_token(server: Core, ada_in: NewLogin, secret: str) -> None:
    assert await accounts.identity_of_token(server, secret) is None
    assert await accounts.identity_of_token(server, ada_in.secret) is None
