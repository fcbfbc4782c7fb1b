"""Takes the pictures of the documentation: `make screenshots` writes docs/images/*.png.

Runs servers of its own, one in development and one in production mode, with copies of the client
apps and empty data folders, and Chromium.
"""

import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from app.packages.pack import pack
from app.packages.signing import SigningKey
from app.source.app_source import read_source
from client_apps.acme.archicad_import.sample import sample_schedule
from scripts.bootstrap import find_browser
from tests.browser.support.folders import AppFolder, copy_client_apps
from tests.browser.support.production import Production
from tests.browser.support.server import Server

ROOT = Path(__file__).parents[1]
IMAGES = ROOT / "docs" / "images"
WIDTH = 1280
ROOMS = 1200
PATIENCE = 30_000  # milliseconds
KEY = SigningKey.generate("Acme pipeline")


class Photographer:
    """Opens pages as different people, and keeps pictures of them."""

    def __init__(self, browser: Browser, server: Server) -> None:
        self._browser = browser
        self._server = server

    def somebody(self, **options: str) -> BrowserContext:
        """Return the browser of somebody new; `options` are Playwright's."""
        context = self._browser.new_context(reduced_motion="reduce", **options)  # type: ignore[arg-type]
        context.set_default_timeout(PATIENCE)
        return context

    def visit(self, path: str, context: BrowserContext | None = None, **options: str) -> Page:
        """Return an address in somebody's browser."""
        page = (context or self.somebody(**options)).new_page()
        page.set_viewport_size({"width": WIDTH, "height": 800})
        page.goto(self._server.address + path)
        return page

    def keep(self, page: Page, name: str, height: int = 800) -> None:
        """Write docs/images/<name>.png: the upper `height` pixels, with nothing moving."""
        page.set_viewport_size({"width": WIDTH, "height": height})
        page.evaluate("document.fonts.ready")
        page.screenshot(path=IMAGES / f"{name}.png", animations="disabled", caret="hide")
        print(IMAGES.relative_to(ROOT) / f"{name}.png")


def launcher(photographer: Photographer) -> None:
    """All apps."""
    page = photographer.visit("/")
    expect(page.get_by_role("listitem")).to_have_count(4)
    page.wait_for_function("document.querySelectorAll('[role=listitem] svg').length === 4")
    photographer.keep(page, "launcher", 430)


def operations(photographer: Photographer) -> None:
    """A dashboard that is fed in the background, in dark mode."""
    page = photographer.visit("/apps/initech-operations", color_scheme="dark")
    expect(page.get_by_role("img", name="over the last minute")).to_have_count(3)
    photographer.keep(page, "operations")


def room_schedule(photographer: Photographer) -> None:
    """A schedule that was imported a moment ago."""
    page = photographer.visit("/apps/acme-archicad-import")
    page.locator("input[type=file]").set_input_files(
        {
            "name": "Harbour House.xml",
            "mimeType": "application/xml",
            "buffer": b"".join(sample_schedule(ROOMS)),
        }
    )
    page.wait_for_url("**/imports/*")
    expect(page.get_by_role("table").first).to_be_visible()
    photographer.keep(page, "room-schedule")


def live_editor(photographer: Photographer, app: AppFolder) -> None:
    """Two people in one report; then one of them saves a broken version of the app."""
    page = photographer.visit(app.url)
    page.get_by_label("Title of a new report").fill("Roof of Harbour House, week 47")
    page.get_by_role("button", name="Create").click()
    page.wait_for_url("**/documents/*")
    page.get_by_role("textbox", name="Site").fill("Harbour House, block B")
    page.get_by_role("textbox", name="Summary").fill(
        "Two leaks at the north gutter. The scaffold stays until they are closed."
    )
    other = photographer.visit(page.url.removeprefix(page.url.split("/apps")[0]))
    other.get_by_role("textbox", name="Site").click()
    expect(page.get_by_role("listitem")).to_have_count(2)
    expect(page.get_by_role("listitem").filter(has_not_text="(you)").last).to_be_visible()
    expect(page.locator("[aria-label*='in Site']")).to_be_visible()
    photographer.keep(page, "live-editor", 640)
    page.get_by_role("textbox", name="Summary").press_sequentially(" Nothing else.")
    app.edit('rx.heading("Sections",', 'rx.heading("Sections"', "editor_page.py")
    expect(page.get_by_role("alert")).to_be_visible()
    photographer.keep(page, "broken-save")


def apps_on_disk(photographer: Photographer) -> None:
    """What is wrong with which app."""
    page = photographer.visit("/dev")
    expect(page.get_by_text("1 with problems")).to_be_visible()
    photographer.keep(page, "dev", 640)


def installed_apps(photographer: Photographer, server: Production, apps: Path) -> None:
    """The admin pages: all apps, and one of them with a version that waits to be promoted."""
    admin, user = photographer.somebody(), photographer.somebody()
    server.sign_in(admin, "Ada")
    server.sign_in(user, "Cyd")
    for app in sorted(entry.parent for entry in apps.glob("*/*/entry.py")):
        install(server, admin, app)
    photographer.visit("/apps/globex-live-editor", user)
    editor = AppFolder("globex/live_editor", apps / "globex" / "live_editor")
    editor.edit('"Sections"', '"Chapters"', "editor_page.py")
    editor.edit('version = "1.0.0"', 'version = "1.1.0"')
    install(server, admin, editor.path, promote=False)

    page = photographer.visit("/admin/apps", admin)
    expect(page.get_by_label("1 person has it open")).to_be_visible()
    page.wait_for_function("document.querySelectorAll('[data-app] svg').length >= 4")
    photographer.keep(page, "admin-apps", 760)
    dark = photographer.somebody(color_scheme="dark")
    server.sign_in(dark, "Ada")
    page = photographer.visit(f"/admin/apps/{editor.id}", dark)
    page.get_by_role("button", name="Compare").click()
    expect(page.locator("#compared")).to_be_visible()
    photographer.keep(page, "admin-app", 860)


def install(server: Production, admin: BrowserContext, app: Path, *, promote: bool = True) -> None:
    """Install the app in a folder, signed, with all that it asks for."""
    file = app.with_suffix(".tar.gz")
    file.write_bytes(pack(read_source(app), key=KEY))
    number = server.install(admin, file, promote=False)
    at = f"{server.address}/api/v1/apps/{app.parent.name}/{app.name}"
    asked = admin.request.get(f"{at}/versions/{number}").json()["capabilities"]
    headers = server.confirmed(admin)
    admin.request.put(f"{at}/grants", data={"capabilities": asked}, headers=headers)
    if promote:
        server.change(admin, f"{app.parent.name}/{app.name}", "promote", number=number)


@contextmanager
def development(folder: Path) -> Iterator[tuple[Server, AppFolder]]:
    """A development server with copies of the client apps in `folder`; the editor among them."""
    apps = copy_of_apps(folder)
    server = Server(apps, folder / "data", folder / "server.log")
    try:
        yield server, AppFolder("globex/live_editor", apps / "globex" / "live_editor")
    finally:
        server.stop()


@contextmanager
def production(folder: Path) -> Iterator[tuple[Production, Path]]:
    """A production server with people in it, and sources of apps to install."""
    folder.mkdir()
    server = Production(folder, trusted=KEY.public.line)
    try:
        server.populate()
        yield server, copy_of_apps(folder / "sources")
    finally:
        server.stop()


def copy_of_apps(folder: Path) -> Path:
    """Copy the client apps, which are then changed."""
    apps = folder / "client_apps"
    copy_client_apps(apps)
    return apps


def main() -> None:
    """Take all pictures."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    expect.set_options(timeout=PATIENCE)
    with tempfile.TemporaryDirectory() as name, sync_playwright() as driver:
        folder = Path(name)
        browser = driver.chromium.launch(executable_path=find_browser(), args=["--no-sandbox"])
        with development(folder) as (server, editor):
            photographer = Photographer(browser, server)
            launcher(photographer)
            operations(photographer)
            room_schedule(photographer)
            live_editor(photographer, editor)
            apps_on_disk(photographer)
        with production(folder / "production") as (server, apps):
            installed_apps(Photographer(browser, server), server, apps)
        browser.close()


if __name__ == "__main__":
    sys.exit(main())
