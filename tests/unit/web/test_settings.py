"""The form for an app's settings: what it shows, what it sends on, and what it never shows."""

from __future__ import annotations

import json
from typing import Any

import pytest

from app.core import app_settings, apps, audit
from app.core.accounts import Role
from app.platform.operations.allowing import Sharing
from app.sdk.config import FieldProblem
from app.testing import Page
from app.web.admin.apps.states.apps_state import AdminState
from app.web.admin.apps.states.detail_state import DetailState
from app.web.admin.apps.states.operation_state import OperationState
from app.web.admin.apps.states.settings_rows import (
    BLANK,
    REMOVE,
    VALUE,
    SettingRow,
    changes_in,
    errors_of,
)
from app.web.admin.apps.states.settings_state import SettingsState
from tests.unit.apps.helpers import APPS, COUNTER, find
from tests.unit.platform.conftest import Server
from tests.unit.web.test_admin_events import member, tab_of

MAILER = "acme/mailer"
KEY = "sk_hunter22"


def row(name: str, **fields: Any) -> SettingRow:
    """Return a row of the form."""
    blank: dict[str, Any] = {
        **dict.fromkeys(("label", "about", "hint", "keyboard", "text", "placeholder"), ""),
        **dict.fromkeys(("blank_text", "blank_label", "unchosen", "state", "by", "error"), ""),
        **{"name": name, "kind": "text", "input": "line", "required": False, "blank": False},
        **{"options": [], "removable": False, "described": ""},
    }
    return SettingRow(**{**blank, **fields})  # type: ignore[typeddict-item]


def sent(**fields: str) -> dict[str, str]:
    """Return a form as the browser sends it: `host="x"`, `host__blank="on"`."""
    names = {"blank": BLANK, "remove": REMOVE, "": VALUE}
    parts = {key: key.partition("__") for key in fields}
    return {names[kind] + name: fields[key] for key, (name, _, kind) in parts.items()}


def test_only_what_was_touched_is_sent_on() -> None:
    rows = [row("host", text="a"), row("port", kind="integer", text="25"), row("note")]
    assert changes_in(rows, sent(host="a", port="26", note="")).values == {"port": 26}
    assert changes_in(rows, sent(host="", port="25", note="")).remove == ["host"]


def test_what_is_no_value_is_told_at_its_field() -> None:
    rows = [row("port", kind="integer"), row("more", kind="json", input="lines")]
    changes = changes_in(rows, sent(port="2.5", more="{"))
    assert changes.values == {}
    assert changes.wrong["port"] == "This is not a whole number, such as 25."
    assert changes.wrong["more"].startswith("This is not JSON: ")


def test_empty_on_purpose_is_not_the_same_as_not_set() -> None:
    rows = [row("note", text="x", blank_text='""'), row("port", kind="integer", blank_text="null")]
    changes = changes_in(rows, sent(note="", note__blank="on", port="", port__blank="on"))
    assert (changes.values, changes.remove) == ({"note": "", "port": None}, [])
    both = changes_in(rows[:1], sent(note="y", note__blank="on"))
    assert (both.values, set(both.wrong)) == ({}, {"note"})
    rows = [row("note", blank_text='""', blank=True)]
    assert changes_in(rows, sent(note="", note__blank="on")).values == {}
    assert changes_in(rows, sent(note="")).remove == ["note"]
    assert changes_in(rows, sent(note="y")).values == {"note": "y"}


def test_a_secret_is_sent_on_when_somebody_typed_one() -> None:
    rows = [row("key", input="secret"), row("gone", input="unused", text="1")]
    assert changes_in(rows, sent(key="")).values == {}
    assert changes_in(rows, sent(key="")).remove == []
    assert changes_in(rows, sent(key=KEY)).values == {"key": KEY}
    assert changes_in(rows, sent(key="", key__remove="on", gone__remove="on")).remove == [
        "key",
        "gone",
    ]


def test_errors_are_at_their_fields_and_the_rest_at_the_top() -> None:
    problems = [
        FieldProblem("mail", "mail.host", "Field required"),
        FieldProblem("mail", "mail", "is wrong"),
        FieldProblem("", "", "user and key are the same"),
        FieldProblem("other", "other", "Field required"),
    ]
    errors, others = errors_of([row("mail")], problems)
    assert errors == {"mail": "Host: Field required. Is wrong."}
    assert others == ["User and key are the same.", "Other: Field required."]


async def form_of(server: Server, page: Page) -> dict[str, str]:
    """Return the form as the browser would send it untouched."""
    return {
        VALUE + shown["name"]: "" if shown["input"].startswith("secret") else shown["text"]
        for shown in page.get(SettingsState.rows)
        if shown["input"] != "unused"
    }


async def opened(server: Server, app_id: str = MAILER) -> Page:
    """Open the tab as the operator."""
    page = await tab_of(server, server.operator.actor, f"/admin/apps/{app_id}")
    await page.send(AdminState.load)
    await page.send(SettingsState.choose_tab, "settings")
    return page


async def fill(server: Server, page: Page, **fields: str) -> None:
    """Fill in some fields, and save."""
    await page.send(SettingsState.save, {**await form_of(server, page), **sent(**fields)})


def errors(page: Page) -> dict[str, str]:
    return {r["name"]: r["error"] for r in page.get(SettingsState.rows) if r["error"]}


async def test_nothing_is_shown_before_the_tab_is_chosen(administered: Server) -> None:
    await administered.upload(MAILER)
    page = await tab_of(administered, administered.operator.actor, f"/admin/apps/{MAILER}")
    await page.send(AdminState.load)
    assert page.get(SettingsState.rows) == []
    await page.send(SettingsState.choose_tab, "history")
    assert page.get(SettingsState.rows) == []


async def test_a_form_is_made_of_the_model_and_saved(administered: Server) -> None:
    await administered.upload(MAILER)
    page = await opened(administered)
    host, port, key = page.get(SettingsState.rows)
    assert (host["label"], host["required"], host["about"]) == (
        "Host",
        True,
        "Server that takes the mail",
    )
    assert (port["placeholder"], port["keyboard"]) == ("25", "numeric")
    assert (key["input"], key["state"], key["text"]) == ("secret", "not set", "")
    await fill(administered, page, host="localhost", port="26", key=KEY)
    stored = await app_settings.settings_for(administered.core, MAILER)
    assert stored == {"host": "localhost", "port": 26, "key": KEY}
    host, port, key = page.get(SettingsState.rows)
    assert (port["text"], key["state"], key["removable"]) == ("26", "set", True)
    assert page.toasts[-1].text == "Saved. Open pages follow at once."


async def test_a_secret_reaches_no_browser(administered: Server) -> None:
    await administered.upload(MAILER)
    updates: list[Any] = []
    page = await opened(administered)
    receive = page.receive
    page.receive = lambda update: (updates.append(update), receive(update))[1]  # type: ignore[func-returns-value,method-assign]
    await fill(administered, page, host="nowhere", key="no_hunter22")
    assert set(errors(page)) == {"host", "key"}
    await fill(administered, page, host="localhost", key=KEY)
    await page.send(SettingsState.begin_again)
    assert len(updates) >= 3
    assert "hunter22" not in json.dumps(updates, default=str)
    assert "hunter22" not in repr(page.__dict__)


async def test_what_is_wrong_is_at_its_field_and_what_was_typed_stays(
    administered: Server,
) -> None:
    await administered.upload(MAILER)
    page = await opened(administered)
    form = page.get(SettingsState.form)
    await fill(administered, page, host="nowhere", port="many")
    assert errors(page) == {"port": "This is not a whole number, such as 25."}
    await fill(administered, page, host="nowhere", port="0")
    assert errors(page) == {
        "host": "Nowhere is no host.",
        "port": "Input should be greater than or equal to 1.",
    }
    assert page.get(SettingsState.wrong) == ["Host", "Port"]
    assert page.get(SettingsState.form) == form  # the browser keeps its fields
    await fill(administered, page, host="localhost")
    assert (errors(page), page.get(SettingsState.wrong)) == ({}, [])


async def test_the_second_of_two_sees_what_changed_and_decides(administered: Server) -> None:
    await administered.upload(MAILER)
    platform, olga = administered.platform, administered.operator
    await platform.settings.save(olga, MAILER, {"host": "a.example.org", "port": 1})
    page = await opened(administered)
    await platform.settings.save(olga, MAILER, {"host": "b.example.org", "key": KEY})
    await administered.settle()
    told = [
        'Host was set to "b.example.org" by Olga.',
        "Key was set to another secret by Olga.",
    ]
    assert page.get(SettingsState.meanwhile) == told  # before anything is saved
    await fill(administered, page, port="2")
    assert page.get(SettingsState.insists)
    assert (await app_settings.settings_for(administered.core, MAILER))["port"] == 1
    await fill(administered, page, port="2")
    assert await app_settings.settings_for(administered.core, MAILER) == {
        "host": "b.example.org",
        "key": KEY,
        "port": 2,
    }
    assert page.get(SettingsState.meanwhile) == []


async def test_a_third_change_asks_again_and_theirs_can_be_taken(administered: Server) -> None:
    await administered.upload(MAILER)
    platform, olga = administered.platform, administered.operator
    await platform.settings.save(olga, MAILER, {"host": "a.example.org", "port": 1})
    page = await opened(administered)
    await platform.settings.save(olga, MAILER, {"host": "b.example.org"})
    await administered.settle()
    await fill(administered, page, port="2")
    await platform.settings.save(olga, MAILER, {}, remove=["port"])
    await administered.settle()
    await fill(administered, page, port="2")
    assert page.get(SettingsState.meanwhile)[-1] == "Port was unset."
    assert "port" not in await app_settings.settings_for(administered.core, MAILER)
    form = page.get(SettingsState.form)
    await page.send(SettingsState.begin_again)
    assert page.get(SettingsState.form) > form
    assert page.get(SettingsState.meanwhile) == []
    assert [r["text"] for r in page.get(SettingsState.rows)] == ["b.example.org", "", ""]


async def test_the_form_of_a_newer_version_can_be_chosen(administered: Server) -> None:
    await administered.deploy(MAILER)
    entry = (APPS / MAILER / "entry.py").read_text()
    newer = entry.replace("port: int = Field(25, ge=1, le=65535)", "sender: str = ''")
    await administered.upload(MAILER, {"entry.py": newer.replace("{mail.port}", "")})
    platform, olga = administered.platform, administered.operator
    await platform.settings.save(olga, MAILER, {"host": "localhost", "port": 26})
    page = await opened(administered)
    assert [v["label"] for v in page.get(SettingsState.versions)] == ["2", "1 (served)"]
    await page.send(SettingsState.choose_version, "2")
    rows = {r["name"]: r["input"] for r in page.get(SettingsState.rows)}
    assert rows == {"host": "line", "sender": "line", "key": "secret", "port": "unused"}
    await page.send(SettingsState.choose_version, "99")
    assert page.get(SettingsState.number) == "2"


async def test_what_a_version_needs_is_told_before_it_is_promoted(administered: Server) -> None:
    uploaded = await administered.upload(MAILER)
    assert uploaded.warnings[-1].message == "It needs settings that are not set: host"
    page = await opened(administered)
    needs = "Version 1 needs settings that are not set: Host."
    assert page.get(DetailState.needs) == [needs]
    await page.send(
        OperationState.ask, "promote", MAILER, "1", page.get(DetailState.app)["revision"]
    )
    assert f"{needs} Set them first, under Settings." in page.get(OperationState.text)
    await page.send(OperationState.close)
    await fill(administered, page, host="localhost")
    await administered.settle()
    assert page.get(DetailState.needs) == []
    again = await administered.upload(MAILER)
    assert not any("needs settings" in warning.message for warning in again.warnings)


async def test_an_app_without_settings_has_nothing_to_set(administered: Server) -> None:
    await administered.upload(COUNTER)
    page = await opened(administered, COUNTER)
    assert (page.get(SettingsState.number), page.get(SettingsState.rows)) == ("1", [])
    assert not page.get(SettingsState.has_settings)


async def test_another_app_begins_with_an_empty_form(administered: Server) -> None:
    await administered.upload(MAILER)
    await administered.upload(COUNTER)
    page = await opened(administered)
    await page.goto(f"/admin/apps/{COUNTER}")
    await page.send(AdminState.load)
    assert (page.get(SettingsState.app_id), page.get(SettingsState.rows)) == ("", [])


async def test_open_pages_follow_what_is_saved_in_the_form(administered: Server) -> None:
    await administered.deploy(MAILER)
    page = await opened(administered)
    await fill(administered, page, host="one.example.org")
    using = await administered.open("/apps/mailer")
    state = find(await administered.node.engine.version_of(MAILER), "MailerState")
    await fill(administered, page, host="two.example.org")
    await administered.settle()
    assert using.get(state.server) == "two.example.org:25"


@pytest.mark.parametrize("role", [Role.MEMBER, Role.DEVELOPER, Role.ADMIN])
async def test_who_may_not_configure_is_refused_and_audited(
    administered: Server, role: Role
) -> None:
    await administered.upload(MAILER)
    eve = await member(administered, "Eve", role)
    page = await tab_of(administered, eve, f"/admin/apps/{MAILER}")
    await page.send(SettingsState.choose_tab, "settings")
    assert page.get(SettingsState.rows) == []
    assert page.get(SettingsState.trouble) != ""
    await page.send(SettingsState.begin_again)
    await page.send(SettingsState.save, sent(host="evil.example.org"))
    assert (await app_settings.describe(administered.core, MAILER)).revision == 0
    wanted = audit.Filter(actor_id=eve.user.id, outcome=audit.Outcome.REFUSED)
    refused = (await audit.query(administered.core, wanted)).entries
    assert len(refused) >= 2


async def test_a_developer_of_the_same_organisation_has_no_such_tab(administered: Server) -> None:
    await administered.upload(MAILER)
    dora = await member(administered, "Dora", Role.DEVELOPER)
    home = apps.Visibility({dora.organisation.id: None})
    await administered.platform.do(administered.operator, MAILER, Sharing(organisations=home.lists))
    page = await tab_of(administered, dora, f"/admin/apps/{MAILER}")
    await page.send(AdminState.load)
    assert page.get(DetailState.app)["id"] == MAILER
    assert not page.get(DetailState.rights)["configure"]
    await page.send(SettingsState.choose_tab, "settings")
    assert (
        page.get(SettingsState.trouble) == "You may not change an app's settings and capabilities."
    )
