"""`/account`: password, sessions, API tokens, organisation."""

from __future__ import annotations

import re
from urllib.parse import quote

import httpx
import pytest

from app.core import accounts, audit
from app.server.identity.cookies import SESSION_COOKIE
from app.server.routes.forms import browser_name
from tests.unit.server.site import EMAIL, PASSWORD, Site, shown

NEW = "a wholly different one"
PROOF = {"confirm_password": PASSWORD}


async def is_in(browser: httpx.AsyncClient) -> bool:
    return (await browser.get("/")).status_code == 200


async def test_strangers_are_sent_to_the_login_page(site: Site) -> None:
    async with site.browser() as stranger:
        assert (await stranger.get("/account")).headers["location"] == "/login?next=/account"
        answer = await stranger.post("/account/tokens", data={"name": "x"})
        assert answer.headers["location"] == "/login?next=/account"


async def test_a_new_password_signs_other_browsers_out(site: Site) -> None:
    ada = await site.set_up()
    other, _ = await site.sign_in()
    form = {"current": PASSWORD, "password": NEW, "password_again": NEW}
    answer = await ada.post("/account/password", data=form)
    assert answer.headers["location"] == "/account?done=password"
    assert "Your password has been changed." in shown(await ada.get("/account?done=password"))
    assert await is_in(ada)
    assert not await is_in(other)
    assert (await site.sign_in())[1].status_code == 401
    assert (await site.sign_in(password=NEW))[1].status_code == 303


@pytest.mark.parametrize(
    ("form", "status", "told"),
    [
        ({"current": "wrong", "password": NEW, "password_again": NEW}, 401, "is wrong"),
        ({"current": PASSWORD, "password": "x", "password_again": "x"}, 400, "at least 12"),
        ({"current": PASSWORD, "password": NEW, "password_again": "y"}, 400, "do not match"),
        ({}, 400, "at least 12"),
    ],
)
async def test_a_password_that_cannot_be_changed_is_told(
    site: Site, form: dict[str, str], status: int, told: str
) -> None:
    ada = await site.set_up()
    answer = await ada.post("/account/password", data={"x": "", **form})
    assert answer.status_code == status
    assert told in shown(answer)
    assert (await site.sign_in())[1].status_code == 303


async def test_one_other_browser_or_all_are_signed_out(site: Site) -> None:
    ada = await site.set_up()
    others = [(await site.sign_in())[0] for _ in range(3)]
    page = (await ada.get("/account")).text
    ids = re.findall(r'name="id" value="([0-9a-f]{32})"', page)
    assert len(ids) == 3
    await ada.post("/account/sessions/end", data={"id": ids[0], **PROOF})
    assert sorted([await is_in(browser) for browser in others]) == [False, True, True]
    await ada.post("/account/sessions/end", data={"id": "others", **PROOF})
    assert not any([await is_in(browser) for browser in others])
    assert await is_in(ada)


async def test_a_session_of_somebody_else_is_not_there(site: Site) -> None:
    ada = await site.set_up()
    [home] = await accounts.all_organisations(site.core)
    link = await accounts.invite(site.core, None, home.id, "member")
    person = {"name": "G", "email": "g@example.com", "password": NEW, "password_again": NEW}
    grace = site.browser()
    await grace.post(f"/invite/{link.secret}", data=person)
    found = await accounts.identity_of_login(site.core, ada.cookies[SESSION_COOKIE])
    assert found is not None
    answer = await grace.post(
        "/account/sessions/end", data={"id": found.login or "", "confirm_password": NEW}
    )
    assert "There is no such session." in shown(answer)
    assert await is_in(ada)


ODD = ("", "0" * 32, "x", "\x00", "a\nb", "💐", "../1", "%", "' OR 1=1 --", "9" * 5_000)


async def test_what_does_not_exist_is_told_and_is_no_failure_of_the_server(site: Site) -> None:
    ada = await site.set_up()
    for path, name, told in (
        ("/account/sessions/end", "id", "There is no such session."),
        ("/account/tokens/revoke", "id", "There is no such token."),
        ("/account/organisation", "organisation", "You are in no such organisation."),
    ):
        for wanted in ODD:
            answer = await ada.post(path, data={name: wanted, **PROOF})
            assert answer.status_code == 404, (path, wanted)
            assert told in shown(answer)
    assert await is_in(ada)


async def test_odd_values_in_any_field_are_no_failure_of_the_server(site: Site) -> None:
    ada = await site.set_up()
    forms = {
        "/account/password": ("current", "password", "password_again"),
        "/account/tokens": ("name", "scope", "days"),
        "/auth/login": ("email", "password", "next"),
        "/setup/x": ("organisation", "name", "email", "password", "password_again"),
        "/invite/x": ("name", "email", "password", "password_again"),
        "/password/x": ("password", "password_again"),
    }
    pages = ("/setup/{}", "/invite/{}", "/password/{}", "/files/{}/a", "/account?done={}")
    for value in ODD:
        for path, fields in forms.items():
            answer = await ada.post(path, data={**dict.fromkeys(fields, value), **PROOF})
            assert 300 <= answer.status_code < 500, (path, value)
        for path in pages:
            answer = await ada.get(path.format(quote(value, safe="")))
            assert answer.status_code < 500, (path, value)


async def test_a_token_is_shown_once_works_and_is_revoked(site: Site) -> None:
    ada = await site.set_up()
    form = {"name": "CI", "scope": ["apps:read", "apps:deploy"], "days": "30", **PROOF}
    made = await ada.post("/account/tokens", data=form)
    assert made.status_code == 200
    assert made.headers["cache-control"] == "no-store"
    [secret] = re.findall(r'<code id="new-token">(graft_[^<]+)</code>', made.text)
    page = await ada.get("/account")
    assert secret not in page.text
    assert "CI" in shown(page)
    async with site.browser() as program:
        program.headers["authorization"] = f"Bearer {secret}"
        assert (await program.get("/")).text == "page of Ada Lovelace"
        [id] = re.findall(r'tokens/revoke"><input type="hidden" name="id" value="(\w+)"', page.text)
        await ada.post("/account/tokens/revoke", data={"id": id, **PROOF})
        assert (await program.get("/")).status_code == 303


async def test_a_token_manages_no_account(site: Site) -> None:
    ada = await site.set_up()
    form = {"name": "CI", "scope": ["apps:read", "users:admin"], "days": "30", **PROOF}
    made = await ada.post("/account/tokens", data=form)
    [secret] = re.findall(r"graft_[\w-]{43}", made.text)
    async with site.browser() as program:
        program.headers["authorization"] = f"Bearer {secret}"
        assert (await program.get("/account")).status_code == 303
        answer = await program.post("/account/sessions/end", data={"id": "others"})
        assert answer.headers["location"] == "/login?next=/account"
    assert await is_in(ada)


async def test_every_scope_is_offered_with_what_it_allows(site: Site) -> None:
    page = await (await site.set_up()).get("/account")
    offered = re.findall(
        r'name="scope" value="([\w:]+)"> <span>\1 <span[^>]*>(.+?)</span>', page.text
    )
    assert {scope for scope, meaning in offered} == set(accounts.Scope)


@pytest.mark.parametrize("days", ["", "0", "-1", "99999", "³", "1e3", "x"])
async def test_a_token_for_a_strange_time_is_refused(site: Site, days: str) -> None:
    ada = await site.set_up()
    form = {"name": "CI", "scope": ["apps:read"], "days": days, **PROOF}
    assert (await ada.post("/account/tokens", data=form)).status_code == 400


async def test_another_organisation_is_chosen_by_who_is_in_it(site: Site) -> None:
    ada = await site.set_up()
    found = await accounts.identity_of_login(site.core, ada.cookies[SESSION_COOKIE])
    assert found is not None
    globex = await accounts.create_organisation(site.core, "Globex")
    form = {"organisation": globex.id, **PROOF}
    assert (await ada.post("/account/organisation", data=form)).status_code != 303
    await accounts.grant(site.core, globex.id, found.actor.user.id, "member")
    assert (await ada.post("/account/organisation", data=form)).status_code == 303
    assert f"{EMAIL} · Globex · member" in shown(await ada.get("/account"))


CHANGES = {
    "sessions/end": {"id": "others"},
    "tokens": {"name": "CI", "scope": ["apps:read", "users:admin"], "days": "30"},
    "tokens/revoke": {"id": "0123"},
    "organisation": {"organisation": "0123"},
}


@pytest.mark.parametrize("path", CHANGES)
async def test_the_cookie_alone_changes_nothing_and_what_was_filled_in_is_kept(
    site: Site, path: str
) -> None:
    ada = await site.set_up()
    other, _ = await site.sign_in()
    for proof, status in (({}, 200), ({"confirm_password": "wrong"}, 401)):
        asked = await ada.post(f"/account/{path}", data={**CHANGES[path], **proof})
        assert (asked.status_code, "location" in asked.headers) == (status, False)
        for name, values in CHANGES[path].items():
            for value in [values] if isinstance(values, str) else values:
                assert f'name="{name}" value="{value}"' in asked.text
        assert "wrong" not in re.findall(r'value="([^"]*)"', asked.text)
    assert await is_in(other)
    found = await accounts.identity_of_login(site.core, ada.cookies[SESSION_COOKIE])
    assert found is not None
    assert await accounts.tokens_of(site.core, found.actor.user.id) == []


async def test_what_a_token_may_do_is_said_where_it_is_confirmed(site: Site) -> None:
    asked = await (await site.set_up()).post("/account/tokens", data=CHANGES["tokens"])
    assert "The token “CI” may apps:read, users:admin, for 30 days." in shown(asked)


async def test_confirmations_are_audited_and_wrong_passwords_counted(site: Site) -> None:
    ada = await site.set_up()
    for word in [*["wrong"] * 5, PASSWORD]:
        form = {**CHANGES["tokens"], "confirm_password": word}
        answer = await ada.post("/account/tokens", data=form)
    assert answer.status_code == 429
    assert "Too many attempts" in shown(answer)
    site.clock.passes(minutes=1)
    assert "graft_" in (await ada.post("/account/tokens", data=form)).text
    wanted = audit.Filter(action="login.confirm")
    entries = (await audit.query(site.core, wanted)).entries
    told = [(entry.outcome, entry.actor_name, entry.ip) for entry in entries]
    refused = (audit.Outcome.REFUSED, "Ada Lovelace", "192.0.2.1")
    assert told == [(audit.Outcome.DONE, *refused[1:]), *[refused] * 5]


async def test_a_message_comes_from_us_and_not_from_the_address(site: Site) -> None:
    ada = await site.set_up()
    assert "call 0190" not in (await ada.get("/account?done=call 0190")).text


@pytest.mark.parametrize(
    ("user_agent", "name"),
    [
        (
            "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
            "Firefox on Linux",
        ),
        (
            "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0",
            "Edge on Windows",
        ),
        (
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like"
            " Gecko) Version/18.0 Safari/605.1.15",
            "Safari on macOS",
        ),
        ("curl/8.5.0", "curl"),
        ("", "Unknown browser"),
    ],
)
def test_browsers_are_called_as_people_call_them(user_agent: str, name: str) -> None:
    assert browser_name(user_agent) == name
