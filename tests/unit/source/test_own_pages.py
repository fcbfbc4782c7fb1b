"""Which addresses in an app mean its own pages; Python and JavaScript say the same."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import quickjs
from reflex_base.constants import Endpoint

import app
from app import browser
from app.frontend.compile import _OF_THE_CORE
from app.source.own_pages import OF_THE_CORE, own_cookie_path, with_own_page
from app.source.url_templates import compile_routes

PLAIN = ("/", "/other", "/projects/[id]", "/tabs/[[tab]]", "/files", "/login", "/admin/[id]")
CATCHING = ("/", "/[[...splat]]")

OWN = {
    "/": "/apps/acme-site",
    "/?a=/other#b": "/apps/acme-site?a=/other#b",
    "/#top": "/apps/acme-site#top",
    "/other": "/apps/acme-site/other",
    "/other/": "/apps/acme-site/other/",
    "/other?next=/admin": "/apps/acme-site/other?next=/admin",
    "/projects/7#x?y": "/apps/acme-site/projects/7#x?y",
    "/projects/a%2Fb": "/apps/acme-site/projects/a%2Fb",
    "/tabs": "/apps/acme-site/tabs",
    "/tabs/one": "/apps/acme-site/tabs/one",
    "/files": "/apps/acme-site/files",
    "/nowhere": "/apps/acme-site/nowhere",
    "/projects": "/apps/acme-site/projects",
    "/projects/7/8": "/apps/acme-site/projects/7/8",
    "/login": "/apps/acme-site/login",
    "/login?next=/": "/apps/acme-site/login?next=/",
    "/admin/7": "/apps/acme-site/admin/7",
}
ELSEWHERE = (
    *("", "#top", "?a=b", "other", "./other", "../other", "//other", "/\\other", "/./other"),
    *("/projects/../admin", "https://example.org/other", "mailto:a@example.org"),
)
OF_CORE = (
    *("/apps/acme-other", "/apps", "/admin", "/admin/users/7", "/account", "/api/v1/apps"),
    *("/files/7/a.txt", "/_graft/x", "/setup/x", "/dev#x", "/assets/x.js"),
)
GIVEN = ("/apps/acme-site/other", "/apps", "/files/7/a.txt", "/_graft/x")


def in_python(address: str, templates: tuple[str, ...]) -> str:
    return with_own_page(address, "acme-site", compile_routes(templates))


@pytest.fixture(scope="module")
def script() -> Any:
    """app/browser/modules/own_pages.js, run."""
    text = (Path(browser.__file__).parent / "modules/own_pages.js").read_text("utf-8")
    text = re.sub(r"^import .*\n", "", text, flags=re.MULTILINE)
    context = quickjs.Context()
    context.eval((_OF_THE_CORE + text).replace("export ", "").replace("const ", "var "))
    return context


def in_javascript(script: Any, function: str, address: str, templates: tuple[str, ...]) -> str:
    own = json.dumps({"url": "acme-site", "templates": templates})
    result = script.eval(f"setOwnPages({own}); {function}({json.dumps(address)})")
    assert isinstance(result, str)
    return result


@pytest.mark.parametrize(("address", "leads"), OWN.items())
def test_a_path_leads_into_the_app(script: Any, address: str, leads: str) -> None:
    assert in_python(address, PLAIN) == leads
    assert in_javascript(script, "withOwnPage", address, PLAIN) == leads


@pytest.mark.parametrize("address", [*ELSEWHERE, *OF_CORE])
def test_what_is_not_of_the_app_leads_where_it_says(script: Any, address: str) -> None:
    assert in_python(address, PLAIN) == address
    assert in_javascript(script, "withOwnPage", address, PLAIN) == address


@pytest.mark.parametrize("address", GIVEN)
def test_no_page_takes_what_graft_gives_to_apps(script: Any, address: str) -> None:
    taking = ("/", "/apps/[[...splat]]", "/files/[id]/[name]", "/_graft/x")
    assert in_python(address, taking) == address
    assert in_javascript(script, "withOwnPage", address, taking) == address


@pytest.mark.parametrize("address", [*OF_CORE, "/login", "/login?next=/"])
def test_a_catch_all_does_not_catch_the_core(script: Any, address: str) -> None:
    assert in_python("/anything/else", CATCHING) == "/apps/acme-site/anything/else"
    assert in_python(address, CATCHING) == address
    assert in_python(address, ("/", "/[page]", "/[page]/[more]")) == address
    assert in_javascript(script, "withOwnPage", "/any/else", CATCHING) == "/apps/acme-site/any/else"
    assert in_javascript(script, "withOwnPage", address, CATCHING) == address


def test_without_an_app_on_screen_addresses_stay_as_they_are(script: Any) -> None:
    assert script.eval('setOwnPages(null); withOwnPage("/other")') == "/other"


def test_a_redirect_without_a_slash_leads_from_the_first_page(script: Any) -> None:
    for address in ("other?a=b", "nowhere"):
        leads = in_javascript(script, "withOwnRedirect", address, PLAIN)
        assert leads == f"/apps/acme-site/{address}"
    for address in ("https:other", "?a=b", "#top", ""):
        assert in_javascript(script, "withOwnRedirect", address, PLAIN) == address


@pytest.mark.parametrize(
    ("path", "own"),
    [
        ("/", "/"),
        ("/cart/", "/apps/acme-site/cart/"),
        ("/apps/acme-site/cart", "/apps/acme-site/cart"),
        ("/admin", "/apps/acme-site/admin"),
        ("//cart", "//cart"),
    ],
)
def test_the_path_of_a_cookie_is_below_the_app(script: Any, path: str, own: str) -> None:
    assert own_cookie_path(path, "acme-site") == own
    assert in_javascript(script, "ownCookiePath", path, PLAIN) == own
    event = {"name": "_remove_cookie", "payload": {"key": "k", "options": {"path": path}}}
    told = script.eval(f"withOwnAddresses({json.dumps(event)}).payload.options.path")
    assert told == own


ROUTES = re.compile(
    r"(?:\b(?:Route|Mount)\(\s*|\broute=|\b[A-Z_]*(?:ROUTE|PREFIX|HAND_OVER)\b[^\"\n]*= )"
    r"\"(/?[^\"]*)\""
)


def addresses_of_the_core() -> set[str]:
    """Every address that the core answers, as its code says it."""
    folder = Path(app.__file__).parent
    files = [path for part in ("server", "api", "web") for path in (folder / part).rglob("*.py")]
    written = {found for path in files for found in ROUTES.findall(path.read_text("utf-8"))}
    return {f"/{one.lstrip('/')}" for one in written | {str(one) for one in Endpoint}}


def test_every_address_of_the_core_begins_as_one() -> None:
    found = addresses_of_the_core()
    assert {"/admin/audit.csv", "/files/{id}/{name:path}", "/dev", "/api/v1", "/_event"} <= found
    assert {one for one in found if not re.match(OF_THE_CORE, one)} <= {"/", "/404"}
