"""The audit log on its admin page."""

from __future__ import annotations

import pytest

from app.core import accounts
from app.core.accounts import Role
from app.testing import Page
from app.web.admin.audit.audit_state import PAGE, AuditState, detail_of
from tests.unit.platform.conftest import Server


async def opened(server: Server) -> Page:
    page = Page(server.node, server.operator.actor, {})
    await page.goto("/admin/audit")
    await page.send(AuditState.load)
    return page


async def member(server: Server, name: str) -> str:
    home = server.operator.actor.organisation.id
    address = f"{name.encode().hex()}@home.org"
    user = await accounts.create_user(server.core, name, address)
    await accounts.grant(server.core, home, user.id, Role.MEMBER)
    return user.id


def targets(page: Page) -> list[str]:
    return [row["target"] for row in page.get(AuditState.entries)]


async def test_entries_come_a_page_at_a_time_and_name_people(administered: Server) -> None:
    for number in range(PAGE + 2):
        await member(administered, f"Somebody {number:02}")
    page = await opened(administered)
    assert len(targets(page)) == PAGE
    assert "Somebody 51" in targets(page)
    await page.send(AuditState.go_on)
    assert "Somebody 00" in targets(page)
    before = targets(page)
    await page.send(AuditState.load)  # as when a connection comes back
    assert targets(page) == before
    await page.send(AuditState.go_back)
    assert "Somebody 51" in targets(page)


@pytest.mark.parametrize("typed", ["olga", "OLGA@example.org"])
async def test_who_is_found_by_name_or_address(administered: Server, typed: str) -> None:
    await administered.upload("acme/counter")
    page = await opened(administered)
    await page.send(AuditState.search, {"actor": typed, "action": "app.upload"})
    assert [row["who"] for row in page.get(AuditState.entries)] == ["Olga"]
    olga = administered.operator.actor.user.id
    assert page.get(AuditState.export) == f"/admin/audit.csv?actor={olga}&action=app.upload"


async def test_what_cannot_be_understood_changes_nothing(administered: Server) -> None:
    await member(administered, "Twin")
    await member(administered, "twin")
    page = await opened(administered)
    await page.send(AuditState.search, {"action": "role.*"})
    before = targets(page)
    for form, said in (
        ({"actor": "TWIN"}, "Several people are called"),
        ({"actor": "nobody"}, "Nobody here has the name"),
        ({"actor": "stranger@x.org"}, "Nobody has the address"),
        ({"since": "yesterday"}, "is not a time"),
        ({"action": "*.promote"}, "a star may stand at the end only"),
    ):
        await page.send(AuditState.search, form)
        assert said in page.toasts[-1].text
        assert targets(page) == before


def test_details_are_text_for_people() -> None:
    detail = {"number": 2, "note": "", "visible_to": {"home": ["a", "b"]}, "before": None}
    assert detail_of(detail, {}) == "number: 2; visible to: (home: a, b)"
    names = {"home": "Home", "a": "Ada"}
    assert detail_of(detail, names) == "number: 2; visible to: (Home: Ada, b)"


async def test_organisations_are_named_and_so_are_people_who_are_in_no_organisation(
    administered: Server,
) -> None:
    away = await accounts.create_organisation(administered.core, "Far away")
    nobody = await accounts.create_user(administered.core, "Nemo", "nemo@example.org")
    await accounts.grant(administered.core, away.id, nobody.id, Role.MEMBER)
    await accounts.revoke(administered.core, away.id, nobody.id, Role.MEMBER)
    await accounts.invite(administered.core, None, away.id, Role.MEMBER)
    page = await opened(administered)
    assert targets(page)[:3] == ["Far away", "Nemo", "Nemo"]
    revoked = page.get(AuditState.entries)[1]["detail"]
    assert revoked == "role: member; organisation: Far away"
