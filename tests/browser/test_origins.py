"""Apps whose pages load from other servers: granted, in documents of their own, from no other."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.browser.support.elsewhere import (
    OTHER,
    REFUSED,
    TILE,
    is_refused,
    is_shown,
    serve_images,
)
from tests.browser.support.folders import AppFolder, copy_app
from tests.browser.support.pages import at, click, shows
from tests.browser.support.production import Production, confirm, grant, package
from tests.browser.support.watch import Visitor

AGAIN = "Reload"


@pytest.fixture
def app(request: pytest.FixtureRequest, tmp_path: Path) -> AppFolder:
    """An app under an id of the test's own."""
    name = request.node.name.removeprefix("test_")[:24].strip("_")
    return copy_app("acme/elsewhere", tmp_path / "source", f"acme/{name}")


@pytest.fixture
def plain(tmp_path: Path, app: AppFolder) -> AppFolder:
    """An app that loads from nowhere else."""
    return copy_app("acme/counter", tmp_path / "source", f"{app.id}_p")


def install(production: Production, ada: Visitor, app: AppFolder, *names: str) -> None:
    """Install an app, and serve it with what it asks for."""
    number = production.install(ada.context, package(app, "one"), promote=False)
    grant(production, ada.context, app.id, *names)
    production.change(ada.context, app.id, "promote", number=number)


def policy(page: Page) -> str:
    """Return the policy of the document that would be served for the page's address now."""
    return str(page.request.get(page.url).headers["content-security-policy"])


def test_an_app_loads_from_the_servers_that_it_was_granted_and_from_no_other(
    production: Production, person: Callable[..., Visitor], app: AppFolder
) -> None:
    ada, cyd = person("Ada"), person("Cyd")
    number = production.install(ada.context, package(app, "one"), promote=False)

    # It is not served before somebody granted what it asks for.
    refused = ada.context.request.post(
        f"{production.address}/api/v1/apps/{app.id}/promote",
        data={"number": number},
        headers=production.confirmed(ada.context),
    )
    assert refused.status == 409
    assert f"was not granted: {TILE}. Grant it on the page" in refused.json()["detail"]

    admin = ada.open(f"/admin/apps/{app.id}")
    admin.get_by_role("tab", name="Access").click()
    admin.get_by_role("button", name=f"Grant {TILE}").click()
    confirm(admin, "may then show images from https://tile.example.org. Whoever runs")
    admin.get_by_role("tab", name="Versions").click()
    admin.get_by_role("button", name="Promote").click()
    confirm(admin, "The app appears for everybody")

    serve_images(cyd.context)
    cyd.expects(REFUSED)
    page = cyd.open(app.url)
    shows(page, title="Map one")
    is_shown(page, "tile")
    is_refused(page, "other")
    [images] = [part for part in policy(page).split("; ") if part.startswith("img-src")]
    assert images == "img-src 'self' data: blob: https://tile.example.org"
    assert policy(page).count("https://") == 1

    # Other pages have nothing of it, and the log says who granted it.
    assert (
        "https://"
        not in cyd.context.request.get(production.address).headers["content-security-policy"]
    )
    log = ada.context.request.get(f"{production.address}/api/v1/audit?action=app.grant").json()
    assert {"capabilities": [TILE]}.items() <= log["entries"][0]["detail"].items()


def test_such_an_app_is_a_document_of_its_own_wherever_one_comes_from(
    production: Production, person: Callable[..., Visitor], app: AppFolder, plain: AppFolder
) -> None:
    ada, cyd = person("Ada"), person("Cyd")
    app.edit("/apps/acme-counter", plain.url)
    plain.edit('rx.text(greeting(), id="greeting")', f'rx.link("To", href="{app.url}", id="to")')
    install(production, ada, app, TILE)
    install(production, ada, plain)
    serve_images(cyd.context)
    cyd.expects(REFUSED)

    page = cyd.open("/")
    cyd.loads()
    page.locator(f"[href='{app.url}']").click()
    is_shown(page, "tile")
    click(page, "plus")
    shows(page, count=1)
    # To another app, back, and to all apps: a document each.
    cyd.loads()
    click(page, "away")
    shows(page, title="Counter one")
    cyd.loads()
    click(page, "to")
    is_shown(page, "tile")
    shows(page, count=1)
    cyd.loads()
    page.get_by_role("link", name="All apps").click()
    expect(page).to_have_title("Apps · Graft")
    cyd.loads(0, or_more=True)  # unless the browser kept it as it was
    page.go_back()
    is_shown(page, "tile")
    # Within the app there is one document.
    page.get_by_role("link", name="Map").click()
    shows(page, count=1)


def test_an_update_with_new_origins_asks_open_pages_to_load_again_and_nothing_is_lost(
    production: Production, person: Callable[..., Visitor], app: AppFolder
) -> None:
    ada, cyd = person("Ada"), person("Cyd")
    app.edit(f'("{TILE}",)', "()")
    production.install(ada.context, package(app, "one"))
    serve_images(cyd.context)
    cyd.expects(REFUSED)
    page = cyd.open(app.url)
    click(page, "plus", "plus")
    shows(page, count=2)
    at(page, "typed").fill("half a sentence")
    is_refused(page, "tile")

    app.edit("origins = ()", f'origins = ("{TILE}", "{OTHER}")')
    app.edit("Map one", "Map two")
    number = production.install(ada.context, package(app, "two"), promote=False)
    grant(production, ada.context, app.id, TILE, OTHER)
    production.change(ada.context, app.id, "promote", number=number)
    # The page goes on, in the new version, until somebody lets it be loaded.
    shows(page, title="Map two", count=2)
    expect(
        page.get_by_role("status").filter(has_text="Reload to finish the update")
    ).to_be_visible()
    click(page, "plus")
    cyd.loads()
    page.get_by_role("button", name=AGAIN).click()
    is_shown(page, "tile")
    is_shown(page, "other")
    shows(page, title="Map two", count=3)
    expect(at(page, "typed")).to_have_value("half a sentence")
    expect(page.get_by_role("button", name=AGAIN)).to_have_count(0)

    # What is taken away is in no document from then on.
    grant(production, ada.context, app.id, TILE)
    expect(page.get_by_role("button", name=AGAIN)).to_be_visible()
    cyd.loads()
    page.get_by_role("button", name=AGAIN).click()
    is_shown(page, "tile")
    is_refused(page, "other")
    expect(at(page, "typed")).to_have_value("half a sentence")


def test_a_preview_has_what_its_version_was_granted_and_others_have_not(
    production: Production, person: Callable[..., Visitor], app: AppFolder
) -> None:
    ada, cyd, dan = person("Ada"), person("Cyd"), person("Dan")
    install(production, ada, app, TILE)
    app.edit(f'("{TILE}",)', f'("{TILE}", "{OTHER}")')
    app.edit("Map one", "Map two")
    number = production.install(ada.context, package(app, "two"), promote=False)
    grant(production, ada.context, app.id, TILE, OTHER)
    path = f"{production.address}/api/v1/apps/{app.id}/previews"
    headers = production.confirmed(ada.context)
    started = ada.context.request.post(path, data={"number": number}, headers=headers).json()
    link = urlsplit(started["link"])

    for somebody in (cyd, dan):
        serve_images(somebody.context)
    dan.expects(REFUSED)
    page = cyd.open(f"{link.path}?{link.query}")
    shows(page, title="Map two")
    is_shown(page, "other")
    # It goes on after a reload without the link, and leads back.
    cyd.open(app.url, page)
    shows(page, title="Map two")
    is_shown(page, "other")
    page.get_by_role("button", name="Leave preview").click()
    shows(page, title="Map one")
    is_shown(page, "tile")
    others = dan.open(app.url)
    shows(others, title="Map one")
    is_shown(others, "tile")
    is_refused(others, "other")


def test_in_development_mode_all_that_is_declared_is_granted(
    visitor: Visitor, apps_folder: Path
) -> None:
    app = copy_app("acme/elsewhere", apps_folder, "own/elsewhere_dev")
    serve_images(visitor.context)
    visitor.expects(REFUSED)
    page = visitor.open("/")
    visitor.loads()
    page.locator("#search").fill("elsewhere dev")  # the launcher shows the first sixty
    page.locator(f"[href='{app.url}']").click()
    is_shown(page, "tile")
    is_refused(page, "other")
    told = page.get_by_role("alert")
    expect(told).to_contain_text(f'Add "{OTHER}" to origins')
    at(page, "typed").fill("half a sentence")
    click(page, "plus")
    app.edit(f'("{TILE}",)', f'("{TILE}", "{OTHER}")')
    visitor.loads()
    page.get_by_role("button", name=AGAIN).click()
    is_shown(page, "other")
    shows(page, count=1)
    expect(at(page, "typed")).to_have_value("half a sentence")
    expect(told).to_have_count(0)


def test_a_static_app_loads_from_the_servers_that_it_was_granted(
    production: Production, person: Callable[..., Visitor], tmp_path: Path
) -> None:
    site = copy_app("acme/site", tmp_path / "source", "acme/site_elsewhere")
    site.edit('name = "Site"', f'name = "Site"\n    origins = ("{TILE}",)')
    html = site.read("dist/index.html").replace("/apps/acme-site/", f"{site.url}/")
    html = html.replace(
        "</body>",
        '<img id="tile" src="https://tile.example.org/1.png">'
        '<img id="other" src="https://other.example.org/1.png"></body>',
    )
    site.write(html, "dist/index.html")
    ada, cyd = person("Ada"), person("Cyd")
    install(production, ada, site, TILE)
    serve_images(cyd.context)
    cyd.expects(REFUSED)
    page = cyd.open(site.url)
    is_shown(page, "tile")
    is_refused(page, "other")


# Load something of each kind from a server; "" when it came, else what refused it.
LOADING = """async ([server, expected]) => {
  const refused = new Map();
  document.addEventListener("securitypolicyviolation", (event) => {
    refused.set(event.blockedURI, event.effectiveDirective);
  });
  const loaded = (tag, props) => new Promise((resolve) => {
    const element = Object.assign(document.createElement(tag), props);
    for (const end of ["load", "loadeddata", "error"]) element.addEventListener(end, resolve);
    document.body.append(element);
  });
  const face = new FontFace("elsewhere", `url(${server}/font)`);
  await Promise.all([
    loaded("img", { src: `${server}/img` }),
    loaded("iframe", { src: `${server}/frame` }),
    loaded("video", { src: `${server}/media` }),
    loaded("script", { src: `${server}/script` }),
    loaded("link", { rel: "stylesheet", href: `${server}/style` }),
    fetch(`${server}/connect`, { mode: "no-cors" }).catch(() => {}),
    face.load().catch(() => {}),
  ]);
  const kinds = ["connect", "font", "frame", "img", "media", "script", "style"];
  const isRefused = (kind) => [...refused.keys()].some((address) => address === `${server}/${kind}`
    || (kind === "frame" && address.startsWith(server) && refused.get(address) === "frame-src"));
  // What is refused in a frame may be told after its end.
  for (let tries = 0; tries < 600 && !expected.every(isRefused); tries += 1)
    await new Promise((resolve) => setTimeout(resolve, 50));
  return kinds.filter(isRefused);
}"""


def test_each_kind_is_let_out_where_it_is_declared_and_only_there(
    visitor: Visitor, apps_folder: Path
) -> None:
    kinds = ("connect", "font", "frame", "img", "media", "script", "style")
    declared = tuple(f"{kind} https://all.example.org" for kind in kinds)
    edits = {f'("{TILE}",)': repr((*declared, "script https://scripts.example.org"))}
    app = copy_app("acme/elsewhere", apps_folder, "own/kinds", edits)
    serve_images(visitor.context)
    visitor.expects(".")  # what is not what it should be: everything is an image there
    # The server may hear of the app only after it answered; its document is another one then.
    visitor.loads(0, or_more=True)
    page = visitor.open(app.url)
    shows(page, title="Map one")
    assert page.evaluate(LOADING, ["https://all.example.org", []]) == []
    others = [kind for kind in kinds if kind != "script"]
    assert page.evaluate(LOADING, ["https://scripts.example.org", others]) == others
    assert page.evaluate(LOADING, ["https://none.example.org", kinds]) == list(kinds)
