from __future__ import annotations

import asyncio

import pytest

from app.core import accounts
from app.core.accounts import (
    Invalid,
    Kind,
    LinkOver,
    NewLogin,
    NotFound,
    Passwords,
    Person,
    WrongPassword,
)
from app.core.context import Core
from app.kernel.actor import Actor, Forbidden
from tests.unit.core.accounts.conftest import ADA, HOME, Standing

GRACE = Person("Grace Hopper", "grace@example.com", "compilers are fine")
NEW = "a wholly different one"


async def actor_of(core: Core, login: NewLogin) -> Actor:
    found = await accounts.identity_of_login(core, login.secret)
    assert found is not None
    return found.actor


async def joined(core: Core, passwords: Passwords, organisation_id: str, role: str) -> Actor:
    """Grace joins an organisation."""
    link = await accounts.invite(core, None, organisation_id, role)
    login = await accounts.accept(core, passwords, link.secret, GRACE, HOME)
    return await actor_of(core, login)


async def test_a_new_password_takes_the_place_of_a_forgotten_one_once(
    server: Core, passwords: Passwords, ada_in: NewLogin
) -> None:
    link = await accounts.password_link(server, None, ada_in.login.user_id)
    new = await accounts.reset_password(server, passwords, link.secret, NEW, HOME)
    assert (await actor_of(server, new)).user.email == ADA.email
    assert await accounts.identity_of_login(server, ada_in.secret) is None
    with pytest.raises(WrongPassword):
        await accounts.sign_in(server, passwords, ADA.email, ADA.password, HOME)
    await accounts.sign_in(server, passwords, ADA.email, NEW, HOME)
    with pytest.raises(LinkOver):
        await accounts.reset_password(server, passwords, link.secret, "yet another one", HOME)


async def test_it_unlocks_the_account(server: Core, passwords: Passwords, ada_in: NewLogin) -> None:
    for _ in range(5):
        with pytest.raises(WrongPassword):
            await accounts.sign_in(server, passwords, ADA.email, "wrong", HOME)
    link = await accounts.password_link(server, None, ada_in.login.user_id)
    await accounts.reset_password(server, passwords, link.secret, NEW, HOME)
    await accounts.sign_in(server, passwords, ADA.email, NEW, HOME)


async def test_a_bad_password_does_not_use_the_link_up_and_a_day_does(
    server: Core, passwords: Passwords, ada_in: NewLogin, clock: Standing
) -> None:
    link = await accounts.password_link(server, None, ada_in.login.user_id)
    with pytest.raises(Invalid):
        await accounts.reset_password(server, passwords, link.secret, "short", HOME)
    assert await accounts.find_link(server, Kind.PASSWORD, link.secret)
    clock.passes(hours=24)
    with pytest.raises(LinkOver):
        await accounts.reset_password(server, passwords, link.secret, NEW, HOME)


async def test_a_new_password_ends_the_other_links_of_its_user_only(
    server: Core, passwords: Passwords, ada_in: NewLogin
) -> None:
    home, ada = ada_in.login.organisation_id, ada_in.login.user_id
    grace = await joined(server, passwords, home, "admin")
    older, used, newer = [await accounts.password_link(server, None, ada) for _ in range(3)]
    of_grace = await accounts.password_link(server, None, grace.user.id)
    invitation = await accounts.invite(server, None, home, "member", ADA.email)
    login = await accounts.reset_password(server, passwords, used.secret, NEW, HOME)
    for ended in (older, newer):
        with pytest.raises(LinkOver):
            await accounts.reset_password(server, passwords, ended.secret, "yet another one", HOME)
    assert await accounts.find_link(server, Kind.PASSWORD, of_grace.secret)
    assert await accounts.find_link(server, Kind.INVITATION, invitation.secret)
    # Also when somebody who remembers it changes it.
    forgotten = await accounts.password_link(server, None, ada)
    who = await actor_of(server, login)
    await accounts.change_password(server, passwords, who, NEW, "yet another one", HOME)
    with pytest.raises(LinkOver):
        await accounts.reset_password(server, passwords, forgotten.secret, NEW, HOME)


async def test_of_two_links_used_at_once_one_works(
    server: Core, passwords: Passwords, ada_in: NewLogin
) -> None:
    made = [await accounts.password_link(server, None, ada_in.login.user_id) for _ in range(2)]
    both = await asyncio.gather(
        *(accounts.reset_password(server, passwords, one.secret, NEW, HOME) for one in made),
        return_exceptions=True,
    )
    assert sorted(type(one).__name__ for one in both) == ["LinkOver", "NewLogin"]


async def test_an_invitation_changes_no_password(
    server: Core, passwords: Passwords, ada_in: NewLogin
) -> None:
    link = await accounts.invite(server, None, ada_in.login.organisation_id, "member", ADA.email)
    with pytest.raises(LinkOver):
        await accounts.reset_password(server, passwords, link.secret, NEW, HOME)


async def test_an_admin_helps_the_members_of_their_organisation_only(
    server: Core, passwords: Passwords, ada_in: NewLogin
) -> None:
    home = ada_in.login.organisation_id
    grace = await joined(server, passwords, home, "admin")
    member = await accounts.create_user(server, "Alan", "alan@example.com")
    with pytest.raises(Forbidden):
        await accounts.password_link(server, grace, member.id)
    await accounts.grant(server, home, member.id, "member")
    assert await accounts.password_link(server, grace, member.id)
    # Whoever had the link would be this user in the other organisation, too.
    globex = await accounts.create_organisation(server, "Globex")
    await accounts.grant(server, globex.id, member.id, "member")
    with pytest.raises(Forbidden, match="operator"):
        await accounts.password_link(server, grace, member.id)
    assert await accounts.password_link(server, await actor_of(server, ada_in), member.id)


async def test_no_admin_becomes_an_operator_this_way(
    server: Core, passwords: Passwords, ada_in: NewLogin
) -> None:
    grace = await joined(server, passwords, ada_in.login.organisation_id, "admin")
    with pytest.raises(Forbidden):
        await accounts.password_link(server, grace, ada_in.login.user_id)


async def test_a_member_helps_nobody_and_nobody_is_not_there(
    server: Core, passwords: Passwords, ada_in: NewLogin
) -> None:
    grace = await joined(server, passwords, ada_in.login.organisation_id, "member")
    with pytest.raises(Forbidden):
        await accounts.password_link(server, grace, grace.user.id)
    with pytest.raises(NotFound):
        await accounts.password_link(server, None, "nobody")
