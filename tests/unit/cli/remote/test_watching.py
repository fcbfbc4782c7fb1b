"""Logs, errors, use, nodes and the audit log on the command line."""

from __future__ import annotations

import asyncio
import json

from tests.unit.apps.helpers import COUNTER
from tests.unit.cli.remote.conftest import Graft


async def test_log_lines_are_shown_and_harm_no_terminal(graft: Graft) -> None:
    await graft.api.node.upload(COUNTER)
    logs = graft.api.node.node.engine.logs
    logs.write(COUNTER, {"event": "saved", "level": "info", "at": "2026-11-23T08:00:00Z"})
    logs.write(COUNTER, {"event": "\x1b]0;owned\x07", "level": "info", "rows": 3})
    shown = (await graft("logs", COUNTER)).stdout.splitlines()
    assert shown[0] == "2026-11-23 08:00:00 info     saved"
    assert shown[1].endswith("�]0;owned�  rows=3")
    (last,) = (await graft("logs", COUNTER, "-n", "1", "--json")).stdout.splitlines()
    assert json.loads(last)["rows"] == 3


async def test_a_followed_log_ends_with_the_server_and_says_so(graft: Graft) -> None:
    await graft.api.node.upload(COUNTER)
    logs = graft.api.node.node.engine.logs
    following = asyncio.create_task(graft("logs", COUNTER, "--follow", exit_code=3))
    while not logs._followers:  # noqa: ASYNC110 - nothing tells when the command follows
        await asyncio.sleep(0)
    logs.write(COUNTER, {"event": "while following"})
    graft.running.should_exit = True
    shown = (await following).stdout
    assert "while following" in shown
    assert "why=the server is stopping" in shown


async def test_errors_use_and_nodes(graft: Graft) -> None:
    await graft.api.node.deploy(COUNTER)
    await graft.api.node.open("/apps/acme-counter")
    engine = graft.api.node.node.engine
    version = await engine.version_of(COUNTER)
    engine.observed.failed(version, "increment", ValueError("no luck"))
    assert "no luck" in (await graft("errors", COUNTER)).stdout
    assert "ValueError: no luck" in (await graft("errors", COUNTER, "--traceback")).stdout
    await graft("errors", COUNTER, "--clear")
    assert "There are no errors." in (await graft("errors", COUNTER)).stdout
    assert (await graft("usage", COUNTER)).stdout.startswith("Open now: 1 page of 1 user.")
    assert "n1" in (await graft("nodes")).stdout


async def test_the_audit_log_is_filtered_and_exported(graft: Graft) -> None:
    await graft.api.node.upload(COUNTER)
    await graft("disable", COUNTER)
    shown = await graft("audit", "--action", "app.disable")
    assert "app.disable" in shown.stdout
    assert "app.upload" not in shown.stdout
    assert "No entries match." in (await graft("audit", "--outcome", "refused")).stdout
    lines = (await graft("audit", "--target", "acme/*", "--export", "jsonl")).stdout.splitlines()
    assert {json.loads(line)["target"] for line in lines} == {COUNTER}
    await graft("audit", "--since", "yesterday", exit_code=1)


async def test_what_an_app_keeps(graft: Graft) -> None:
    await graft.api.node.deploy(COUNTER)
    nothing = await graft("folders", COUNTER)
    assert "It keeps nothing. Each folder may hold 1 GB." in nothing.stdout
    (graft.api.node.core.folders.make(COUNTER, None) / "file").write_bytes(b"x" * 2**19)
    done = await graft("folder-quota", COUNTER, "--mb", "1")
    assert "acme/counter may keep 1 MB in each of its folders." in done.stdout
    await graft.api.node.settle()
    shown = (await graft("folders", COUNTER)).stdout
    assert "shared by all" in shown
    assert "512 kB" in shown
    assert "50%" in shown
    assert "as much as any app" in (await graft("folder-quota", COUNTER)).stdout
