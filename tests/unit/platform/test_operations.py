"""The table of operations: each does what is declared of it, for everybody who offers it."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime

import pytest

from app.cli import create_cli
from app.core.apps import EVERYBODY, App
from app.core.audit import Filter, Outcome
from app.kernel.actor import Actor, Organisation, User
from app.kernel.capabilities import CAPABILITIES
from app.kernel.errors import ConfirmationNeeded, Invalid
from app.platform.operations.allowing import FolderQuota, Grant, Grants, Revoke, Sharing
from app.platform.operations.fields import number_of
from app.platform.operations.lifecycle import (
    ClearErrors,
    Delete,
    Disable,
    Enable,
    LoadAtBoot,
    Undelete,
)
from app.platform.operations.operation import Operation, Question, Situation
from app.platform.operations.serving import EndPreview, Promote, Rollback
from app.platform.operations.table import OPERATIONS
from app.platform.permissions import NotAllowed, Requester
from tests.unit.apps.helpers import COUNTER
from tests.unit.platform.conftest import Server

APP = App(
    id="acme/counter",
    name="Counter",
    url="acme-counter",
    description="",
    icon="box",
    kind="dynamic",
    created_at=datetime(2026, 11, 23, tzinfo=UTC),
    enabled=True,
    current=2,
    newest=3,
    load_at_boot=False,
    deleted_at=None,
    settings_revision=0,
    revision=5,
    change=9,
    visible_to=EVERYBODY,
    granted=frozenset(),
)


def viewing(*names: str) -> tuple[Actor, ...]:
    """Return who has the app open, once for each page."""
    home = Organisation("home", "Home")
    return tuple(Actor(User(name, name, f"{name}@home.org"), home) for name in names)


def examples(preview_id: str) -> list[Operation]:
    """Return each operation with arguments that change something, in an order that makes sense."""
    return [
        EndPreview(preview_id=preview_id),
        Promote(number=2),
        Rollback(to=1),
        Disable(),
        Enable(),
        Delete(),
        Undelete(),
        Grants(capabilities=["documents:read", "files:read"]),
        Revoke(capabilities=["files:read"]),
        Grant(capabilities=["files:read"]),
        LoadAtBoot(load_at_boot=True),
        FolderQuota(megabytes=5),
        ClearErrors(),
        Sharing(organisations={}),
    ]


async def audited(server: Server, outcome: Outcome) -> list[str]:
    """Return what the audit log says of the app, the newest first."""
    wanted = Filter(target=COUNTER, outcome=outcome)
    return [
        entry.action
        for entry in (await server.platform.audit.query(server.operator, wanted)).entries
    ]


async def test_each_does_something_and_leaves_what_it_declares_in_the_audit_log(
    server: Server,
) -> None:
    await server.deploy(COUNTER)
    await server.upload(COUNTER, {"notes.txt": "second"})
    started = await server.platform.start_preview(server.operator, COUNTER, 2)
    tried = examples(started.preview.id)
    assert {type(each) for each in tried} == set(OPERATIONS.values())
    for each in tried:
        before = len(await audited(server, Outcome.DONE))
        await server.platform.do(server.operator, COUNTER, each)
        entries = await audited(server, Outcome.DONE)
        new = entries[: len(entries) - before]
        assert new, each
        assert set(new) <= set(each.audited), each


async def test_each_is_refused_to_whoever_may_only_look_and_the_refusal_is_audited(
    server: Server,
) -> None:
    await server.deploy(COUNTER)
    reading = dataclasses.replace(server.operator, scopes=frozenset({"apps:read"}))
    tried = examples("0")
    for each in tried:
        with pytest.raises(NotAllowed):
            await server.platform.do(reading, COUNTER, each)
    expected = [each.needs.name.lower() for each in tried]
    assert (await audited(server, Outcome.REFUSED))[::-1] == expected


async def test_each_asks_a_person_in_a_browser_for_a_confirmation(server: Server) -> None:
    await server.deploy(COUNTER)
    engine, person = server.node.engine, Requester(server.operator.actor)
    engine.observed.failed(await engine.version_of(COUNTER), "increment", ValueError("no luck"))
    before = await server.platform.app(server.operator, COUNTER)
    for each in examples("0"):
        with pytest.raises(ConfirmationNeeded):
            await server.platform.do(person, COUNTER, each)
    assert await server.platform.app(server.operator, COUNTER) == before
    assert len(await server.platform.watching.errors(server.operator, COUNTER)) == 1


@pytest.mark.parametrize("operation", [each for each in OPERATIONS.values() if each.command])
def test_each_that_has_a_command_has_a_route_for_it(operation: type[Operation]) -> None:
    command, name = operation.command, operation.name.replace("_", "-")
    assert operation.api
    assert command
    (registered,) = create_cli([name]).registered_commands
    assert registered.callback is not None
    assert registered.callback.__doc__ == (command.text or operation.api.text)


def question(name: str) -> Question:
    """Return what pages ask before an operation."""
    found = OPERATIONS[name].page
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ("", "Nobody has it open."),
        ("A", "1 person has it open, in 1 page."),
        ("AA", "1 person has it open, in 2 pages."),
        ("AABBC", "3 people have it open, in 5 pages."),
    ],
)
def test_people_are_counted(names: str, expected: str) -> None:
    assert Situation(APP, "", viewing(*names)).who == expected


@pytest.mark.parametrize(
    "name", [name for name, each in OPERATIONS.items() if each.page and each.page.destructive]
)
def test_whatever_takes_something_away_asks(name: str) -> None:
    assert question(name).asks or not question(name).destructive


@pytest.mark.parametrize("name", ["promote", "rollback", "disable", "delete", "revoke"])
def test_what_people_notice_says_how_many_notice_it(name: str) -> None:
    said = question(name).consequence(Situation(APP, "3", viewing(*"AABBC")))
    assert "3 people have it open, in 5 pages." in said


def test_a_promotion_names_the_version_that_goes() -> None:
    assert "version 2" in question("promote").consequence(Situation(APP, "3"))


def test_the_first_promotion_replaces_nothing() -> None:
    new = dataclasses.replace(APP, current=None)
    assert "replaces" not in question("promote").consequence(Situation(new, "1"))


def test_an_app_that_is_off_stays_off_when_a_version_is_promoted() -> None:
    off = dataclasses.replace(APP, enabled=False)
    assert "switched off" in question("promote").consequence(Situation(off, "3"))


def test_a_name_with_braces_is_only_text() -> None:
    app = dataclasses.replace(APP, name="{argument}")
    asked = question("promote")
    assert asked.text(asked.title, Situation(app, "3")) == "Promote version 3 of {argument}?"


@pytest.mark.parametrize("text", ["", "-1", "1.5", "one", "٣", "9" * 10])
def test_what_is_no_number_of_a_version_is_refused(text: str) -> None:
    with pytest.raises(Invalid, match="not the number of a version"):
        number_of(text)


@pytest.mark.parametrize("name", sorted(CAPABILITIES))
def test_whoever_grants_or_takes_a_capability_reads_all_of_what_it_allows(name: str) -> None:
    granting = question("grant").consequence(Situation(APP, name))
    assert f"may then {CAPABILITIES[name]}. " in granting
    revoking = question("revoke").consequence(Situation(APP, name))
    assert f"may no longer {CAPABILITIES[name]}. " in revoking


@pytest.mark.parametrize("name", ["promote", "rollback"])
def test_a_version_that_no_trusted_key_signed_is_named_before_it_is_served(name: str) -> None:
    unsigned = question(name).consequence(Situation(APP, "3", unsigned=True))
    assert "Version 3 is not signed" in unsigned
    assert "not signed" not in question(name).consequence(Situation(APP, "3"))
