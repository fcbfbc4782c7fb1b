"""Looking at a page the way a person does: by what is visible."""

from __future__ import annotations

from playwright.sync_api import Locator, Page, expect


def at(page: Page, name: str) -> Locator:
    """Return the element with this id."""
    return page.locator(f"#{name}")


def shows(page: Page, **texts: object) -> None:
    """Wait until elements (by id, underscores for dashes) have exactly these texts."""
    for name, text in texts.items():
        expect(at(page, name.replace("_", "-"))).to_have_text(str(text))


def click(page: Page, *names: str) -> None:
    """Click elements by id, one after the other."""
    for name in names:
        at(page, name).click()


def until(page: Page, condition: str, argument: object = None) -> None:
    """Wait until a JavaScript expression or function is true in the page.

    It is not asked at every frame, as Playwright would: the page would be painted all the time.
    """
    page.wait_for_function(condition, arg=argument, polling=50)
