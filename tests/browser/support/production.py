"""A production server with people in it, and packages for it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import MappingProxyType

import httpx
from playwright.sync_api import BrowserContext, Locator, Page, expect

from app.core import accounts
from app.core.accounts import Passwords, Person
from app.core.opening import open_core
from app.packages.pack import pack
from app.source.app_source import read_source
from tests.browser.support.folders import AppFolder
from tests.browser.support.pages import at
from tests.browser.support.server import Server
from tests.support.servers import Forge

PASSWORD = "violet river stone"
ORGANISATION = "Acme"
# Who sets the server up, and operates it; everybody else is added with the role named here.
OPERATOR = "Ada"
ROLES = {"Eve": "operator", "Ben": "admin", "Cyd": "member", "Dan": "member"}


class Production(Server):
    """A production server on an empty data folder.

    Args:
        folder: for its data and its log.
        trusted: public key of those whose packages it takes; by default it takes any.
        port: 0 takes any free one.
        environment: variables besides those of the tests.
        forge: makes its process quickly; without one it starts as people start it.
    """

    def __init__(
        self,
        folder: Path,
        *,
        trusted: str = "",
        port: int = 0,
        environment: Mapping[str, str] = MappingProxyType({}),
        forge: Forge | None = None,
    ) -> None:
        self.data = folder / "data"
        apps = folder / "client_apps"
        apps.mkdir(exist_ok=True)
        super().__init__(
            apps,
            self.data,
            folder / "server.log",
            dev=False,
            options=() if trusted else ("--allow-unsigned",),
            port=port,
            environment={**environment, **({"GRAFT_TRUSTED_KEYS": trusted} if trusted else {})},
            forge=forge,
        )

    def populate(self) -> None:
        """Set the server up without a browser: the operator, and everybody else."""
        form = {"organisation": ORGANISATION, "name": OPERATOR, "email": email(OPERATOR)}
        passwords = {"password": PASSWORD, "password_again": PASSWORD}
        answer = httpx.post(self.set_up_link, data=form | passwords)
        assert answer.status_code == 303, answer.text
        # In a thread of its own: Playwright's loop runs in this one.
        with ThreadPoolExecutor(1) as thread:
            thread.submit(asyncio.run, _add_people(self.data)).result()

    def sign_in(self, context: BrowserContext, name: str) -> None:
        """Give a browser the cookie of a new login."""
        answer = context.request.post(
            f"{self.address}/auth/login",
            form={"email": email(name), "password": PASSWORD},
            max_redirects=0,
        )
        assert answer.status == 303, answer.text()

    def install(self, context: BrowserContext, package: Path, *, promote: bool = True) -> int:
        """Upload a package over the API, in the name of whoever is signed in; return its number."""
        answer = context.request.post(
            f"{self.address}/api/v1/apps",
            data=package.read_bytes(),
            headers={"content-type": "application/gzip", **self.confirmed(context)},
        )
        assert answer.ok, answer.text()
        version = answer.json()["version"]
        if promote:
            self.change(context, version["app_id"], "promote", number=version["number"])
        return int(version["number"])

    def confirmed(self, context: BrowserContext) -> dict[str, str]:
        """Return the header with which a browser may change things for five minutes."""
        path = f"{self.address}/api/v1/confirmations"
        answer = context.request.post(path, data={"password": PASSWORD})
        assert answer.ok, answer.text()
        return {"graft-confirmation": answer.json()["confirmation"]}

    def open_to_everybody(self, context: BrowserContext, app_id: str) -> None:
        """Let every organisation see an app, and not only that of whoever uploaded it."""
        path = f"{self.address}/api/v1/apps/{app_id}/visibility"
        headers = self.confirmed(context)
        answer = context.request.put(path, data={"organisations": None}, headers=headers)
        assert answer.ok, answer.text()

    def change(self, context: BrowserContext, app_id: str, action: str, **body: object) -> None:
        """Change an app over the API."""
        path = f"{self.address}/api/v1/apps/{app_id}/{action}"
        answer = context.request.post(path, data=body, headers=self.confirmed(context))
        assert answer.ok, answer.text()


async def _add_people(data: Path) -> None:
    core, passwords = open_core(data), Passwords()
    [home] = await accounts.all_organisations(core)
    for name, role in ROLES.items():
        person = Person(name, email(name), PASSWORD)
        await accounts.add_person(core, passwords, person, home.id, role)
    await core.close()


def email(name: str) -> str:
    """Return somebody's address."""
    return f"{name.lower()}@example.com"


def package(app: AppFolder, name: str) -> Path:
    """Write the package of an app as it is on the developer's disk."""
    made = app.path.parents[2] / f"{name}.tar.gz"
    made.write_bytes(pack(read_source(app.path)))
    return made


def grant(production: Production, context: BrowserContext, app_id: str, *names: str) -> None:
    """Say what an app may do, over the API."""
    path = f"{production.address}/api/v1/apps/{app_id}/grants"
    headers = production.confirmed(context)
    answer = context.request.put(path, data={"capabilities": list(names)}, headers=headers)
    assert answer.ok, answer.text()


def confirm_that_it_is_me(page: Page) -> None:
    """Let a page's dialog that asks for the password be answered whenever it comes up."""

    def answer(dialog: Locator) -> None:
        dialog.locator("#confirm-password").fill(PASSWORD)
        dialog.locator("#confirm-me").click()

    page.add_locator_handler(page.locator("#confirm-dialog"), answer)


def fill_in(page: Page, **fields: str) -> None:
    """Fill in the fields of a form by their ids."""
    for name, value in fields.items():
        at(page, name).fill(value)


def drop(page: Page, file: Path, onto: Locator) -> None:
    """Drop a file from the desktop onto an element, as the system would."""
    box = onto.bounding_box()
    assert box is not None
    dragged = {
        "x": box["x"] + box["width"] / 2,
        "y": box["y"] + box["height"] / 2,
        "data": {"items": [], "files": [str(file)], "dragOperationsMask": 1},
    }
    browser = page.context.new_cdp_session(page)
    for kind in ("dragEnter", "dragOver", "drop"):
        browser.send("Input.dispatchDragEvent", {"type": kind, **dragged})
    browser.detach()


def confirm(page: Page, says: str) -> None:
    """Answer the question of an admin page, which must say something, with yes."""
    dialog = page.get_by_role("alertdialog")
    expect(dialog).to_contain_text(says)
    at(page, "confirm").click()
    expect(dialog).to_have_count(0)
    # It is out of reach, too, while the page asks for the password.
    expect(at(page, "confirm-dialog")).to_have_count(0)
