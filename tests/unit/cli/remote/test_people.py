"""`user` and `token` over the API of a server."""

from __future__ import annotations

from functools import partial

from app.core import accounts
from app.core.accounts import Role
from app.core.accounts.signing_in import logins
from tests.unit.cli.remote.conftest import Graft

BEN = "ben@home.org"


async def ben(graft: Graft) -> str:
    core, home = graft.api.node.core, graft.api.node.operator.actor.organisation.id
    user = await accounts.create_user(core, "Ben", BEN)
    await accounts.grant(core, home, user.id, Role.MEMBER)
    return user.id


async def test_people_are_looked_after_from_afar(graft: Graft) -> None:
    id, at = await ben(graft), ("--server", graft.address)
    invited = await graft("user", "create", "new@home.org", "--role", "developer", *at)
    assert f"{graft.address}/invite/" in invited.stdout
    (waiting,) = (await graft.json("user", "invitations", *at))["invitations"]
    assert "new@home.org" in (await graft("user", "invitations", *at)).stdout
    home = ("--organisation", "Olga's")
    await graft("user", "revoke-invitation", waiting["id"], *home, *at)
    assert (
        "There are no open invitations." in (await graft("user", "invitations", *home, *at)).stdout
    )
    reset = await graft.json("user", "reset-password", BEN, *at)
    assert reset["link"].startswith(f"{graft.address}/password/")
    changed = await graft.json("user", "roles", BEN, "developer", *at)
    assert changed["roles"] == ["developer"]
    assert (await graft("user", "disable", BEN, *at)).stdout.strip() == f"{BEN} is off."
    (member,) = [m for m in (await graft.json("user", "list", *at))["users"] if m["id"] == id]
    assert (member["disabled"], member["roles"]) == (True, ["developer"])
    await graft("user", "enable", BEN, *at)
    named = await graft.json("user", "organisations", *at)
    assert [one["name"] for one in named["organisations"]] == ["Olga's"]
    await graft("user", "list", "--organisation", "Olga's", *at)
    await graft("user", "list", "--organisation", "Nobody's", *at, exit_code=1)
    missing = await graft("user", "disable", "nobody@home.org", *at, exit_code=1)
    assert "No member has the address" in missing.stderr


async def test_organisations_are_made_from_afar(graft: Graft) -> None:
    at = ("--server", graft.address)
    made = await graft.json("user", "create-organisation", "Globex", *at)
    assert made["name"] == "Globex"
    again = await graft("user", "create-organisation", "Globex", *at, exit_code=1)
    assert "There is an organisation 'Globex' already" in again.stderr
    create = ("user", "create", "new@initech.org", "--organisation", "Initech", *at)
    await graft(*create, exit_code=1)
    for _ in range(2):
        assert "/invite/" in (await graft(*create, "--new-organisation")).stdout
    known = (await graft.json("user", "organisations", *at))["organisations"]
    assert [one["name"] for one in known] == ["Globex", "Initech", "Olga's"]
    await graft("user", "create", "new@home.org", "--password", *at, exit_code=1)


async def test_people_are_signed_out_from_afar(graft: Graft) -> None:
    id, at = await ben(graft), ("--server", graft.address)
    core, home = graft.api.node.core, graft.api.node.operator.actor.organisation.id
    client = accounts.Client("192.0.2.1", "Firefox")
    for _ in range(2):
        begin = partial(
            logins.begin, user_id=id, organisation_id=home, client=client, at=core.clock()
        )
        await core.database.write(begin)
    (one, _) = (await graft.json("session", "list", BEN, *at))["sessions"]
    assert "Firefox" in (await graft("session", "list", BEN, *at)).stdout
    ended = await graft("session", "end", BEN, one["id"], *at)
    assert ended.stdout.strip() == f"{BEN} is signed out in 1 browser."
    assert (await graft.json("session", "end", BEN, *at)) == {"ended": 1}
    assert "not signed in anywhere" in (await graft("session", "list", BEN, *at)).stdout
    await graft("session", "end", BEN, one["id"], *at, exit_code=1)


async def test_tokens_are_listed_and_revoked_from_afar(graft: Graft) -> None:
    id, at = await ben(graft), ("--server", graft.address)
    core, home = graft.api.node.core, graft.api.node.operator.actor.organisation.id
    who = await accounts.actor_of(core, id, home)
    made = await accounts.create_token(core, who, "CI", ["apps:read"], 30)
    assert "CI" in (await graft("token", "list", BEN, *at)).stdout
    await graft("token", "revoke", BEN, made.token.id, *at)
    assert await accounts.identity_of_token(core, made.secret) is None
    await graft("token", "revoke", BEN, "../users", *at, exit_code=1)
