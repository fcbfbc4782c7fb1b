"""Deploying, and deciding which version is served."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from app.cell.loading.version import Version
from app.core import apps
from app.node.releases import loads as loading
from tests.unit.apps.helpers import COUNTER
from tests.unit.cli.remote.conftest import Graft
from tests.unit.platform.conftest import broken

Package = Callable[..., str]


async def test_the_same_package_twice_is_one_version(graft: Graft, package: Package) -> None:
    file = package()
    first = await graft("deploy", file, "--note", "release 1", exit_code=1)
    assert "broadcast" in first.stderr, "it waits for what it asks for"
    await graft("grant", COUNTER, "broadcast")
    done = await graft.json("deploy", file)
    assert (done["new"], done["version"]["number"], done["app"]["current"]) == (False, 1, 1)
    again = await graft("deploy", file)
    assert f"{COUNTER} serves version 1 (this package had been uploaded before)" in again.stdout
    found = await graft.json("versions", COUNTER)
    assert [(one["number"], one["note"]) for one in found] == [(1, "release 1")]
    assert "current" in (await graft("versions", COUNTER)).stdout


async def test_the_life_of_an_app(graft: Graft, package: Package, tmp_path: Path) -> None:
    await graft("deploy", package("One"), exit_code=1)
    await graft("grant", COUNTER, "broadcast")
    await graft("promote", COUNTER)
    await graft("deploy", package("Two"))
    assert "+    return 'Two'" in (await graft("diff", COUNTER, "1", "2")).stdout
    assert (await graft.json("rollback", COUNTER))["current"] == 1
    assert (await graft.json("promote", COUNTER, "--to", "2"))["current"] == 2

    assert (await graft("disable", COUNTER)).stdout.strip() == f"{COUNTER} is off."
    assert "off" in (await graft("apps")).stdout
    await graft("enable", COUNTER)
    assert "version   2, newest 2" in (await graft("show", COUNTER)).stdout

    await graft("download", COUNTER, "--to", "1", "--out", str(tmp_path / "saved"))
    saved = tmp_path / "saved" / "acme-counter-1.tar.gz"
    assert saved.read_bytes() == (tmp_path / "One.tar.gz").read_bytes()
    assert [path.name for path in saved.parent.iterdir()] == [saved.name]

    await graft("load-at-boot", COUNTER, "--on")
    assert (await graft.json("show", COUNTER))["load_at_boot"] is True
    actions = [step["action"] for step in await graft.json("history", COUNTER)]
    assert actions[:4] == ["loading", "enable", "disable", "promote"]


async def test_a_deployment_that_fails_on_the_server_fails_and_says_why(
    graft: Graft, package: Package
) -> None:
    await graft("deploy", package("One"), exit_code=1)
    await graft("grant", COUNTER, "broadcast")
    await graft("promote", COUNTER)
    file = package("Two", broken()["labels.py"])

    told = await graft("deploy", file, exit_code=1)
    assert "serves version 2" not in told.stdout
    assert f"ersion 2 of {COUNTER} does not load: labels.py:3: RuntimeError" in told.stderr
    assert "Version 1 is served instead." in told.stderr
    error = (await graft.json("deploy", file, exit_code=1))["error"]
    assert (error["problems"][0]["line"], error["current"]["current"]) == (3, 1)

    for command in ("promote", "rollback"):
        await graft(command, COUNTER, "--to", "2", exit_code=1)
    shown = (await graft("show", COUNTER)).stdout
    assert "version   1, newest 2" in shown
    assert "version 2 does not load: labels.py:3  RuntimeError: here only" in shown
    assert "RuntimeError: here only" in (await graft("errors", COUNTER)).stdout


async def test_a_version_that_cannot_be_loaded_now_is_told_until_it_can(
    graft: Graft, package: Package, monkeypatch: pytest.MonkeyPatch
) -> None:
    await graft("deploy", package("One"), exit_code=1)
    await graft("grant", COUNTER, "broadcast")
    await graft("promote", COUNTER)
    file = package("Two")

    def failing(*_: object) -> Version:
        raise MemoryError("no room")

    with monkeypatch.context() as patch:
        patch.setattr(loading, "load_version", failing)
        await graft("deploy", file, exit_code=1)
        shown = (await graft("show", COUNTER)).stdout
        assert "version 2 cannot be used now: MemoryError: no room; people get version 1" in shown
        assert "MemoryError: no room" in (await graft("errors", COUNTER)).stdout
    await graft("promote", COUNTER)
    assert "cannot be used now" not in (await graft("show", COUNTER)).stdout


async def test_who_was_slower_is_told_what_happened_and_changes_nothing(
    graft: Graft, package: Package
) -> None:
    await graft("deploy", package("One"), exit_code=1)
    await graft("grant", COUNTER, "broadcast")
    await graft("promote", COUNTER)
    await graft("deploy", package("Two"))
    core = graft.api.node.core
    for command, *more in (
        ("rollback",),
        ("promote", "--to", "2"),
        ("disable",),
        ("enable",),
        ("delete", "--yes"),
        ("undelete",),
    ):
        before = await apps.get(core, COUNTER)
        late = ("--revision", str(before.revision - 1))
        refused = await graft(command, COUNTER, *more, *late, exit_code=1)
        assert f"is at revision {before.revision} by now: " in refused.stderr
        assert " by Olga" in refused.stderr
        assert await apps.get(core, COUNTER) == before
        told = await graft.json(command, COUNTER, *more, *late, exit_code=1)
        assert (told["error"]["status"], len(told["error"]["since"])) == (409, 1)
        done = await graft.json(command, COUNTER, *more, "--revision", str(before.revision))
        assert done["revision"] == before.revision + 1


async def test_what_changed_while_somebody_was_asked_is_told(
    graft: Graft, package: Package, monkeypatch: pytest.MonkeyPatch
) -> None:
    await graft("deploy", package(), exit_code=1)
    core, loop = graft.api.node.core, asyncio.get_running_loop()

    def answer(*_: object, **__: object) -> bool:
        change = apps.set_load_at_boot(core, COUNTER, True, base_revision=None)
        asyncio.run_coroutine_threadsafe(change, loop).result()
        return True

    monkeypatch.setattr("typer.confirm", answer)
    late = await graft("delete", COUNTER, exit_code=1)
    assert "loading" in late.stderr
    assert (await apps.get(core, COUNTER)).deleted_at is None


async def test_deleting_asks_and_can_be_undone(graft: Graft, package: Package) -> None:
    await graft("deploy", package(), exit_code=1)
    asked = await graft("delete", COUNTER, input="n\n", exit_code=1)
    assert "0 people have it open now" in asked.stdout
    refused = await graft.json("delete", COUNTER, exit_code=2)
    assert refused["error"]["detail"] == "--json cannot ask for confirmation: add --yes to delete"
    assert await graft.json("apps") != []
    await graft("delete", COUNTER, "--yes")
    assert "No apps yet" in (await graft("apps")).stdout
    (gone,) = await graft.json("apps", "--deleted")
    assert gone["deleted_at"]
    assert (await graft.json("undelete", COUNTER))["deleted_at"] is None


async def test_previews_have_a_link_that_is_shown_once(graft: Graft, package: Package) -> None:
    sent = await graft("deploy", package(), "--preview")
    assert f"{graft.address}/apps/acme-counter?preview=" in sent.stdout.replace("\n", "")
    started = await graft.json("preview", "start", COUNTER, "--days", "1")
    assert started["link"].startswith(f"{graft.address}/apps/acme-counter?preview=")
    listed = (await graft("preview", "list", COUNTER)).stdout
    assert started["preview"]["id"] in listed
    for one in await graft.json("preview", "list", COUNTER):
        await graft("preview", "end", COUNTER, one["id"])
    users = ("--user", graft.api.node.operator.actor.user.email)
    named = await graft.json("preview", "start", COUNTER, *users)
    assert named["preview"]["users"] == [graft.api.node.operator.actor.user.id]
    await graft("preview", "end", COUNTER, named["preview"]["id"])
    wrong = await graft("preview", "start", COUNTER, "--user", "nobody@home.org", exit_code=1)
    assert "Nobody has the address nobody@home.org" in wrong.stderr
    assert "There are no previews." in (await graft("preview", "list", COUNTER)).stdout


async def test_capabilities_are_added_and_taken(graft: Graft, package: Package) -> None:
    await graft("deploy", package(), exit_code=1)
    assert "asks for  broadcast; see `grant`" in (await graft("show", COUNTER)).stdout
    await graft("grant", COUNTER, "broadcast", "documents:read")
    assert "asks for" not in (await graft("show", COUNTER)).stdout
    taken = await graft("revoke", COUNTER, "broadcast")
    assert taken.stdout.strip() == f"Capabilities of {COUNTER}: documents:read."
    assert (await apps.get(graft.api.node.core, COUNTER)).granted == {"documents:read"}


async def test_who_sees_an_app(graft: Graft, package: Package) -> None:
    await graft("deploy", package(), exit_code=1)
    olga = graft.api.node.operator.actor
    home = olga.organisation.id
    await graft("visibility", COUNTER, "--user", f"{home}/{olga.user.id}")
    assert (await graft.json("show", COUNTER))["organisations"] == {home: [olga.user.id]}
    await graft("visibility", COUNTER, "--organisation", "Olga's")
    assert (await graft.json("show", COUNTER))["organisations"] == {home: None}
    assert "seen by   all users of Olga's" in (await graft("show", COUNTER)).stdout
    await graft("visibility", COUNTER, "--user", "Olga's/olga@example.org")
    assert (await graft.json("show", COUNTER))["organisations"] == {home: [olga.user.id]}
    await graft("visibility", COUNTER, "--nobody")
    assert (await graft.json("show", COUNTER))["organisations"] == {}
    await graft("visibility", COUNTER, "--everybody")
    assert (await graft.json("show", COUNTER))["organisations"] is None
    both = ("--organisation", "Olga's", "--user", f"Olga's/{olga.user.id}")
    for wrong in ((), ("--everybody", "--nobody"), both):
        await graft("visibility", COUNTER, *wrong, exit_code=2)
    await graft("visibility", COUNTER, "--user", "without", exit_code=1)


async def test_a_bad_package_is_refused_with_every_problem(graft: Graft, tmp_path: Path) -> None:
    bad = tmp_path / "bad.tar.gz"
    bad.write_bytes(b"this is no archive")
    told = await graft("deploy", str(bad), exit_code=1)
    assert "refused" in told.stderr.lower() or "archive" in told.stderr
    problems = (await graft.json("deploy", str(bad), exit_code=1))["error"]["problems"]
    assert problems[0]["remedy"]


async def test_without_a_token_the_remedy_is_told(graft: Graft) -> None:
    graft.env["GRAFT_TOKEN"] = ""
    told = await graft("apps", exit_code=1)
    assert "GRAFT_TOKEN" in told.stderr
    assert json.loads((await graft("apps", "--json", exit_code=1)).stdout)["error"]["status"] == 401


async def test_a_server_that_is_not_there_is_told(graft: Graft) -> None:
    graft.env["GRAFT_URL"] = "http://127.0.0.1:1"
    assert "cannot be reached" in (await graft("apps", exit_code=3)).stderr
    graft.env["GRAFT_URL"] = "nonsense"
    assert "cannot be reached" in (await graft("apps", exit_code=3)).stderr


async def test_an_app_is_named_as_client_and_app(graft: Graft) -> None:
    for wrong in ("counter", "acme/../users", "ACME/counter", "acme/counter?x=1"):
        await graft("show", wrong, exit_code=2)
