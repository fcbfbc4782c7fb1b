from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import text

from app.core import accounts
from app.core.accounts import Client, NewLogin, NotFound, Passwords, Person
from app.core.context import Core
from tests.unit.core.accounts.conftest import ADA, HOME, Standing

GRACE = Person("Grace Hopper", "grace@example.com", "compilers are fine")


async def grace_in(core: Core, passwords: Passwords, by: NewLogin, role: str) -> NewLogin:
    """Grace joins Ada's organisation."""
    link = await accounts.invite(core, None, by.login.organisation_id, role)
    return await accounts.accept(core, passwords, link.secret, GRACE, HOME)


async def holds(core: Core, login: NewLogin) -> bool:
    return await accounts.identity_of_login(core, login.secret) is not None


async def told(core: Core) -> list[dict[str, Any]]:
    """Everything that nodes are told from now on."""
    messages: list[dict[str, Any]] = []

    async def note(payload: dict[str, Any]) -> None:
        messages.append(payload)

    core.bus.subscribe(accounts.TOPIC, note)
    return messages


@pytest.mark.parametrize("secret", ["", "wrong", "a" * 43, "\udcff", "'; --"])
async def test_no_other_secret_is_a_login(server: Core, ada_in: NewLogin, secret: str) -> None:
    assert await accounts.identity_of_login(server, secret) is None


async def test_the_secret_is_not_in_the_database(server: Core, ada_in: NewLogin) -> None:
    def dump(session: Any) -> str:
        return str([tuple(row) for row in session.execute(text("SELECT * FROM logins"))])

    assert ada_in.secret not in await server.database.read(dump)
    assert len(ada_in.secret) == 43


async def test_a_login_that_nobody_uses_ends_after_a_week(
    server: Core, ada_in: NewLogin, clock: Standing
) -> None:
    clock.passes(days=6)
    assert await holds(server, ada_in)
    clock.passes(days=6)
    assert await holds(server, ada_in)
    clock.passes(days=7)
    assert not await holds(server, ada_in)


async def test_a_login_ends_after_thirty_days_however_much_it_is_used(
    server: Core, ada_in: NewLogin, clock: Standing
) -> None:
    for _ in range(29):
        clock.passes(days=1)
        assert await holds(server, ada_in)
    clock.passes(days=1)
    assert not await holds(server, ada_in)


async def test_an_open_page_keeps_its_login_in_use(
    server: Core, ada_in: NewLogin, clock: Standing
) -> None:
    mine = ada_in.login.id
    clock.passes(days=6)
    assert set(await accounts.actors_of(server, {mine, "gone"}, {mine})) == {mine}
    clock.passes(days=6)
    assert await holds(server, ada_in)


async def test_people_see_where_they_are_signed_in_the_last_used_first(
    server: Core, passwords: Passwords, ada_in: NewLogin, clock: Standing
) -> None:
    clock.passes(minutes=5)
    phone = Client("198.51.100.7", "Safari\n" + "x" * 500)
    await accounts.sign_in(server, passwords, ADA.email, ADA.password, phone)
    logins = await accounts.logins_of(server, ada_in.login.user_id)
    assert [login.address for login in logins] == ["198.51.100.7", "192.0.2.1"]
    assert len(logins[0].browser) == 200
    assert "\n" not in logins[0].browser
    assert logins[1].seen_at == ada_in.login.created_at


async def test_an_ended_login_is_over_at_once_and_every_node_is_told(
    server: Core, passwords: Passwords, ada_in: NewLogin
) -> None:
    other = await accounts.sign_in(server, passwords, ADA.email, ADA.password, HOME)
    found = await accounts.identity_of_login(server, ada_in.secret)
    assert found is not None
    messages = await told(server)
    await accounts.end_login(server, found.actor, other.login.id)
    assert not await holds(server, other)
    assert await holds(server, ada_in)
    await server.bus.idle()  # type: ignore[attr-defined]
    assert messages == [{"logins": [other.login.id], "users": []}]


async def test_all_others_end_together(
    server: Core, passwords: Passwords, ada_in: NewLogin
) -> None:
    others = [
        await accounts.sign_in(server, passwords, ADA.email, ADA.password, HOME) for _ in range(3)
    ]
    assert await accounts.end_logins(server, ada_in.login.user_id, keep=ada_in.login.id) == 3
    assert [await holds(server, login) for login in (ada_in, *others)] == [True] + [False] * 3


async def test_an_admin_ends_a_members_login_and_a_member_not_an_admins(
    server: Core, passwords: Passwords, ada_in: NewLogin
) -> None:
    grace = await grace_in(server, passwords, ada_in, "member")
    admin = await accounts.identity_of_login(server, ada_in.secret)
    member = await accounts.identity_of_login(server, grace.secret)
    assert admin is not None
    assert member is not None
    with pytest.raises(NotFound):
        await accounts.end_login(server, member.actor, ada_in.login.id)
    await accounts.end_login(server, admin.actor, grace.login.id)
    assert await holds(server, ada_in)
    assert not await holds(server, grace)


async def test_an_admin_of_another_organisation_has_no_say(
    server: Core, passwords: Passwords, ada_in: NewLogin
) -> None:
    globex = await accounts.create_organisation(server, "Globex")
    link = await accounts.invite(server, None, globex.id, "admin")
    other = await accounts.accept(server, passwords, link.secret, GRACE, HOME)
    admin = await accounts.identity_of_login(server, other.secret)
    assert admin is not None
    with pytest.raises(NotFound):
        await accounts.end_login(server, admin.actor, ada_in.login.id)


async def test_who_loses_the_last_role_is_signed_out(
    server: Core, passwords: Passwords, ada_in: NewLogin
) -> None:
    grace = await grace_in(server, passwords, ada_in, "member")
    messages = await told(server)
    await accounts.revoke(server, grace.login.organisation_id, grace.login.user_id, "member")
    assert not await holds(server, grace)
    assert await accounts.actors_of(server, {grace.login.id}, ()) == {}
    await server.bus.idle()  # type: ignore[attr-defined]
    assert messages == [{"logins": [], "users": [grace.login.user_id]}]


async def test_a_login_works_for_one_of_the_users_organisations_at_a_time(
    server: Core, ada_in: NewLogin
) -> None:
    mine = ada_in.login
    globex = await accounts.create_organisation(server, "Globex")
    with pytest.raises(NotFound):
        await accounts.choose_organisation(server, mine.user_id, mine.id, globex.id)
    await accounts.grant(server, globex.id, mine.user_id, "member")
    await accounts.choose_organisation(server, mine.user_id, mine.id, globex.id)
    found = await accounts.identity_of_login(server, ada_in.secret)
    assert found is not None
    assert found.actor.organisation == globex
    assert found.actor.roles == {"member"}
    assert found.scopes == {"apps:read"}
