"""Signing in and out, setting up, invitations: what a browser without any script sees."""

from __future__ import annotations

import base64
import hashlib
import re

import pytest

from app.core import accounts
from app.server.identity.cookies import LEFT_COOKIE, SESSION_COOKIE
from app.server.identity.setup_link import write_setup_link
from tests.unit.server.site import ADA, EMAIL, PASSWORD, Site, shown

GRACE = {
    "name": "Grace Hopper",
    "email": "grace@example.com",
    "password": "compilers are fine",
    "password_again": "compilers are fine",
}


async def home_of(site: Site) -> str:
    [home] = await accounts.all_organisations(site.core)
    return home.id


async def test_the_set_up_link_signs_its_user_in_and_is_gone(site: Site) -> None:
    link = await accounts.new_set_up_link(site.core)
    assert link is not None
    async with site.browser() as browser:
        form = await browser.get(f"/setup/{link.secret}")
        assert form.status_code == 200
        assert form.headers["cache-control"] == "no-store"
        answer = await browser.post(f"/setup/{link.secret}", data=ADA)
        assert (answer.status_code, answer.headers["location"]) == (303, "/")
        assert (await browser.get("/")).text == "page of Ada Lovelace"
        assert (await browser.get(f"/setup/{link.secret}")).status_code == 410


async def test_the_written_set_up_link_is_removed_when_it_is_used(site: Site) -> None:
    await site.set_up()
    assert not (site.data / "setup-link").exists()


async def test_who_comes_before_the_set_up_is_told_where_its_link_is(site: Site) -> None:
    write_setup_link(site.data, "link")
    form = {"email": EMAIL, "password": PASSWORD}
    async with site.browser() as early:
        answers = [await early.get("/login"), await early.post("/auth/login", data=form)]
    assert all("not set up yet" in shown(answer) for answer in answers)
    await site.set_up()
    async with site.browser() as later:
        assert "An admin can give you a link" in shown(await later.get("/login"))


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"password_again": "another one, no?"}, "do not match"),
        ({"password": "short", "password_again": "short"}, "at least 12"),
        ({"email": "ada"}, "not an e-mail address"),
        ({"name": ""}, "name must have"),
        ({"organisation": ""}, "name must have"),
    ],
)
async def test_a_mistake_is_told_and_nothing_typed_is_lost_but_passwords(
    site: Site, change: dict[str, str], told: str
) -> None:
    link = await accounts.new_set_up_link(site.core)
    assert link is not None
    async with site.browser() as browser:
        answer = await browser.post(f"/setup/{link.secret}", data={**ADA, **change})
        assert answer.status_code == 400
        assert told in shown(answer)
        assert SESSION_COOKIE not in browser.cookies
        # Where one goes on: at what was emptied, or else at the password, which is asked for again.
        empty = "organisation" if change.get("organisation") == "" else "password"
        assert re.findall(r'<input id="(\w+)"[^>]* autofocus>', answer.text) == [empty]
        for name in {"organisation", "name", "email"} - change.keys():
            assert f'value="{ADA[name]}"' in answer.text
        assert PASSWORD not in answer.text


@pytest.mark.parametrize("path", ["/setup/wrong", "/invite/wrong", "/setup/%ff", "/invite/%00"])
async def test_a_link_that_does_not_work_says_so(site: Site, path: str) -> None:
    async with site.browser() as browser:
        for answer in (await browser.get(path), await browser.post(path, data=ADA)):
            assert answer.status_code == 410
            assert "does not work any more" in shown(answer)


async def test_signing_in_leads_to_the_page_that_was_wanted(site: Site) -> None:
    await site.set_up()
    browser, answer = await site.sign_in(next="/apps/acme-counter?x=1")
    assert (answer.status_code, answer.headers["location"]) == (303, "/apps/acme-counter?x=1")
    assert (await browser.get("/")).text == "page of Ada Lovelace"


@pytest.mark.parametrize("next", ["https://evil.test", "//evil.test", "/\\evil.test", "x"])
async def test_signing_in_leads_to_no_other_site(site: Site, next: str) -> None:
    await site.set_up()
    _, answer = await site.sign_in(next=next)
    assert answer.headers["location"] == "/"
    form = await site.browser().get("/login", params={"next": next})
    assert 'name="next" value="/"' in form.text


async def test_a_wrong_password_is_told_and_the_address_kept(site: Site) -> None:
    await site.set_up()
    browser, answer = await site.sign_in(password="wrong one", next="/apps/a")
    assert answer.status_code == 401
    assert "The e-mail address or the password is wrong." in shown(answer)
    assert f'value="{EMAIL}"' in answer.text
    assert 'name="next" value="/apps/a"' in answer.text
    assert "wrong one" not in answer.text
    assert SESSION_COOKIE not in browser.cookies


async def test_a_locked_account_is_told_how_long_to_wait(site: Site) -> None:
    await site.set_up()
    for _ in range(5):
        await site.sign_in(password="wrong")
    _, answer = await site.sign_in()
    assert answer.status_code == 429
    assert answer.headers["retry-after"] == "30"
    assert "Too many attempts: try again in 30 seconds." in shown(answer)
    site.clock.passes(seconds=31)
    assert (await site.sign_in())[1].status_code == 303


async def test_signing_out_ends_the_login_and_takes_the_cookie(site: Site) -> None:
    ada = await site.set_up()
    secret = ada.cookies[SESSION_COOKIE]
    answer = await ada.post("/auth/logout")
    assert (answer.status_code, answer.headers["location"]) == (303, "/login")
    assert SESSION_COOKIE not in ada.cookies
    assert ada.cookies[LEFT_COOKIE]  # other tabs of the browser keep nothing of this login
    ada.cookies.set(SESSION_COOKIE, secret)
    assert (await ada.get("/")).status_code == 303


@pytest.mark.parametrize(
    ("ended", "told"),
    [("ended", "You were signed out"), ("over", "Your session is over"), ("<b>", None), ("", None)],
)
async def test_the_login_page_says_why_an_open_page_led_there(
    site: Site, ended: str, told: str | None
) -> None:
    ada = await site.set_up()
    ada.cookies.clear()
    text = (await ada.get("/login", params={"ended": ended, "next": "/apps/a"})).text
    assert ('role="status"' in text) is (told is not None)
    assert (told or "") in text
    assert 'name="next" value="/apps/a"' in text


async def test_signing_in_again_ends_the_login_before(site: Site) -> None:
    ada = await site.set_up()
    former = ada.cookies[SESSION_COOKIE]
    await ada.post("/auth/login", data={"email": EMAIL, "password": PASSWORD})
    assert ada.cookies[SESSION_COOKIE] != former
    assert await accounts.identity_of_login(site.core, former) is None


async def test_the_login_page_is_skipped_by_who_is_signed_in(site: Site) -> None:
    ada = await site.set_up()
    answer = await ada.get("/login", params={"next": "/apps/a"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/apps/a")


@pytest.mark.parametrize(
    ("address", "secure"), [("https://g.test", True), ("http://g.test", False)]
)
async def test_the_cookie_stays_on_tls_when_it_came_over_tls(
    site: Site, address: str, secure: bool
) -> None:
    await site.set_up()
    data = {"email": EMAIL, "password": PASSWORD}
    answer = await site.browser(address).post("/auth/login", data=data)
    assert ("Secure" in answer.headers["set-cookie"]) is secure


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.test"},
        {"origin": "null"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site", "origin": "https://other.graft.test"},
    ],
)
@pytest.mark.parametrize("path", ["/auth/login", "/auth/logout", "/account/sessions/end"])
async def test_no_other_site_may_post_these_forms(
    site: Site, path: str, headers: dict[str, str]
) -> None:
    ada = await site.set_up()
    data = {"email": EMAIL, "password": PASSWORD, "id": "others"}
    answer = await ada.post(path, data=data, headers=headers)
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers
    assert (await ada.get("/")).text == "page of Ada Lovelace"


@pytest.mark.parametrize("path", ["/auth/logout", "/account/sessions/end", "/account/password"])
async def test_nothing_is_changed_by_following_a_link(site: Site, path: str) -> None:
    ada = await site.set_up()
    await ada.get(path, params={"id": "others"})
    assert (await ada.get("/")).text == "page of Ada Lovelace"


async def test_only_forms_are_read_and_only_small_ones(site: Site) -> None:
    await site.set_up()
    async with site.browser() as browser:
        as_json = await browser.post("/auth/login", json={"email": EMAIL, "password": PASSWORD})
        assert as_json.status_code == 415
        large = await browser.post("/auth/login", data={"email": "x" * 100_000})
        assert large.status_code == 413
        many = await browser.post("/auth/login", data={f"f{n}": "x" for n in range(60)})
        assert many.status_code == 413


async def test_an_invited_person_makes_an_account_and_is_in(site: Site) -> None:
    await site.set_up()
    link = await accounts.invite(site.core, None, await home_of(site), "member")
    async with site.browser() as browser:
        form = await browser.get(f"/invite/{link.secret}")
        assert "Join Acme" in shown(form)
        assert "member" in shown(form)
        answer = await browser.post(f"/invite/{link.secret}", data=GRACE)
        assert answer.status_code == 303
        assert (await browser.get("/")).text == "page of Grace Hopper"
        assert (await browser.post(f"/invite/{link.secret}", data=GRACE)).status_code == 410


async def test_what_people_call_themselves_is_text_and_not_markup(site: Site) -> None:
    link = await accounts.new_set_up_link(site.core)
    assert link is not None
    evil = {**ADA, "name": '"><script>alert(1)</script>', "organisation": "<b>&"}
    async with site.browser() as browser:
        failed = await browser.post(f"/setup/{link.secret}", data={**evil, "password": "x"})
        assert "<script" not in failed.text
        await browser.post(f"/setup/{link.secret}", data=evil)
        account = await browser.get("/account")
        assert "<script" not in account.text
        assert "<b>&" not in account.text
        assert "&lt;script&gt;" in account.text


async def test_the_login_page_runs_one_script_and_no_other(site: Site) -> None:
    async with site.browser() as browser:
        answer = await browser.get("/login")
    [script] = re.findall(r"<script>(.*?)</script>", answer.text, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    policy = answer.headers["content-security-policy"]
    assert policy.endswith(f"; script-src 'sha256-{digest}'")
    assert "frame-ancestors 'none'" in policy
    assert len(re.findall(r"<script|style=|onclick", answer.text)) == 1


@pytest.mark.parametrize("path", ["/setup/x", "/account"])
async def test_these_pages_allow_no_script_and_no_frame(site: Site, path: str) -> None:
    ada = await site.set_up()
    browser = site.browser() if path != "/account" else ada
    answer = await browser.get(path)
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert "frame-ancestors 'none'" in policy
    assert not re.search(r"<script|style=|onclick", answer.text)


async def test_password_managers_know_every_field(site: Site) -> None:
    async with site.browser() as browser:
        login = (await browser.get("/login")).text
        link = await accounts.new_set_up_link(site.core)
        assert link is not None
        setup = (await browser.get(f"/setup/{link.secret}")).text
    assert 'autocomplete="username"' in login
    assert 'autocomplete="current-password"' in login
    assert setup.count('autocomplete="new-password"') == 2
    for page in (login, setup):
        fields = set(re.findall(r'<input id="([^"]+)"', page))
        assert fields == set(re.findall(r'<label for="([^"]+)"', page))


async def test_a_forgotten_password_is_replaced_by_a_link(site: Site) -> None:
    ada = await site.set_up()
    user = await accounts.user_by_email(site.core, EMAIL)
    link = await accounts.password_link(site.core, None, user.id)
    async with site.browser() as browser:
        assert EMAIL in (await browser.get(f"/password/{link.secret}")).text
        new = {"password": "another good one", "password_again": "another good one"}
        assert (await browser.post(f"/password/{link.secret}", data=new)).status_code == 303
        assert (await browser.get("/")).text == "page of Ada Lovelace"
        assert (await browser.get(f"/password/{link.secret}")).status_code == 410
    assert (await ada.get("/")).status_code == 303
