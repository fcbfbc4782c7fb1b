"""Apps on an origin of their own: who is signed in there, for what, and for how long."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from structlog.testing import capture_logs

from app.core import accounts
from app.kernel.errors import Invalid, SignedOut
from app.server.identity.cookies import APPS_COOKIE, SESSION_COOKIE
from app.server.identity.origins import Origins
from tests.unit.server.site import ADDRESS, Site, running_site, shown

APPS = "https://apps.test"
DEEP = "/apps/acme-counter/projects/1?x=a%20b"


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    async with running_site(tmp_path / "data", Origins(ADDRESS, APPS)) as running:
        yield running


async def follow(browser: httpx.AsyncClient, address: str) -> list[str]:
    """Go to an address as a browser does; return all addresses on the way."""
    way = [address]
    while (answer := await browser.get(way[-1])).is_redirect:
        way.append(str(httpx.URL(way[-1]).join(answer.headers["location"])))
        assert len(way) < 8, way
    return way


def bare(way: list[str]) -> list[str]:
    return [address.partition("?")[0] for address in way]


async def test_whoever_is_signed_in_gets_to_an_app_by_its_address(site: Site) -> None:
    ada = await site.set_up()
    way = await follow(ada, ADDRESS + DEEP)
    hand_over = [f"{ADDRESS}/hand-over", f"{APPS}/hand-over"]
    there = APPS + DEEP.partition("?")[0]
    assert bare(way) == [ADDRESS + DEEP.partition("?")[0], there, *hand_over, there]
    assert way[-1] == APPS + DEEP
    assert (await ada.get(APPS + DEEP)).text == "page of Ada Lovelace"
    # From then on it takes no way round.
    assert await follow(ada, APPS + DEEP) == [APPS + DEEP]


async def test_whoever_is_not_signed_in_is_back_at_the_app_afterwards(site: Site) -> None:
    await site.set_up()
    browser = site.browser()
    way = await follow(browser, APPS + DEEP)
    assert bare(way)[-1] == f"{ADDRESS}/login"
    following = parse_qs(urlsplit(way[-1]).query)["next"][0]
    form = {"email": "ada@example.com", "password": "violet river stone", "next": following}
    answer = await browser.post(f"{ADDRESS}/auth/login", data=form)
    assert (await follow(browser, ADDRESS + answer.headers["location"]))[-1] == APPS + DEEP
    # Chromium asks of every step after a form whether the form may lead there.
    page = await browser.get(f"{ADDRESS}/login?next=/x")
    page = await site.browser().get(f"{ADDRESS}/login")
    assert f"form-action 'self' {APPS};" in page.headers["content-security-policy"]


@pytest.mark.parametrize("path", ["/", "/admin/users", "/account", "/login", "/dev", "/setup/x"])
async def test_pages_of_the_core_are_not_on_the_origin_of_apps(site: Site, path: str) -> None:
    ada = await site.set_up()
    await follow(ada, APPS + DEEP)
    answer = await ada.get(f"{APPS}{path}?y=1")
    assert (answer.status_code, answer.headers["location"]) == (303, f"{ADDRESS}{path}?y=1")


@pytest.mark.parametrize(
    "path", ["/api/v1/tokens", "/account/tokens", "/auth/login", "/auth/logout", "/admin/x"]
)
async def test_changes_are_not_taken_on_the_origin_of_apps(site: Site, path: str) -> None:
    ada = await site.set_up()
    await follow(ada, APPS + DEEP)
    assert (await ada.post(f"{APPS}{path}", data={"name": "x"})).status_code == 404


async def test_code_of_apps_is_not_on_the_origin_of_the_core(site: Site) -> None:
    ada = await site.set_up()
    for path in (
        *("/_graft/modules/a/b/c.js", "/_graft/assets/a/b/c/evil.html", "/apps/acme-site/"),
        *("/_graft/parts/0123.js", "/_graft/beside/a/b/c/evil.html"),
        "/_graft/uploads/a/b/c",
    ):
        answer = await ada.get(f"{ADDRESS}{path}")
        assert answer.headers["location"] == f"{APPS}{path}"
    assert (await ada.post(f"{ADDRESS}/apps/acme-site/")).status_code == 404


async def test_the_cookie_of_one_origin_is_worth_nothing_on_the_other(site: Site) -> None:
    ada = await site.set_up()
    await follow(ada, APPS + DEEP)
    of = {cookie.domain: cookie for cookie in ada.cookies.jar if cookie.name != "graft_hand_over"}
    session, of_apps = of["graft.test"], of["apps.test"]
    assert (session.name, of_apps.name) == (SESSION_COOKIE, APPS_COOKIE)
    for value in (session.value, of_apps.value):
        for name in (SESSION_COOKIE, APPS_COOKIE):
            cookie = {"cookie": f"{name}={value}"}
            on_core = await site.browser().get(f"{ADDRESS}/", headers=cookie)
            assert (on_core.status_code == 200) is ((name, value) == (session.name, session.value))
            on_apps = await site.browser().get(APPS + DEEP, headers=cookie)
            assert (on_apps.status_code == 200) is ((name, value) == (of_apps.name, of_apps.value))


async def test_an_api_token_is_no_way_into_the_origin_of_apps(site: Site) -> None:
    ada = await site.set_up()
    found = await accounts.identity_of_login(site.core, ada.cookies[SESSION_COOKIE])
    assert found is not None
    token = await accounts.create_token(site.core, found.actor, "CI", ["apps:read"], 1)
    program = {"authorization": f"Bearer {token.secret}"}
    assert (await site.browser().get(f"{ADDRESS}/", headers=program)).status_code == 200
    assert (await site.browser().get(APPS + DEEP, headers=program)).status_code == 303


async def test_signing_out_ends_both(site: Site) -> None:
    ada = await site.set_up()
    await follow(ada, APPS + DEEP)
    await ada.post(f"{ADDRESS}/auth/logout")
    assert bare(await follow(ada, APPS + DEEP))[-1] == f"{ADDRESS}/login"
    environ = {"HTTP_HOST": "apps.test", "HTTP_COOKIE": f"{APPS_COOKIE}={ada.cookies[APPS_COOKIE]}"}
    with pytest.raises(SignedOut):
        await site.identities.of_socket(environ, "tab")


async def test_who_comes_after_signing_out_first_gets_rid_of_what_apps_kept(site: Site) -> None:
    """Workers and caches of this origin: the login page is on another one."""
    ada = await site.set_up()
    await follow(ada, APPS + DEEP)
    await ada.post(f"{ADDRESS}/auth/logout")
    by_hand = {"accept": "text/html"}
    led = await ada.get(APPS + DEEP, headers=by_hand)
    page = await ada.get(APPS + led.headers["location"], headers=by_hand)
    assert (page.status_code, page.url.host) == (200, "apps.test")
    assert "caches.delete" in page.text
    assert (await ada.get(f"{APPS}/auth/style.css")).headers["content-type"].startswith("text/css")
    assert "script-src 'sha256-" in page.headers["content-security-policy"]
    assert f'href="{DEEP}"' in page.text
    # Once: the cookie is gone with it. Programs of a page are led on as before.
    assert APPS_COOKIE not in ada.cookies
    again = await ada.get(APPS + DEEP, headers=by_hand)
    assert again.headers["location"].startswith(f"{ADDRESS}/hand-over")


async def test_that_page_leads_nowhere_else(site: Site) -> None:
    await site.set_up()
    for elsewhere in ("https://evil.test/", "//evil.test", "javascript:alert(1)"):
        page = await site.browser().get(f"{APPS}/hand-over", params={"left": elsewhere})
        assert 'id="following" href="/"' in page.text


async def test_a_socket_on_the_origin_of_apps_is_for_apps_only(site: Site) -> None:
    ada = await site.set_up()
    await follow(ada, APPS + DEEP)
    cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in ada.cookies.jar)
    for host, on_apps in (("apps.test", True), ("APPS.test:443", True), ("graft.test", False)):
        environ = {"HTTP_HOST": host, "HTTP_COOKIE": cookies}
        assert (await site.identities.of_socket(environ, "tab")).on_apps is on_apps
    # A page cannot say that it is elsewhere.
    environ = {"HTTP_HOST": "apps.test", "HTTP_X_FORWARDED_HOST": "graft.test"}
    found = await site.identities.of_socket({**environ, "HTTP_COOKIE": cookies}, "tab")
    assert found.on_apps


async def code_for(browser: httpx.AsyncClient) -> str:
    """Return the address with a code that a browser got, without going there."""
    asked = await browser.get(APPS + DEEP)
    return (await browser.get(asked.headers["location"])).headers["location"]


async def test_a_code_works_once(site: Site) -> None:
    ada = await site.set_up()
    address = await code_for(ada)
    asking = {"cookie": f"graft_hand_over={ada.cookies['graft_hand_over']}"}
    assert (await ada.get(address)).status_code == 303
    used = await site.browser().get(address, headers=asking)
    assert used.status_code == 410
    assert "no longer works" in shown(used)
    assert APPS_COOKIE not in used.cookies


@pytest.mark.parametrize("seconds", [61, -3600])
async def test_a_code_works_for_a_minute_whatever_becomes_of_the_clock(
    site: Site, seconds: int
) -> None:
    ada = await site.set_up()
    address = await code_for(ada)
    site.clock.passes(seconds=seconds)
    assert (await ada.get(address)).status_code == 410


async def test_a_code_works_in_the_browser_that_asked_for_it(site: Site) -> None:
    """Whoever gets hold of one, or makes somebody use theirs, has nothing of it."""
    ada = await site.set_up()
    other = site.browser()
    await other.get(APPS + DEEP)
    assert (await other.get(await code_for(ada))).status_code == 410
    assert (await site.browser().get(await code_for(ada))).status_code == 410


async def test_it_leads_to_apps_of_this_server_only(site: Site) -> None:
    ada = await site.set_up()
    for to in ("https://evil.test/", "//evil.test/", "/\\evil.test"):
        answer = await ada.get(f"{ADDRESS}/hand-over", params={"to": to, "asker": "x"})
        assert answer.headers["location"].startswith(f"{APPS}/hand-over?code=")
        assert "evil" not in answer.headers["location"]


@pytest.mark.parametrize(
    ("main", "apps", "told"),
    [
        ("", "https://apps.test", "needs GRAFT_URL"),
        ("https://graft.test", "apps.test", "must be an origin"),
        ("https://graft.test", "https://apps.test/x", "must be an origin"),
        ("https://graft.test/x", "https://apps.test", "must be an origin"),
        ("https://graft.test", "https://GRAFT.test:8443", "every port"),
    ],
)
def test_settings_that_keep_nothing_apart_are_refused(main: str, apps: str, told: str) -> None:
    with pytest.raises(Invalid, match=told):
        Origins.from_environment({"GRAFT_URL": main, "GRAFT_APPS_ORIGIN": apps})


def test_without_the_setting_there_is_one_origin() -> None:
    assert Origins.from_environment({"GRAFT_URL": "https://graft.test"}) == Origins()
    assert not Origins().is_of_apps("", "")


def test_a_server_without_it_recommends_it() -> None:
    with capture_logs() as lines:
        Origins().advise()
        Origins(ADDRESS, APPS).advise()
    assert [line["event"].partition(":")[0] for line in lines] == ["set GRAFT_APPS_ORIGIN"]
