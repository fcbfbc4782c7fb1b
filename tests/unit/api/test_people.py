"""Users, tokens and the audit log over HTTP."""

from __future__ import annotations

import csv
import io
import json
from functools import partial

import httpx
import pytest

from app.core import accounts
from app.core.accounts import Role
from app.core.accounts.signing_in import logins
from app.kernel.actor import Actor
from tests.unit.api.conftest import Api


@pytest.fixture
async def home(api: Api) -> str:
    """Id of an organisation."""
    return (await accounts.create_organisation(api.node.core, "Home")).id


async def join(api: Api, name: str, home: str, *roles: str) -> Actor:
    user = await accounts.create_user(api.node.core, name, f"{name.lower()}@home.org")
    for role in roles:
        await accounts.grant(api.node.core, home, user.id, role)
    return await accounts.actor_of(api.node.core, user.id, home)


async def sign_in(api: Api, who: Actor, browser: str) -> None:
    """Sign somebody in with a browser."""
    core = api.node.core
    client = accounts.Client("192.0.2.1", browser)
    work = partial(
        logins.begin,
        user_id=who.user.id,
        organisation_id=who.organisation.id,
        client=client,
        at=core.clock(),
    )
    await core.database.write(work)


async def test_an_admin_looks_after_the_own_organisation(api: Api, home: str) -> None:
    ada = await join(api, "Ada", home, Role.ADMIN)
    ben = await join(api, "Ben", home, Role.MEMBER)
    at = f"/users/{ben.user.id}"
    async with api.client(await api.token(ada)) as http:
        assert [one["name"] for one in (await http.get("/users")).json()] == ["Ada", "Ben"]
        changed = await http.put(f"{at}/roles", json={"roles": ["developer"]})
        assert changed.json()["roles"] == ["developer"]
        invited = await http.post("/users/invitations", json={"role": "member"})
        assert (invited.status_code, invited.json()["link"][:8]) == (201, "/invite/")
        (waiting,) = (await http.get("/users/invitations")).json()
        assert (waiting["role"], waiting["created_by"]) == ("member", ada.user.id)
        assert "link" not in waiting
        assert waiting["id"] == invited.json()["id"]
        one = f"/users/invitations/{waiting['id']}"
        assert (await http.delete(one)).status_code == 204
        assert (await http.delete(one)).status_code == 404
        assert (await http.get("/users/invitations")).json() == []
        link = await http.post(f"{at}/password-link")
        assert (link.status_code, link.json()["link"][:10]) == (201, "/password/")
        assert (await http.post(f"{at}/disable")).status_code == 204
        assert (await http.get(at)).json()["disabled"] is True
        assert (await http.post(f"{at}/enable")).status_code == 204
        assert (await http.get("/organisations")).json() == [{"id": home, "name": "Home"}]
        gone = await http.put(f"{at}/roles", json={"roles": []})
        assert gone.json()["roles"] == []
        assert (await http.get(at)).status_code == 404

        # Not theirs: operators, themselves, other organisations.
        for refused in (
            await http.post("/users/invitations", json={"role": "operator"}),
            await http.post(f"/users/{ada.user.id}/disable"),
            await http.put(f"/users/{ada.user.id}/roles", json={"roles": ["member"]}),
        ):
            assert refused.status_code == 403
        operator = api.node.operator.actor
        for missing in (
            await http.get(f"/users/{operator.user.id}"),
            await http.get("/users", params={"organisation": operator.organisation.id}),
            await http.get("/users/invitations", params={"organisation": operator.organisation.id}),
            await http.post(f"/users/{operator.user.id}/password-link"),
        ):
            assert missing.status_code == 404


async def test_an_operator_makes_an_organisation(
    api: Api, http: httpx.AsyncClient, home: str
) -> None:
    made = await http.post("/organisations", json={"name": "Globex"})
    assert (made.status_code, made.json()["name"]) == (201, "Globex")
    assert made.json() in (await http.get("/organisations")).json()
    inside = {"organisation": made.json()["id"]}
    assert (await http.get("/users", params=inside)).json() == []
    invited = await http.post("/users/invitations", json={"role": "admin", **inside})
    assert invited.status_code == 201
    again = await http.post("/organisations", json={"name": "GLOBEX"})
    assert (again.status_code, "'Globex' already" in again.json()["detail"]) == (422, True)
    for name in ("", " ", "x" * 201):
        assert (await http.post("/organisations", json={"name": name})).status_code == 422
    ada = await join(api, "Ada", home, Role.ADMIN)
    async with api.client(await api.token(ada)) as theirs:
        refused = await theirs.post("/organisations", json={"name": "Hers"})
        assert (refused.status_code, len((await http.get("/organisations")).json())) == (403, 3)


async def test_scopes_limit_what_a_token_does(api: Api, home: str) -> None:
    ada = await join(api, "Ada", home, Role.ADMIN)
    scopes = ("apps:read", "apps:deploy", "apps:admin", "audit:read")
    async with api.client(await api.token(ada, *scopes)) as http:
        for path in (
            "/users",
            "/organisations",
            "/tokens",
            "/users/invitations",
            f"/users/{ada.user.id}",
        ):
            assert (await http.get(path)).status_code == 403
        assert (await http.get("/audit")).status_code == 200
    async with api.client(await api.token(ada, "users:admin")) as http:
        assert (await http.get("/users")).status_code == 200
        assert (await http.get("/audit")).status_code == 403
        assert (await http.get("/apps")).json() == []


async def test_tokens_are_listed_and_revoked_but_not_made_by_tokens(
    api: Api, http: httpx.AsyncClient
) -> None:
    (mine,) = (await http.get("/tokens")).json()
    assert (mine["name"], "secret" in mine) == ("test", False)
    wanted = {"name": "more", "scopes": ["apps:read"]}
    assert (await http.post("/tokens", json=wanted)).status_code == 403
    assert (await http.delete("/tokens/unknown")).status_code == 404
    assert (await http.delete(f"/tokens/{mine['id']}")).status_code == 204
    assert (await http.get("/tokens")).status_code == 401, "the token was its own"


async def test_an_admin_signs_members_out(api: Api, home: str) -> None:
    ada = await join(api, "Ada", home, Role.ADMIN)
    ben = await join(api, "Ben", home, Role.MEMBER)
    for number in range(3):
        await sign_in(api, ben, f"Firefox {number}")
    of_ben = {"user": ben.user.id}
    async with api.client(await api.token(ada)) as http:
        found = (await http.get("/sessions", params=of_ben)).json()
        assert {one["browser"] for one in found} == {f"Firefox {number}" for number in range(3)}
        assert not any("secret" in one for one in found)
        one = f"/sessions/{found[0]['id']}"
        assert (await http.delete(one)).status_code == 404, "it is not the admin's own"
        assert (await http.delete(one, params=of_ben)).status_code == 204
        assert (await http.delete("/sessions", params=of_ben)).json() == {"ended": 2}
        assert (await http.get("/sessions", params=of_ben)).json() == []
        operator = {"user": api.node.operator.actor.user.id}
        assert (await http.get("/sessions", params=operator)).status_code == 404
        assert (await http.delete("/sessions", params=operator)).status_code == 404
    async with api.client(await api.token(ada, "apps:admin")) as http:
        assert (await http.get("/sessions")).status_code == 403


async def test_sessions_in_another_organisation_are_not_an_admins_business(
    api: Api, home: str
) -> None:
    ada = await join(api, "Ada", home, Role.ADMIN)
    ben = await join(api, "Ben", home, Role.MEMBER)
    other = await accounts.create_organisation(api.node.core, "Other")
    await accounts.grant(api.node.core, other.id, ben.user.id, Role.MEMBER)
    await sign_in(api, await accounts.actor_of(api.node.core, ben.user.id, other.id), "Firefox")
    async with api.client(await api.token(ada)) as http:
        assert (await http.get("/sessions", params={"user": ben.user.id})).json() == []
        ended = await http.delete("/sessions", params={"user": ben.user.id})
        assert ended.json() == {"ended": 0}
    assert len(await accounts.logins_of(api.node.core, ben.user.id)) == 1


async def test_the_audit_log_is_filtered_paged_and_exported(
    api: Api, http: httpx.AsyncClient
) -> None:
    for number in range(3):
        invited = {"role": "member", "email": f"=user{number}@x.org"}
        await http.post("/users/invitations", json=invited)
    fitting = {"action": "invitation.*", "limit": 2}
    first = (await http.get("/audit", params=fitting)).json()
    assert len(first["entries"]) == 2
    second = (await http.get("/audit", params={**fitting, "before": first["next"]})).json()
    assert [len(second["entries"]), second["next"]] == [1, None]
    none = {"since": "2999-01-01T00:00:00Z"}
    assert (await http.get("/audit", params=none)).json()["entries"] == []

    lines = await http.get("/audit/export", params={"action": "invitation.create"})
    found = [json.loads(line) for line in lines.text.splitlines()]
    assert [entry["detail"]["email"] for entry in found] == [f"=user{n}@x.org" for n in range(3)]
    table = await http.get("/audit/export", params={"action": "invitation.*", "format": "csv"})
    assert table.headers["content-disposition"] == 'attachment; filename="audit.csv"'
    assert len(list(csv.DictReader(io.StringIO(table.text)))) == 3


@pytest.mark.parametrize(
    "wrong",
    [
        {"since": "2026-11-23T08:40"},  # in which zone?
        {"action": "*x"},
        {"outcome": "maybe"},
        {"limit": 0},
        {"before": 0},
    ],
)
async def test_a_filter_that_cannot_be_understood_is_refused(
    http: httpx.AsyncClient, wrong: dict[str, str]
) -> None:
    answer = await http.get("/audit", params=wrong)
    assert (answer.status_code, answer.json()["title"]) == (422, "Not acceptable")


async def test_a_request_that_is_too_large_is_refused_unread(http: httpx.AsyncClient) -> None:
    async def endless():  # type: ignore[no-untyped-def]
        for _ in range(20):
            yield b" " * 100_000

    for body in (b" " * 1_100_000, endless()):
        answer = await http.post("/users/invitations", content=body)
        assert (answer.status_code, answer.json()["status"]) == (413, 413)
        assert answer.headers["content-type"] == "application/problem+json"
