"""Logs, errors, use and nodes over HTTP; logs that are followed, over a real connection."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest

from app.api import streams
from app.core import accounts
from app.platform import watching
from tests.unit.api.conftest import Api, listening
from tests.unit.apps.helpers import COUNTER

LOGS = f"/apps/{COUNTER}/logs"


async def lines_of(answer: httpx.Response) -> AsyncIterator[dict[str, Any]]:
    async for line in answer.aiter_lines():
        if line:
            yield json.loads(line)


async def turns_until(condition: Callable[[], bool]) -> None:
    """Let the event loop turn until something holds."""
    while not condition():  # noqa: ASYNC110 - nothing tells when it holds
        await asyncio.sleep(0)


async def nobody_follows(api: Api) -> None:
    await turns_until(lambda: not api.node.node.engine.logs._followers)


async def test_the_newest_lines_errors_and_use(api: Api, http: httpx.AsyncClient) -> None:
    await api.node.deploy(COUNTER)
    page = await api.node.open("/apps/acme-counter")
    engine = api.node.node.engine
    for number in range(3):
        engine.logs.write(COUNTER, {"event": "saved", "rows": number})
    found = (await http.get(LOGS, params={"limit": 2})).json()
    assert [line["rows"] for line in found] == [1, 2]

    version = await engine.version_of(COUNTER)
    for _ in range(2):
        engine.observed.failed(version, "increment", ValueError("no luck"))
    (error,) = (await http.get(f"/apps/{COUNTER}/errors")).json()
    assert (error["message"], error["count"]) == ("ValueError: no luck", 2)
    assert "ValueError" in error["traceback"]

    usage = (await http.get(f"/apps/{COUNTER}/usage", params={"minutes": 5})).json()
    assert (usage["people"], usage["pages"], len(usage["minutes"])) == (1, 1, 5)
    assert sum(minute["errors"] for minute in usage["minutes"]) == 2
    assert page.message["type"] == "show"

    (node,) = (await http.get("/nodes")).json()
    assert (node["name"], node["open_pages"]) == ("n1", 1)


async def test_a_difference_between_versions(api: Api, http: httpx.AsyncClient) -> None:
    await api.node.upload(COUNTER)
    await api.node.upload(COUNTER, {"labels.py": "def heading() -> str:\n    return 'Two'\n"})
    found = (await http.get(f"/apps/{COUNTER}/versions/1/diff/2")).json()
    assert [file["path"] for file in found["files"]] == ["labels.py"]
    assert "+    return 'Two'" in json.dumps(found)
    assert (await http.get(f"/apps/{COUNTER}/versions/1/diff/9")).status_code == 404


async def test_a_followed_log_goes_on_until_the_reader_goes(api: Api) -> None:
    await api.node.upload(COUNTER)
    logs = api.node.node.engine.logs
    logs.write(COUNTER, {"event": "before"})
    headers = {"authorization": f"Bearer {await api.token(api.node.operator.actor)}"}
    async with listening(api) as (address, _), httpx.AsyncClient(headers=headers) as client:
        async with client.stream("GET", f"{address}/api/v1{LOGS}?follow=true&limit=1") as answer:
            assert answer.headers["content-type"].startswith("application/x-ndjson")
            lines = lines_of(answer)
            assert (await anext(lines))["event"] == "before"
            logs.write(COUNTER, {"event": "after", "text": "zwei\nZeilen"})
            assert (await anext(lines))["text"] == "zwei\nZeilen"
        await nobody_follows(api)


async def test_a_followed_log_ends_when_the_server_stops(api: Api) -> None:
    await api.node.upload(COUNTER)
    headers = {"authorization": f"Bearer {await api.token(api.node.operator.actor)}"}
    async with (
        listening(api) as (address, running),
        httpx.AsyncClient(headers=headers) as client,
        client.stream("GET", f"{address}/api/v1{LOGS}?follow=true") as answer,
    ):
        running.should_exit = True
        last = [line async for line in lines_of(answer)][-1]
        assert last == {"event": "stream ends", "level": "warning", "why": "the server is stopping"}
    await nobody_follows(api)


async def test_a_followed_log_ends_with_the_right_to_read_it(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "BEAT_SECONDS", 0.01)
    await api.node.upload(COUNTER)
    secret = await api.token(api.node.operator.actor)
    headers = {"authorization": f"Bearer {secret}"}
    async with (
        listening(api) as (address, _),
        httpx.AsyncClient(headers=headers) as client,
        client.stream("GET", f"{address}/api/v1{LOGS}?follow=true") as answer,
    ):
        assert answer.status_code == 200
        who = api.node.operator.actor.user.id
        for token in await accounts.tokens_of(api.node.core, who):
            await accounts.revoke_token(api.node.core, who, token.id)
        last = [line async for line in lines_of(answer)][-1]
        assert last["why"] == "you may no longer read it"
    await nobody_follows(api)


async def test_a_reader_that_does_not_read_costs_a_bounded_amount_and_is_told(api: Api) -> None:
    await api.node.upload(COUNTER)
    logs = api.node.node.engine.logs
    token = await api.token(api.node.operator.actor)
    async with listening(api) as (address, _):
        host, port = address.removeprefix("http://").split(":")
        with socket.socket() as slow:
            slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            slow.connect((host, int(port)))
            slow.sendall(
                f"GET /api/v1{LOGS}?follow=true HTTP/1.1\r\nhost: t\r\n"
                f"authorization: Bearer {token}\r\n\r\n".encode()
            )
            await turns_until(lambda: bool(logs._followers))
            (follower,) = next(iter(logs._followers.values()))
            # Until the kernel, the server and the follower hold all that they may.
            while not follower._missed:
                logs.write(COUNTER, {"event": "x" * 4000})
                await asyncio.sleep(0)
            assert len(follower._lines) <= 1_000
        await nobody_follows(api)


async def test_not_everybody_at_once_follows_logs(
    api: Api, http: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "MAX_FOLLOWING", 0)
    await api.node.upload(COUNTER)
    answer = await http.get(LOGS, params={"follow": True})
    assert (answer.status_code, answer.json()["title"]) == (503, "Not available")


async def test_whoever_may_not_see_an_app_does_not_learn_of_its_log(api: Api) -> None:
    await api.node.upload(COUNTER)
    home = await accounts.create_organisation(api.node.core, "Home")
    user = await accounts.create_user(api.node.core, "Ben", "ben@home.org")
    await accounts.grant(api.node.core, home.id, user.id, accounts.Role.ADMIN)
    ben = await accounts.actor_of(api.node.core, user.id, home.id)
    async with api.client(await api.token(ben)) as http:
        for path in ("logs", "logs?follow=true", "logs?limit=0", "errors", "usage"):
            assert (await http.get(f"/apps/{COUNTER}/{path}")).status_code == 404
        assert (await http.get("/nodes")).status_code == 403


async def test_what_an_app_keeps_and_how_much_it_may(api: Api, http: httpx.AsyncClient) -> None:
    await api.node.deploy(COUNTER)
    (api.node.core.folders.make(COUNTER, None) / "file").write_bytes(b"x" * 3)
    found = (await http.get(f"/apps/{COUNTER}/folders")).json()
    name = "shared by all organisations"
    kept = {"organisation": None, "name": name, "files": 1, "size": 3}
    assert found == {"quota": 2**30, "folders": [kept]}
    app = (await http.put(f"/apps/{COUNTER}/folder-quota", json={"megabytes": 5})).json()
    assert app["folder_mb"] == 5
    await api.node.settle()
    assert (await http.get(f"/apps/{COUNTER}/folders")).json()["quota"] == 5 * 2**20
    app = (await http.put(f"/apps/{COUNTER}/folder-quota", json={"megabytes": None})).json()
    assert app["folder_mb"] is None
    for wrong in (0, "5", True, 1.5):
        answer = await http.put(f"/apps/{COUNTER}/folder-quota", json={"megabytes": wrong})
        assert answer.status_code == 422, wrong
