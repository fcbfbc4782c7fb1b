"""Every change of the admin pages asks for the password first, and goes on by itself then."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from app.core import accounts, apps, audit
from app.core.accounts import Confirmations, Person
from app.core.apps import Visibility
from app.core.audit import Filter, Outcome
from app.kernel.actor import Actor
from app.packages.pack import pack
from app.source.app_source import read_source
from app.testing import Page
from app.web.admin.apps.states.operation_state import OperationState
from app.web.admin.apps.states.preview_state import PreviewState
from app.web.admin.apps.states.settings_state import SettingsState
from app.web.admin.apps.states.sharing_state import SharingState
from app.web.admin.apps.states.upload_state import UploadState
from app.web.admin.confirm_state import ConfirmState
from app.web.admin.users.users_state import QuestionState, UsersState
from app.web.administration import Administration
from tests.unit.apps.helpers import COUNTER
from tests.unit.platform.conftest import APPS, Server
from tests.unit.web.conftest import PASSWORDS
from tests.unit.web.test_settings import fill

PASSWORD = "violet river stone"
MAILER = "acme/mailer"

Ask = Callable[[Server, Page], Awaitable[None]]


@pytest.fixture
async def guarded(server: Server) -> Server:
    """A node whose admin pages ask for the password."""
    confirmations = Confirmations(server.core, PASSWORDS)
    server.node.app.administration = Administration(server.core, server.platform, confirmations)
    return server


async def operator(server: Server) -> Actor:
    home = (await accounts.create_organisation(server.core, "Home")).id
    person = Person("Ann", "ann@example.org", PASSWORD)
    user = await accounts.add_person(server.core, PASSWORDS, person, home, "operator")
    return await accounts.actor_of(server.core, user.id, home)


async def page_of(server: Server, actor: Actor, path: str = "/admin/users") -> Page:
    page = Page(server.node, actor, {})
    await page.goto(path)
    return page


async def done_by(server: Server, page: Page) -> list[str]:
    """Return what somebody changed."""
    wanted = Filter(actor_id=page.actor.user.id, outcome=Outcome.DONE)
    found = (await audit.query(server.core, wanted)).entries
    return [entry.action for entry in found if entry.action != "login.confirm"]


async def _other(server: Server) -> str:
    [home] = [o for o in await accounts.all_organisations(server.core) if o.name == "Home"]
    person = Person("Ben", "ben@example.org", PASSWORD)
    return (await accounts.add_person(server.core, PASSWORDS, person, home.id, "member")).id


async def _operation(server: Server, page: Page) -> None:
    app = await apps.get(server.core, COUNTER)
    await page.send(OperationState.ask, "disable", COUNTER, "", app.revision)
    await page.send(OperationState.confirm)


async def _operation_without_question(server: Server, page: Page) -> None:
    app = await apps.disable(server.core, COUNTER, base_revision=None)
    await page.send(OperationState.ask, "enable", COUNTER, "", app.revision)


async def _sharing(server: Server, page: Page) -> None:
    await page.send(SharingState.begin, COUNTER)
    await page.send(SharingState.set_everybody, "some")
    await page.send(SharingState.add, page.actor.organisation.id)
    await page.send(OperationState.ask_sharing)
    await page.send(OperationState.confirm)


async def _preview(server: Server, page: Page) -> None:
    await page.send(PreviewState.ask, COUNTER, "1")
    await page.send(PreviewState.start, {"days": "1", "users": ""})


async def _settings(server: Server, page: Page) -> None:
    await server.deploy(MAILER)
    await page.goto(f"/admin/apps/{MAILER}")
    await page.send(SettingsState.choose_tab, "settings")
    await fill(server, page, host="mail.example.org")


async def _role(server: Server, page: Page) -> None:
    ben = await _other(server)
    await page.send(UsersState.load)
    await page.send(UsersState.toggle, ben, "developer", True)


async def _answered(server: Server, page: Page) -> None:
    ben = await _other(server)
    await page.send(UsersState.load)
    await page.send(UsersState.switch_off, ben)
    await page.send(QuestionState.confirm)


async def _password_link(server: Server, page: Page) -> None:
    await page.send(UsersState.password_link, await _other(server))


async def _invitation(server: Server, page: Page) -> None:
    await page.send(UsersState.load)
    await page.send(UsersState.invite, {"role": "admin", "email": ""})


async def _organisation(server: Server, page: Page) -> None:
    await page.send(UsersState.load)
    await page.send(UsersState.create_organisation, {"name": "Globex"})


CHANGES: dict[str, tuple[Ask, str]] = {
    "an operation": (_operation, "app.disable"),
    "an operation that asks nothing": (_operation_without_question, "app.enable"),
    "who sees an app": (_sharing, "app.visibility"),
    "a preview": (_preview, "app.preview"),
    "settings": (_settings, "app.settings"),
    "a role": (_role, "role.grant"),
    "what was asked of a user": (_answered, "user.disable"),
    "a link for a password": (_password_link, "password.link"),
    "an invitation": (_invitation, "invitation.create"),
    "an organisation": (_organisation, "organisation.create"),
}


@pytest.mark.parametrize("name", CHANGES)
async def test_a_change_waits_for_the_password_and_then_goes_on(guarded: Server, name: str) -> None:
    ask, action = CHANGES[name]
    await guarded.deploy(COUNTER)
    await apps.set_visibility(guarded.core, COUNTER, Visibility(None), base_revision=None)
    page = await page_of(guarded, await operator(guarded))
    await ask(guarded, page)
    assert await done_by(guarded, page) == []
    assert page.get(ConfirmState.is_open)

    await page.send(ConfirmState.confirm, {"password": "a wrong one"})
    assert page.get(ConfirmState.trouble) == "The password is wrong."
    assert await done_by(guarded, page) == []

    await page.send(ConfirmState.confirm, {"password": PASSWORD})
    assert not page.get(ConfirmState.is_open)
    assert await done_by(guarded, page) == [action]


async def test_whoever_does_not_confirm_changes_nothing(guarded: Server) -> None:
    page = await page_of(guarded, await operator(guarded))
    await _invitation(guarded, page)
    await page.send(ConfirmState.close)
    assert not page.get(ConfirmState.is_open)
    # Nothing waits any more.
    await page.send(ConfirmState.confirm, {"password": PASSWORD})
    assert await done_by(guarded, page) == []


async def test_a_confirmation_is_of_one_tab_and_one_connection(guarded: Server) -> None:
    ann = await operator(guarded)
    page, other = await page_of(guarded, ann), await page_of(guarded, ann)
    await _invitation(guarded, page)
    await page.send(ConfirmState.confirm, {"password": PASSWORD})
    await _invitation(guarded, page)
    assert len(await done_by(guarded, page)) == 2
    # Another page of the same browser, such as one of an app, has no part of it.
    await _invitation(guarded, other)
    assert other.get(ConfirmState.is_open)
    await page.disconnect()
    await page.connect()
    await _invitation(guarded, page)
    assert page.get(ConfirmState.is_open)
    assert len(await done_by(guarded, page)) == 2


async def test_a_package_waits_in_the_browser_until_its_sender_confirmed(guarded: Server) -> None:
    page = await page_of(guarded, await operator(guarded), "/admin/apps")
    package = pack(read_source(APPS / COUNTER))
    upload = page.upload(UploadState.receive, {"counter.tar.gz": package})
    sending = asyncio.create_task(upload)
    await page.wait_for(lambda: page.get(ConfirmState.is_open))
    assert await apps.all_apps(guarded.core) == ()
    await page.send(ConfirmState.confirm, {"password": PASSWORD})
    await sending
    await page.wait_for(lambda: page.get(UploadState.phase) == "accepted", 60)
    assert [app.id for app in await apps.all_apps(guarded.core)] == [COUNTER]
