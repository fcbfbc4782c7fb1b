from __future__ import annotations

import asyncio
import dataclasses

import pytest

from app.core import accounts, audit
from app.core.accounts import (
    Invalid,
    Kind,
    LinkOver,
    NewLogin,
    Passwords,
    Person,
    WrongPassword,
)
from app.core.accounts.development import development_actor
from app.core.context import Core
from app.kernel.actor import Actor, Forbidden
from app.kernel.errors import NotFound
from tests.unit.core.accounts.conftest import ADA, HOME, Standing

GRACE = Person("Grace Hopper", "grace@example.com", "compilers are fine")


async def actor_of(core: Core, login: NewLogin) -> Actor:
    found = await accounts.identity_of_login(core, login.secret)
    assert found is not None
    return found.actor


async def test_the_set_up_link_makes_the_operator_once(server: Core, passwords: Passwords) -> None:
    link = await accounts.new_set_up_link(server)
    assert link is not None
    new = await accounts.set_up(server, passwords, link.secret, "Acme", ADA, HOME)
    assert (await actor_of(server, new)).roles == {"admin", "operator"}
    with pytest.raises(LinkOver):
        await accounts.set_up(server, passwords, link.secret, "Evil", GRACE, HOME)
    assert await accounts.new_set_up_link(server) is None


async def test_a_restart_makes_a_new_set_up_link_and_the_old_one_stops_working(
    server: Core, passwords: Passwords
) -> None:
    first = await accounts.new_set_up_link(server)
    second = await accounts.new_set_up_link(server)
    assert first is not None
    assert second is not None
    with pytest.raises(LinkOver):
        await accounts.set_up(server, passwords, first.secret, "Acme", ADA, HOME)
    await accounts.set_up(server, passwords, second.secret, "Acme", ADA, HOME)


async def test_the_set_up_link_works_for_a_day(
    server: Core, passwords: Passwords, clock: Standing
) -> None:
    link = await accounts.new_set_up_link(server)
    assert link is not None
    clock.passes(hours=24)
    with pytest.raises(LinkOver):
        await accounts.set_up(server, passwords, link.secret, "Acme", ADA, HOME)


async def test_of_two_who_use_a_link_at_once_one_succeeds(
    server: Core, passwords: Passwords
) -> None:
    link = await accounts.new_set_up_link(server)
    assert link is not None
    calls = [
        accounts.set_up(server, passwords, link.secret, name, person, HOME)
        for name, person in (("Acme", ADA), ("Globex", GRACE))
    ]
    answers = await asyncio.gather(*calls, return_exceptions=True)
    assert sorted(type(answer).__name__ for answer in answers) == ["LinkOver", "NewLogin"]
    assert len(await accounts.all_organisations(server)) == 1


async def test_a_mistake_does_not_use_the_link_up(server: Core, passwords: Passwords) -> None:
    link = await accounts.new_set_up_link(server)
    assert link is not None
    for person in (
        dataclasses.replace(ADA, password="short"),
        dataclasses.replace(ADA, email="no address"),
        dataclasses.replace(ADA, name=" "),
    ):
        with pytest.raises(Invalid):
            await accounts.set_up(server, passwords, link.secret, "Acme", person, HOME)
    with pytest.raises(Invalid):
        await accounts.set_up(server, passwords, link.secret, " ", ADA, HOME)
    await accounts.set_up(server, passwords, link.secret, "Acme", ADA, HOME)


async def test_visitors_of_the_development_mode_do_not_count_as_operators(server: Core) -> None:
    await development_actor(server, "browser")
    assert await accounts.new_set_up_link(server) is not None


async def test_an_invitation_gives_a_role_in_its_organisation_once(
    server: Core, passwords: Passwords, ada_in: NewLogin
) -> None:
    admin = await actor_of(server, ada_in)
    link = await accounts.invite(server, admin, admin.organisation.id, "developer")
    shown = await accounts.find_link(server, Kind.INVITATION, link.secret)
    assert shown.organisation == admin.organisation
    new = await accounts.accept(server, passwords, link.secret, GRACE, HOME)
    who = await actor_of(server, new)
    assert (who.organisation, who.roles) == (admin.organisation, {"developer"})
    with pytest.raises(LinkOver):
        await accounts.accept(
            server, passwords, link.secret, dataclasses.replace(GRACE, email="x@y.zz"), HOME
        )


async def test_an_invitation_works_for_a_week(
    server: Core, passwords: Passwords, ada_in: NewLogin, clock: Standing
) -> None:
    link = await accounts.invite(server, None, ada_in.login.organisation_id, "member")
    clock.passes(days=7)
    with pytest.raises(LinkOver):
        await accounts.accept(server, passwords, link.secret, GRACE, HOME)


async def test_open_invitations_are_listed_until_they_are_accepted_or_too_old(
    server: Core, passwords: Passwords, ada_in: NewLogin, clock: Standing
) -> None:
    admin = await actor_of(server, ada_in)
    home = admin.organisation.id
    old = await accounts.invite(server, None, home, "member")
    clock.passes(days=3)
    new = await accounts.invite(server, admin, home, "developer", "Grace@Example.com")
    globex = await accounts.create_organisation(server, "Globex")
    await accounts.invite(server, None, globex.id, "member")
    first, second = await accounts.open_invitations(server, home)
    assert (first.id, first.role, first.email, first.created_by, first.expires_at) == (
        new.id,
        "developer",
        "grace@example.com",
        admin.user.id,
        new.expires_at,
    )
    assert (second.id, second.email, second.created_by) == (old.id, "", "")
    await accounts.accept(server, passwords, new.secret, GRACE, HOME)
    assert [one.id for one in await accounts.open_invitations(server, home)] == [old.id]
    clock.passes(days=4)
    assert await accounts.open_invitations(server, home) == []


async def test_a_link_that_was_taken_back_does_not_work(
    server: Core, passwords: Passwords, ada_in: NewLogin
) -> None:
    admin = await actor_of(server, ada_in)
    home = admin.organisation.id
    link = await accounts.invite(server, admin, home, "member")
    await accounts.revoke_invitation(server, admin, home, link.id)
    with pytest.raises(LinkOver):
        await accounts.accept(server, passwords, link.secret, GRACE, HOME)
    with pytest.raises(NotFound, match="no such open invitation"):
        await accounts.revoke_invitation(server, admin, home, link.id)
    entry, *_ = (await audit.query(server, audit.Filter(action="invitation.revoke"))).entries
    assert (entry.target, entry.detail) == (home, {"role": "member", "email": ""})


async def test_only_what_is_open_and_ones_own_is_taken_back(
    server: Core, passwords: Passwords, ada_in: NewLogin, clock: Standing
) -> None:
    home = ada_in.login.organisation_id
    globex = await accounts.create_organisation(server, "Globex")
    first = await accounts.invite(server, None, home, "admin")
    grace = await actor_of(
        server, await accounts.accept(server, passwords, first.secret, GRACE, HOME)
    )
    theirs = await accounts.invite(server, None, globex.id, "member")
    operators = await accounts.invite(server, None, home, "operator")
    password = await accounts.password_link(server, None, grace.user.id)
    for place, id in ((home, first.id), (home, theirs.id), (home, password.id), (home, "x")):
        with pytest.raises(NotFound):
            await accounts.revoke_invitation(server, grace, place, id)
    for place, id in ((globex.id, theirs.id), (home, operators.id)):
        with pytest.raises(Forbidden):
            await accounts.revoke_invitation(server, grace, place, id)
    assert (await accounts.open_invitations(server, globex.id))[0].id == theirs.id
    clock.passes(days=7)
    with pytest.raises(NotFound):
        await accounts.revoke_invitation(server, None, home, operators.id)


async def test_a_link_is_only_good_for_what_it_was_made_for(
    server: Core, passwords: Passwords, ada_in: NewLogin
) -> None:
    link = await accounts.invite(server, None, ada_in.login.organisation_id, "member")
    with pytest.raises(LinkOver):
        await accounts.find_link(server, Kind.SET_UP, link.secret)
    with pytest.raises(LinkOver):
        await accounts.set_up(server, passwords, link.secret, "Evil", GRACE, HOME)


async def test_an_address_that_was_invited_cannot_be_changed(
    server: Core, passwords: Passwords, ada_in: NewLogin
) -> None:
    home = ada_in.login.organisation_id
    link = await accounts.invite(server, None, home, "member", "Invited@Example.com")
    new = await accounts.accept(server, passwords, link.secret, GRACE, HOME)
    assert (await actor_of(server, new)).user.email == "invited@example.com"


async def test_who_has_an_account_joins_with_its_password_only(
    server: Core, passwords: Passwords, ada_in: NewLogin
) -> None:
    globex = await accounts.create_organisation(server, "Globex")
    link = await accounts.invite(server, None, globex.id, "member")
    with pytest.raises(WrongPassword):
        await accounts.accept(
            server, passwords, link.secret, dataclasses.replace(ADA, password="x" * 20), HOME
        )
    new = await accounts.accept(server, passwords, link.secret, ADA, HOME)
    assert new.login.user_id == ada_in.login.user_id
    assert new.login.organisation_id == globex.id


@pytest.mark.parametrize(("inviting", "role"), [("member", "member"), ("admin", "operator")])
async def test_nobody_gives_more_than_they_may(
    server: Core, passwords: Passwords, ada_in: NewLogin, inviting: str, role: str
) -> None:
    home = ada_in.login.organisation_id
    link = await accounts.invite(server, None, home, inviting)
    grace = await actor_of(
        server, await accounts.accept(server, passwords, link.secret, GRACE, HOME)
    )
    with pytest.raises(Forbidden):
        await accounts.invite(server, grace, home, role)


async def test_an_admin_invites_to_their_own_organisation_only(
    server: Core, passwords: Passwords, ada_in: NewLogin
) -> None:
    globex = await accounts.create_organisation(server, "Globex")
    link = await accounts.invite(server, None, globex.id, "admin")
    grace = await actor_of(
        server, await accounts.accept(server, passwords, link.secret, GRACE, HOME)
    )
    with pytest.raises(Forbidden):
        await accounts.invite(server, grace, ada_in.login.organisation_id, "member")
