"""The API, and what else is for programs and administrators."""

import re
from pathlib import Path
from typing import Any

import pytest

from app.core import apps, audit
from tests.production.doors.trying import beside, refusals
from tests.production.world import (
    COUNTER,
    NOTHING,
    PASSWORD,
    Person,
    World,
    package_of,
)
from tests.support.servers import Server

API: list[tuple[str, str, dict[str, Any] | None]] = [
    ("GET", "", None),
    ("DELETE", "", None),
    ("POST", "/undelete", {}),
    ("GET", "/versions", None),
    ("GET", "/versions/1", None),
    ("GET", "/versions/1/package", None),
    ("GET", "/versions/1/diff/1", None),
    ("GET", "/history", None),
    ("POST", "/promote", {"number": 1}),
    ("POST", "/rollback", {}),
    ("POST", "/enable", {}),
    ("POST", "/disable", {}),
    ("GET", "/previews", None),
    ("POST", "/previews", {"number": 1}),
    ("DELETE", "/previews/0123", None),
    ("PUT", "/grants", {"capabilities": []}),
    ("PUT", "/visibility", {"organisations": None}),
    ("PUT", "/load-at-boot", {"load_at_boot": True}),
    ("PUT", "/folder-quota", {"megabytes": 5}),
    ("GET", "/folders", None),
    ("GET", "/logs", None),
    ("GET", "/serving", None),
    ("GET", "/errors", None),
    ("DELETE", "/errors", None),
    ("GET", "/settings", None),
    ("PUT", "/settings", {"values": {}, "base_revision": 1}),
    ("GET", "/usage", None),
]


@pytest.fixture(scope="module")
def described(server: Server) -> dict[tuple[str, str], str]:
    """Every operation of the API: method and path -> the path with values in place of names."""
    with server.http() as nobody:
        paths = nobody.get("/api/v1/openapi.json").json()["paths"]
    values = {"client": "acme", "app": "counter", "number": "1", "older": "1", "newer": "1"}
    return {
        (method.upper(), path): re.sub(r"{(\w+)}", lambda m: values.get(m[1], "0123"), path)
        for path, operations in paths.items()
        for method in operations
    }


def test_every_operation_on_an_app_is_tried_here(described: dict[tuple[str, str], str]) -> None:
    on_apps = {
        (method, filled.removeprefix(f"/apps/{COUNTER}"))
        for (method, _), filled in described.items()
        if filled.startswith(f"/apps/{COUNTER}")
    }
    assert on_apps == {(method, path) for method, path, _ in API}


def test_the_api_tells_nobody_that_an_app_of_others_exists(
    server: Server, world: World, stranger: Person
) -> None:
    with server.http(authorization=f"Bearer {stranger.token}") as program:
        for method, path, body in API:
            answers = [
                program.request(method, f"/api/v1/apps/{app_id}{path}", json=body)
                for app_id in (COUNTER, NOTHING)
            ]
            assert [answer.status_code for answer in answers] == [404, 404], path
            assert answers[0].text.replace(COUNTER, NOTHING) == answers[1].text
        assert program.get("/api/v1/apps").json() == []
    assert {target for _, target in refusals(world, stranger)} == {COUNTER, NOTHING}


def test_a_package_tells_nobody_that_an_app_of_others_exists(
    server: Server, world: World, stranger: Person, tmp_path: Path
) -> None:
    before = beside(world, apps.all_apps)
    with server.http(authorization=f"Bearer {stranger.token}") as program:
        answers = [
            program.post("/api/v1/apps", content=package_of(tmp_path, app_id), params=params)
            for app_id in (COUNTER, NOTHING)
            for params in ({}, {"app": app_id})
        ]
    assert [answer.status_code for answer in answers] == [404] * 4
    assert len({answer.text.replace(COUNTER, NOTHING) for answer in answers}) == 1
    tried = [("upload", NOTHING)] * 2 + [("upload", COUNTER)] * 2
    assert refusals(world, stranger) == tried
    assert beside(world, apps.all_apps) == before


def test_the_api_does_nothing_for_a_member_who_is_no_developer(
    server: Server, world: World, member: Person
) -> None:
    before = beside(world, lambda core: apps.get(core, COUNTER))
    with server.http(authorization=f"Bearer {member.token}") as program:
        for method, path, body in API:
            answer = program.request(method, f"/api/v1/apps/{COUNTER}{path}", json=body)
            assert answer.status_code == 404, path
    assert beside(world, lambda core: apps.get(core, COUNTER)) == before


def test_the_api_is_for_whoever_proves_who_they_are(
    server: Server, world: World, described: dict[tuple[str, str], str]
) -> None:
    wrong = ({}, {"authorization": "Bearer graft_wrong"}, {"authorization": "Basic YTpi"})
    for headers in wrong:
        with server.http(**headers) as nobody:
            for (method, _), path in described.items():
                answer = nobody.request(method, f"/api/v1{path}", json={})
                assert answer.status_code == 401, path
    wanted = audit.Filter(action="token.use", outcome=audit.Outcome.REFUSED)
    first, *_ = beside(world, lambda core: audit.query(core, wanted)).entries
    assert (first.ip, first.target) == ("127.0.0.1", "")


def test_the_cookie_of_a_browser_changes_nothing_without_a_confirmation(
    server: Server, world: World
) -> None:
    """A page of an app sends the same cookie."""
    operator = beside(world, lambda core: world.person(core, "Acme", "operator"))
    before = beside(world, lambda core: apps.get(core, COUNTER))
    # There is no preview 0123 to be ended.
    changes = [one for one in API if one[0] != "GET" and not one[1].endswith("/0123")]
    token = {"name": "theirs", "scopes": ["users:admin"]}
    with server.http(operator.login, origin=server.address) as browser:
        assert browser.post("/api/v1/tokens", json=token).status_code == 403
        for method, path, body in changes:
            for header in ({}, {"graft-confirmation": "made up"}):
                at = f"/api/v1/apps/{COUNTER}{path}"
                answer = browser.request(method, at, json=body, headers=header)
                told = (answer.status_code, answer.json()["title"])
                assert told == (403, "Confirmation needed"), path
        wrong = browser.post("/api/v1/confirmations", json={"password": "a wrong one"})
        assert (wrong.status_code, wrong.json()["title"]) == (403, "Wrong password")
        assert beside(world, lambda core: apps.get(core, COUNTER)) == before
        assert ("request.unconfirmed", "POST /api/v1/tokens") in refusals(world, operator)

        made = browser.post("/api/v1/confirmations", json={"password": PASSWORD}).json()
        confirmed = {"graft-confirmation": made["confirmation"]}
        answer = browser.post("/api/v1/tokens", json=token, headers=confirmed)
        assert answer.status_code == 201
    with server.http(authorization=f"Bearer {answer.json()['secret']}") as program:
        assert program.get("/api/v1/users").status_code == 200
        again = program.post("/api/v1/confirmations", json={"password": PASSWORD})
        assert again.status_code == 403


def test_metrics_are_for_operators(server: Server, world: World, stranger: Person) -> None:
    with server.http() as nobody:
        assert nobody.get("/metrics").status_code == 401
    with server.http(authorization=f"Bearer {stranger.token}") as program:
        assert program.get("/metrics").status_code == 403
    with server.http(stranger.login) as browser:
        assert browser.get("/metrics").status_code == 403
    assert refusals(world, stranger) == [("metrics.read", "")] * 2
    operator = beside(world, lambda core: world.person(core, "Acme", "operator"))
    with server.http(operator.login) as browser:
        assert "graft_app_events_total" in browser.get("/metrics").text


def test_the_audit_log_is_for_administrators_of_their_own_organisation(
    server: Server, world: World, member: Person, stranger: Person
) -> None:
    with server.http() as nobody:
        assert nobody.get("/admin/audit.csv").status_code in (303, 401)
    with server.http(member.login) as browser:
        assert browser.get("/admin/audit.csv").status_code == 403
    assert ("audit", "audit") in refusals(world, member)
    with server.http(stranger.login) as browser:
        log = browser.get("/admin/audit.csv")
    assert log.status_code == 200
    assert world.organisations["Acme"] not in log.text
