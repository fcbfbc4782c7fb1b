"""Takes the pictures of the documentation: `make screenshots` writes docs/images/*.png.

Runs a server of its own with copies of the client apps, an empty data folder, and Chromium.
"""

import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import copytree, ignore_patterns

from playwright.sync_api import Browser, Page, expect, sync_playwright

from client_apps.acme.archicad_import.sample import sample_schedule
from scripts.bootstrap import find_browser
from tests.browser.support.folders import AppFolder
from tests.browser.support.server import Server

ROOT = Path(__file__).parents[1]
IMAGES = ROOT / "docs" / "images"
WIDTH = 1280
ROOMS = 1200
PATIENCE = 30_000  # milliseconds


class Photographer:
    """Opens pages as different people, and keeps pictures of them."""

    def __init__(self, browser: Browser, server: Server) -> None:
        self._browser = browser
        self._server = server

    def visit(self, path: str, **options: str) -> Page:
        """Return an address in the browser of somebody new; `options` are Playwright's."""
        context = self._browser.new_context(reduced_motion="reduce", **options)  # type: ignore[arg-type]
        context.set_default_timeout(PATIENCE)
        page = context.new_page()
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


@contextmanager
def photographing(folder: Path) -> Iterator[tuple[Photographer, AppFolder]]:
    """A server with copies of the client apps in `folder`, and a browser."""
    apps = folder / "client_apps"
    copytree(ROOT / "client_apps", apps, ignore=ignore_patterns("__pycache__"))
    server = Server(apps, folder / "data", folder / "server.log")
    try:
        with sync_playwright() as driver:
            expect.set_options(timeout=PATIENCE)
            browser = driver.chromium.launch(executable_path=find_browser(), args=["--no-sandbox"])
            yield (
                Photographer(browser, server),
                AppFolder("globex/live_editor", apps / "globex" / "live_editor"),
            )
            browser.close()
    finally:
        server.stop()


def main() -> None:
    """Take all pictures."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as folder,
        photographing(Path(folder)) as (photographer, editor),
    ):
        launcher(photographer)
        operations(photographer)
        room_schedule(photographer)
        live_editor(photographer, editor)
        apps_on_disk(photographer)


if __name__ == "__main__":
    sys.exit(main())
