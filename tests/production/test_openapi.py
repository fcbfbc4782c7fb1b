"""The whole API of a running server, held against its OpenAPI document by Schemathesis.

Every operation gets what the document allows, and what it forbids: no answer may be an error of the
server, have an undocumented status or shape, or come without a token. What is tried is the same in
every run.
"""

from __future__ import annotations

import asyncio
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
import schemathesis
from schemathesis import engine
from schemathesis.config import SchemathesisConfig
from schemathesis.engine.events import FatalError, NonFatalError, ScenarioFinished

from app.core.opening import open_core
from tests.production.world import COUNTER, DRAFT, Person, World, build_world
from tests.support.servers import Forge, Server, serving

EXAMPLES = 6  # of each operation, on top of those at the limits of every parameter
PART = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
HEX = re.compile(r"[0-9a-f]{32}")

# What the document cannot say: a package is more than bytes, an address more than a text, and each
# app has settings of its own.
SAYS_MORE = {"POST /apps", "POST /users/invitations", "PUT /apps/{client}/{app}/settings"}
# What never succeeds here: bytes that are no package; a token that makes tokens; ids that nobody
# can guess.
NEVER = {
    "POST /apps",
    "POST /tokens",
    "POST /confirmations",
    "DELETE /tokens/{token_id}",
    "DELETE /sessions/{session_id}",
    "DELETE /apps/{client}/{app}/previews/{preview_id}",
}


@dataclass
class Outcome:
    """What came of a run: failures, and how often each operation had which status."""

    failures: list[str] = field(default_factory=list)
    statuses: dict[str, Counter[int]] = field(default_factory=lambda: defaultdict(Counter))

    def take(self, event: Any) -> None:
        """Note what an event of the engine tells."""
        if isinstance(event, FatalError | NonFatalError):
            self.failures.append(str(event.exception if hasattr(event, "exception") else event))
        if not isinstance(event, ScenarioFinished):
            return
        record = event.recorder
        for exchange in record.interactions.values():
            if exchange.response is not None:
                self.statuses[record.label][exchange.response.status_code] += 1
        for case_id, checks in record.checks.items():
            for check in checks:
                if check.failure_info is None or _is_known(record.label, check.name):
                    continue
                exchange = record.interactions[case_id]
                body = exchange.response.content[:300] if exchange.response else b""
                why = check.failure_info.failure
                self.failures.append(
                    f"{exchange.request.method} {exchange.request.uri}\n"
                    f"  sent {(exchange.request.body or b'')[:200]!r}\n"
                    f"  got {body!r}\n  {why.title}: {why.message}"
                )


def _is_known(label: str, check: str) -> bool:
    return check == "positive_data_acceptance" and label in SAYS_MORE


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return asyncio.run(build_world(tmp_path_factory.mktemp("openapi")))


@pytest.fixture(scope="module")
def people(world: World) -> dict[str, Person]:
    """People of Acme, by role."""

    async def make() -> dict[str, Person]:
        core = open_core(world.data)
        roles = ("operator", "developer", "member")
        made = {role: await world.person(core, "Acme", role) for role in roles}
        await core.close()
        return made

    return asyncio.run(make())


@pytest.fixture(scope="module")
def server(forge: Forge, world: World, people: dict[str, Person]) -> Iterator[Server]:
    with serving(forge, world.data, "--allow-unsigned") as running:
        yield running


@pytest.fixture
def aimed(world: World, people: dict[str, Person]) -> Iterator[None]:
    """Aim what is valid at things that are there, so that more than "not found" is tried."""

    @schemathesis.hook
    def before_call(context: Any, case: Any, kwargs: Any) -> None:
        path, query, body = case.path_parameters or {}, case.query or {}, case.body
        if all(PART.fullmatch(str(path.get(name, ""))) for name in ("client", "app")):
            app_id = DRAFT if case.operation.label == "DELETE /apps/{client}/{app}" else COUNTER
            path["client"], path["app"] = app_id.split("/")
        if ID.fullmatch(str(path.get("user_id", ""))):
            # Whoever loses all roles is no member any more.
            loses = case.operation.label == "PUT /users/{user_id}/roles"
            path["user_id"] = people["developer" if loses else "member"].id
        for place in (query, body):
            if isinstance(place, dict) and ID.fullmatch(str(place.get("organisation", ""))):
                place["organisation"] = world.organisations["Acme"]
        if HEX.fullmatch(str(path.get("token_id", ""))):
            path["token_id"] = "0" * 32  # not the token of these requests
        if isinstance(body, dict) and type(body.get("base_revision")) is int:
            del body["base_revision"]
        if query.get("follow") not in (None, False):
            query["follow"] = False  # would go on for ever

    schemathesis.serializer("application/gzip")(_as_bytes)
    yield
    schemathesis.hooks.unregister_all()


def _as_bytes(context: Any, value: Any) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode()


def test_the_api_is_as_described(server: Server, people: dict[str, Person], aimed: None) -> None:
    config = {
        "seed": 7,
        "headers": {"Authorization": f"Bearer {people['operator'].token}"},
        "generation": {"deterministic": True, "max-examples": EXAMPLES, "database": "none"},
        "phases": {"stateful": {"enabled": False}},
    }
    schema = schemathesis.openapi.from_url(
        f"{server.address}/api/v1/openapi.json", config=SchemathesisConfig.from_dict(config)
    )
    outcome = Outcome()
    for event in engine.from_schema(schema).execute():
        outcome.take(event)
    assert not outcome.failures, "\n\n".join(outcome.failures)
    assert "Traceback" not in server.logged()

    # The run says something only if it got everywhere.
    operations = {found.ok().label for found in schema.get_all_operations()}
    assert set(outcome.statuses) == operations
    succeeded = {label for label, found in outcome.statuses.items() if any(s < 300 for s in found)}
    assert operations - succeeded <= NEVER
    assert {label for label, found in outcome.statuses.items() if not found[401]} <= {"POST /apps"}


def test_nothing_is_told_without_a_token(server: Server) -> None:
    with server.http() as http:
        paths = http.get("/api/v1/openapi.json").json()["paths"]
        tried = [(method, path) for path, methods in paths.items() for method in methods]
        assert len(tried) >= 37
        for method, path in tried:
            address = re.sub(r"\{\w+\}", "1", path.replace("{client}/{app}", COUNTER))
            for headers in ({}, {"authorization": "Bearer graft_guessed"}):
                answer = http.request(method, f"/api/v1{address}", headers=headers)
                assert answer.status_code == 401, (method, path)
                assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("path", ["/api/v1/apps/a%0Ab/c", "/%00", "/apps/x%E2%80%A8", "/a%7f"])
def test_addresses_with_control_characters_are_refused(server: Server, path: str) -> None:
    answer = httpx.get(f"{server.address}{path}")
    assert (answer.status_code, answer.json()["title"]) == (400, "Not acceptable")
