"""Settings of apps, as programs see and set them."""

from __future__ import annotations

import json

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.core import accounts, audit
from app.core.accounts import Role
from tests.unit.api.conftest import Api
from tests.unit.apps.helpers import COUNTER, find
from tests.unit.core.strategies import json_objects

MAILER = "acme/mailer"
AT = f"/apps/{MAILER}/settings"
KEY = "sk_hunter22"


@pytest.fixture
async def installed(api: Api) -> Api:
    await api.node.upload(MAILER)
    return api


async def test_what_can_be_set_and_what_is_set(installed: Api, http: httpx.AsyncClient) -> None:
    answer = (await http.get(AT)).json()
    assert set(answer["schema"]["properties"]) == {"host", "port", "key"}
    assert answer["schema"]["properties"]["key"]["writeOnly"] is True
    assert (answer["missing"], answer["secrets"], answer["revision"]) == (
        ["host"],
        {"key": False},
        0,
    )
    values = {"host": "localhost", "key": KEY}
    saved = await http.put(AT, json={"values": values, "base_revision": 0})
    assert saved.status_code == 200
    assert saved.json() == (await http.get(AT)).json()
    assert saved.json()["values"] == {"host": "localhost"}
    assert saved.json()["secrets"] == {"key": True}
    assert saved.json()["set"]["key"]["by_name"] == "Olga"
    unset = await http.put(AT, json={"remove": ["key"]})
    assert (unset.json()["secrets"], unset.json()["revision"]) == ({"key": False}, 2)


async def test_a_secret_goes_in_and_comes_out_nowhere(
    installed: Api, http: httpx.AsyncClient
) -> None:
    answers = [
        await http.put(AT, json={"values": {"host": "localhost", "key": KEY}}),
        await http.put(AT, json={"values": {"key": "no_hunter22"}}),
        await http.put(AT, json={"values": {"key": ["no_hunter22"]}}),
        await http.put(AT, json={"values": {"key": KEY}, "base_revision": 0}),
        await http.put(AT, content=b'{"values": {"key": "sk_hunter22"'),
        await http.put(AT, json={"values": {"key": KEY}, "hunter": 1}),
        await http.get(AT),
        await http.get(f"/apps/{MAILER}/history"),
        await http.get(f"/apps/{MAILER}"),
        await http.get("/audit"),
    ]
    assert [answer.status_code for answer in answers[:6]] == [200, 422, 422, 409, 422, 422]
    for answer in answers:
        assert "hunter22" not in answer.text
        assert "the-default-key" not in answer.text


async def test_what_is_wrong_is_told_field_by_field(
    installed: Api, http: httpx.AsyncClient
) -> None:
    answer = await http.put(AT, json={"values": {"host": "nowhere", "port": "x", "key": "no_1234"}})
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert {e["field"]: e["message"] for e in answer.json()["errors"]} == {
        "host": "nowhere is no host",
        "port": "Input should be a valid integer, unable to parse string as an integer",
        "key": "[redacted] does not begin with sk_",
    }
    assert (await http.get(AT)).json()["revision"] == 0


async def test_the_second_of_two_hears_what_the_first_did(
    installed: Api, http: httpx.AsyncClient
) -> None:
    await http.put(AT, json={"values": {"host": "a.example.org"}, "base_revision": 0})
    late = await http.put(AT, json={"values": {"host": "b.example.org"}, "base_revision": 0})
    assert late.status_code == 409
    assert late.json()["since"] == ["settings (host) by Olga"]
    assert late.json()["current"] == {"revision": 1}


async def test_running_pages_follow(installed: Api, http: httpx.AsyncClient) -> None:
    node = installed.node
    await http.put(AT, json={"values": {"host": "one.example.org"}})
    await http.post(f"/apps/{MAILER}/promote", json={"number": 1})
    await node.settle()
    page = await node.open("/apps/mailer")
    state = find(await node.node.engine.version_of(MAILER), "MailerState")
    await http.put(AT, json={"values": {"host": "two.example.org"}})
    await node.settle()
    assert page.get(state.server) == "two.example.org:25"


@pytest.mark.parametrize(
    ("role", "scope", "status"),
    [
        (Role.MEMBER, "", 401),
        (Role.DEVELOPER, "apps:read", 404),
        (Role.ADMIN, "apps:admin", 404),
        (Role.OPERATOR, "apps:deploy", 403),
        (Role.OPERATOR, "users:admin", 404),
        (Role.OPERATOR, "apps:admin", 200),
    ],
)
async def test_only_who_may_configure_sees_or_sets(
    installed: Api, role: Role, scope: str, status: int
) -> None:
    core = installed.node.core
    home = await accounts.create_organisation(core, "Elsewhere")
    user = await accounts.create_user(core, "Eve", "eve@x.org")
    await accounts.grant(core, home.id, user.id, role)
    actor = await accounts.actor_of(core, user.id, home.id)
    token = await installed.token(actor, scope) if scope else "none"
    async with installed.client(token) as client:
        got = await client.get(AT)
        put = await client.put(AT, json={"values": {"host": "evil.example.org"}})
    assert (got.status_code, put.status_code) == (status, status)
    wanted = audit.Filter(actor_id=user.id, outcome=audit.Outcome.REFUSED)
    refused = (await audit.query(core, wanted)).entries
    assert len(refused) == (2 if status in (403, 404) else 0)
    seen = await installed.node.platform.settings.describe(installed.node.operator, MAILER)
    assert bool(seen.stored.values) == (status == 200)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/apps/acme/nothing/settings", 404),
        (f"{AT}?number=2", 404),
        (f"{AT}?number=0", 422),
        (f"{AT}?number=x", 422),
        (f"{AT}?number=1", 200),
    ],
)
async def test_of_what_is_not_there_nothing_can_be_set(
    installed: Api, http: httpx.AsyncClient, path: str, status: int
) -> None:
    assert (await http.get(path)).status_code == status


async def test_an_app_without_settings_says_so(api: Api, http: httpx.AsyncClient) -> None:
    await api.node.upload(COUNTER)
    answer = await http.get(f"/apps/{COUNTER}/settings")
    assert (answer.json()["schema"], answer.json()["values"]) == (None, {})


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    st.dictionaries(
        st.sampled_from(["values", "remove", "number", "base_revision", "other"]),
        json_objects
        | st.none()
        | st.integers()
        | st.lists(st.sampled_from(["host", "key", "x y", ""]))
        | st.dictionaries(st.sampled_from(["host", "port", "x y"]), st.text() | json_objects),
        max_size=4,
    )
)
async def test_any_request_is_answered_in_the_one_format(
    installed: Api, http: httpx.AsyncClient, body: object
) -> None:
    if not installed.node.node.engine.versions.of(MAILER):
        await http.put(AT, json={"values": {"host": "localhost"}})
        await http.post(f"/apps/{MAILER}/promote", json={"number": 1})
        await installed.node.settle()
        await installed.node.open("/apps/mailer")
    answer = await http.put(AT, content=json.dumps(body))
    assert answer.status_code in (200, 409, 422, 404), answer.text
    if answer.status_code != 200:
        assert answer.headers["content-type"] == "application/problem+json"
