from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Awaitable, Callable

import pytest

from app.core import accounts, audit
from app.core.accounts import Invalid, Membership, NotFound, Organisation
from app.core.accounts.development import development_actor
from app.core.context import Core
from app.kernel.actor import Actor, Forbidden, acting_as


async def test_a_user_acts_with_the_roles_they_have_in_that_organisation_only(core: Core) -> None:
    acme = await accounts.create_organisation(core, " Acme ")
    globex = await accounts.create_organisation(core, "Globex")
    ada = await accounts.create_user(core, "Ada", "Ada@example.com")
    await accounts.grant(core, acme.id, ada.id, "member")
    await accounts.grant(core, acme.id, ada.id, "admin")
    await accounts.grant(core, globex.id, ada.id, "member")
    assert acme == Organisation(acme.id, "Acme")
    assert await accounts.actor_of(core, ada.id, acme.id) == Actor(
        ada, acme, frozenset({"member", "admin"})
    )
    assert (await accounts.actor_of(core, ada.id, globex.id)).roles == {"member"}
    assert await accounts.organisations_of(core, ada.id) == [acme, globex]


async def test_a_new_organisation_is_audited(core: Core, ada: Actor) -> None:
    with acting_as(ada):
        globex = await accounts.create_organisation(core, " Globex ")
    entry, *_ = (await audit.query(core, audit.Filter(action="organisation.create"))).entries
    assert (entry.target, entry.detail) == (globex.id, {"name": "Globex"})
    assert entry.actor_id == ada.user.id


async def test_names_of_organisations_are_taken_once(core: Core) -> None:
    await accounts.create_organisation(core, "Acme")
    for name in ("Acme", " acme\t", "ACME"):
        with pytest.raises(Invalid, match="there is an organisation 'Acme' already"):
            await accounts.create_organisation(core, name)
    results = await asyncio.gather(
        *(accounts.create_organisation(core, "Globex") for _ in range(3)), return_exceptions=True
    )
    assert sum(isinstance(one, Organisation) for one in results) == 1
    assert [one.name for one in await accounts.all_organisations(core)] == ["Acme", "Globex"]
    assert len((await audit.query(core, audit.Filter(action="organisation.create"))).entries) == 2


async def test_granting_and_revoking_twice_is_the_same_as_once(core: Core, ada: Actor) -> None:
    home, user = ada.organisation.id, ada.user.id
    await accounts.grant(core, home, user, "admin")
    await accounts.grant(core, home, user, "admin")
    assert (await accounts.actor_of(core, user, home)).roles == {"member", "admin"}
    await accounts.revoke(core, home, user, "admin")
    await accounts.revoke(core, home, user, "admin")
    assert (await accounts.actor_of(core, user, home)).roles == {"member"}


async def test_who_has_no_role_left_is_not_in_the_organisation(core: Core, ada: Actor) -> None:
    await accounts.revoke(core, ada.organisation.id, ada.user.id, "member")
    with pytest.raises(NotFound):
        await accounts.actor_of(core, ada.user.id, ada.organisation.id)
    assert await accounts.organisations_of(core, ada.user.id) == []


async def test_an_address_has_one_account(core: Core, ada: Actor) -> None:
    with pytest.raises(Invalid, match=r"ada@example\.com has an account already"):
        await accounts.create_user(core, "Another Ada", "ADA@example.com")


async def test_roles_go_to_users_and_organisations_that_exist(core: Core, ada: Actor) -> None:
    with pytest.raises(NotFound, match="user"):
        await accounts.grant(core, ada.organisation.id, "nobody", "member")
    with pytest.raises(NotFound, match="organisation"):
        await accounts.grant(core, "nowhere", ada.user.id, "member")


async def test_members_are_those_of_the_actors_organisation(
    core: Core, ada: Actor, grace: Actor
) -> None:
    with acting_as(ada):
        assert await accounts.members() == [Membership(ada.user, frozenset({"member"}))]


@pytest.mark.parametrize(
    "call",
    [
        lambda core, who: accounts.create_organisation(core, "Evil"),
        lambda core, who: accounts.create_user(core, "Eve", "eve@example.com"),
        lambda core, who: accounts.grant(core, who.organisation.id, who.user.id, "operator"),
        lambda core, who: accounts.revoke(core, who.organisation.id, who.user.id, "member"),
        lambda core, who: accounts.organisations_of(core, who.user.id),
        lambda core, who: accounts.actor_of(core, who.user.id, who.organisation.id),
        lambda core, who: accounts.ids_of(core, [who.user.email]),
        lambda core, who: development_actor(core),
    ],
)
async def test_a_client_app_cannot_administer_accounts(
    core: Core, ada: Actor, call: Callable[[Core, Actor], Awaitable[object]]
) -> None:
    with (
        acting_as(dataclasses.replace(ada, app_id="acme/counter")),
        pytest.raises(Forbidden, match="acme/counter"),
    ):
        await call(core, ada)
