"""The admin pages' events: what they do, and for whom they do nothing."""

from __future__ import annotations

import pytest

from app.core import accounts, apps, audit
from app.core.accounts import Role
from app.kernel.actor import Actor
from app.platform.operations.allowing import Sharing
from app.platform.operations.lifecycle import Disable
from app.platform.permissions import Requester
from app.testing import Page
from app.web.admin.apps.states.apps_state import AdminState
from app.web.admin.apps.states.detail_state import DetailState
from app.web.admin.apps.states.diff_state import DiffState
from app.web.admin.apps.states.operation_state import OperationState
from app.web.admin.apps.states.preview_state import PreviewState
from app.web.admin.audit.audit_state import AuditState
from app.web.admin.nodes import NodesState
from app.web.admin.users.users_state import UsersState
from tests.unit.apps.helpers import COUNTER
from tests.unit.platform.conftest import Server, broken

HEADING = {"labels.py": "def heading() -> str:\n    return 'Second'\n"}


async def tab_of(server: Server, actor: Actor, path: str = "/") -> Page:
    """Open a tab of somebody in particular."""
    page = Page(server.node, actor, {})
    await page.goto(path)
    return page


async def member(server: Server, name: str, *roles: str) -> Actor:
    home = await accounts.create_organisation(server.core, f"{name}'s")
    user = await accounts.create_user(server.core, name, f"{name.lower()}@x.org")
    for role in roles:
        await accounts.grant(server.core, home.id, user.id, role)
    return await accounts.actor_of(server.core, user.id, home.id)


async def operator_at(server: Server, app_id: str = "") -> Page:
    page = await tab_of(server, server.operator.actor, f"/admin/apps/{app_id}")
    await page.send(AdminState.load)
    return page


async def test_the_list_shows_what_is_installed(administered: Server) -> None:
    await administered.deploy(COUNTER)
    await administered.open("/apps/acme-counter")
    page = await operator_at(administered)
    (row,) = page.get(AdminState.rows)
    assert (row["id"], row["state"], row["users"]) == (COUNTER, "on", 1)


async def test_the_list_follows_every_change(administered: Server) -> None:
    await administered.deploy(COUNTER)
    page = await operator_at(administered)
    await administered.platform.do(administered.operator, COUNTER, Disable())
    await administered.settle()
    assert page.get(AdminState.rows)[0]["state"] == "off"


async def test_an_operation_asks_first_and_then_is_done(administered: Server) -> None:
    await administered.deploy(COUNTER)
    await administered.open("/apps/acme-counter")
    page = await operator_at(administered, COUNTER)
    seen = page.get(DetailState.app)["revision"]
    await page.send(OperationState.ask, "disable", COUNTER, "", seen)
    assert "1 person has it open" in page.get(OperationState.text)
    assert (await apps.get(administered.core, COUNTER)).enabled

    await page.send(OperationState.confirm)
    assert not (await apps.get(administered.core, COUNTER)).enabled
    assert page.get(DetailState.app)["state"] == "off"
    assert not page.get(OperationState.is_open)


async def test_who_is_second_sees_what_changed_and_decides(administered: Server) -> None:
    await administered.deploy(COUNTER)
    await administered.upload(COUNTER, HEADING)
    page = await operator_at(administered, COUNTER)
    seen = page.get(DetailState.app)["revision"]
    await page.send(OperationState.ask, "promote", COUNTER, "2", seen)
    otto = Requester(await member(administered, "Otto", Role.OPERATOR), confirmed=True)
    await administered.platform.do(otto, COUNTER, Disable())
    await page.send(OperationState.confirm)
    assert page.get(OperationState.is_open)
    assert page.get(OperationState.meanwhile) == ["disable by Otto"]
    assert (await apps.get(administered.core, COUNTER)).current == 1

    await page.send(OperationState.confirm)
    assert (await apps.get(administered.core, COUNTER)).current == 2
    assert not page.get(OperationState.is_open)


async def test_an_operation_that_the_server_cannot_do_says_so(administered: Server) -> None:
    await administered.deploy(COUNTER)
    await administered.upload(COUNTER, broken())
    page = await operator_at(administered, COUNTER)
    await page.send(
        OperationState.ask, "promote", COUNTER, "2", page.get(DetailState.app)["revision"]
    )
    await page.send(OperationState.confirm)
    assert "Version 2 of acme/counter does not load: labels.py:3" in page.toasts[-1].text
    assert "Version 1 is served instead." in page.toasts[-1].text
    newest = page.get(DetailState.versions)[0]
    assert (newest["number"], newest["state"]) == ("2", "failed")
    assert "here only" in newest["problems"][0]


async def test_what_one_did_oneself_meanwhile_needs_no_second_look(administered: Server) -> None:
    await administered.deploy(COUNTER)
    await administered.upload(COUNTER, HEADING)
    page = await operator_at(administered, COUNTER)
    seen = page.get(DetailState.app)["revision"]
    await administered.platform.start_preview(administered.operator, COUNTER, 2)
    await page.send(OperationState.ask, "promote", COUNTER, "2", seen)
    await page.send(OperationState.confirm)
    assert (await apps.get(administered.core, COUNTER)).current == 2
    assert not page.get(OperationState.is_open)


async def test_two_versions_are_compared(administered: Server) -> None:
    await administered.upload(COUNTER)
    await administered.upload(COUNTER, HEADING)
    page = await operator_at(administered, COUNTER)
    await page.send(DiffState.compare, {"older": "1", "newer": "2"})
    assert [file["path"] for file in page.get(DiffState.files)] == ["labels.py"]


async def test_a_preview_link_is_forgotten_when_its_dialog_closes(administered: Server) -> None:
    await administered.upload(COUNTER)
    page = await operator_at(administered, COUNTER)
    await page.send(PreviewState.ask, COUNTER, "1")
    await page.send(PreviewState.start, {"days": "1", "users": ""})
    assert "/apps/acme-counter?preview=" in page.get(PreviewState.link)
    assert page.get(DetailState.previews)[0]["number"] == "1"
    await page.send(PreviewState.set_open, False)
    assert page.get(PreviewState.link) == ""


async def test_a_preview_is_told_beside_its_version_with_who_gets_it(
    administered: Server,
) -> None:
    await administered.deploy(COUNTER)
    await administered.upload(COUNTER, HEADING)
    page = await operator_at(administered, COUNTER)
    for users in ("", administered.operator.actor.user.email):
        await page.send(PreviewState.ask, COUNTER, "2")
        await page.send(PreviewState.start, {"days": "1", "users": users})
    name = administered.operator.actor.user.name
    assert {row["users"] for row in page.get(DetailState.previews)} == {
        "anybody with the link",
        f"{name}, and anybody with the link",
    }
    told = {row["number"]: row["previewed"] for row in page.get(DetailState.versions)}
    assert told == {"2": True, "1": False}


async def test_an_operator_is_told_who_of_another_organisation_gets_a_preview(
    administered: Server,
) -> None:
    await administered.deploy(COUNTER)
    ada = (await administered.open("/")).actor
    assert ada.organisation != administered.operator.actor.organisation
    await administered.platform.start_preview(
        administered.operator, COUNTER, 1, users=[ada.user.id]
    )
    page = await operator_at(administered, COUNTER)
    [row] = page.get(DetailState.previews)
    assert row["users"] == "Ada, and anybody with the link"


async def test_a_preview_names_people_by_their_addresses(administered: Server) -> None:
    await administered.upload(COUNTER)
    page = await operator_at(administered, COUNTER)
    grace = await member(administered, "Grace", Role.MEMBER)
    olga = administered.operator.actor
    own = apps.Visibility({olga.organisation.id: None})
    await administered.platform.do(administered.operator, COUNTER, Sharing(organisations=own.lists))
    await page.send(PreviewState.ask, COUNTER, "1")
    await page.send(PreviewState.start, {"users": f"{olga.user.email}, {grace.user.email}"})
    assert page.get(PreviewState.link) == ""
    assert "Grace may not see acme/counter" in page.toasts[-1].text
    await page.send(PreviewState.start, {"users": f"{olga.user.email.upper()};"})
    (preview,) = await apps.previews(administered.core, COUNTER)
    assert preview.users == {olga.user.id}


EVENTS = {
    "load": (AdminState.load,),
    "search": (AdminState.search, "c"),
    "promote": (OperationState.ask, "promote", COUNTER, "1", 1),
    "undelete": (OperationState.ask, "undelete", COUNTER, "", 1),
    "preview": (PreviewState.ask, COUNTER, "1"),
    "compare": (DiffState.compare, {"older": "1", "newer": "1"}),
    "users": (UsersState.load,),
    "role": (UsersState.toggle, "u", "admin", True),
    "invite": (UsersState.invite, {"role": "admin"}),
    "organisation": (UsersState.create_organisation, {"name": "Theirs"}),
    "sign out": (UsersState.sign_out, "u"),
    "take back": (UsersState.take_back, "i"),
    "nodes": (NodesState.load,),
    "audit": (AuditState.load,),
}


@pytest.mark.parametrize("name", EVENTS)
async def test_events_of_somebody_who_may_not_are_refused_and_audited(
    administered: Server, name: str
) -> None:
    await administered.deploy(COUNTER)
    ben = await member(administered, "Ben", Role.MEMBER)
    page = await tab_of(administered, ben)
    before = await apps.get(administered.core, COUNTER)
    await page.send(*EVENTS[name])
    assert await apps.get(administered.core, COUNTER) == before
    assert page.get(AdminState.rows) == []
    assert page.get(UsersState.members) == []
    wanted = audit.Filter(actor_id=ben.user.id, outcome=audit.Outcome.REFUSED)
    assert len((await audit.query(administered.core, wanted)).entries) == 1


async def test_a_developer_of_another_organisation_learns_nothing(administered: Server) -> None:
    await administered.deploy(COUNTER)
    eve = await member(administered, "Eve", Role.DEVELOPER, Role.ADMIN)
    page = await tab_of(administered, eve, f"/admin/apps/{COUNTER}")
    await page.send(AdminState.load)
    assert page.get(DetailState.missing)
    assert page.get(DetailState.versions) == []
    await page.send(OperationState.ask, "undelete", COUNTER, "", 1)
    await page.send(OperationState.ask, "delete", COUNTER, "", 1)
    await page.send(OperationState.confirm)
    assert (await apps.get(administered.core, COUNTER)).deleted_at is None


async def test_there_is_nothing_to_administer_in_development(server: Server) -> None:
    page = await tab_of(server, server.operator.actor, "/admin/apps")
    await page.send(AdminState.load)
    assert page.get(AdminState.place) == "development"
