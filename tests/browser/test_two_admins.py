"""Two administrators at one app: the second sees what the first did, and decides."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.support.folders import AppFolder, copy_app
from tests.browser.support.pages import at, shows
from tests.browser.support.production import Production, confirm, package
from tests.browser.support.watch import Visitor


@pytest.fixture
def app(tmp_path: Path) -> AppFolder:
    """The source of an app, on the developer's machine."""
    return copy_app("acme/counter", tmp_path / "source", "acme/shared")


def test_the_second_of_two_admins_sees_what_changed_and_decides(
    production: Production, person: Callable[..., Visitor], app: AppFolder
) -> None:
    ada, eve, cyd = person("Ada"), person("Eve"), person("Cyd")
    production.install(ada.context, package(app, "one"))
    app.edit("Counter one", "Counter two")
    production.install(ada.context, package(app, "two"), promote=False)
    using = cyd.open(app.url)
    shows(using, title="Counter one")
    first, second = (one.open(f"/admin/apps/{app.id}") for one in (ada, eve))

    # Eve is about to promote, and is asked; meanwhile Ada switches the app off.
    second.get_by_role("button", name="Promote version 2").click()
    asked = second.get_by_role("alertdialog")
    expect(asked).to_contain_text("Promote version 2 of Counter?")
    first.get_by_role("button", name="Switch off").click()
    confirm(first, "1 person has it open")
    expect(using.get_by_role("heading")).to_have_text("Counter is switched off")

    # Eve's click does nothing yet: she reads what happened, and leaves it at that.
    at(second, "confirm").click()
    expect(at(second, "meanwhile")).to_contain_text("disable by Ada")
    expect(at(second, "meanwhile")).to_contain_text("Nothing that you asked for has been done yet.")
    expect(at(second, "confirm")).to_have_text("Promote all the same")
    asked.get_by_role("button", name="Cancel").click()
    expect(asked).to_have_count(0)
    expect(at(second, "state")).to_have_text("off")
    current = second.locator("[data-version]", has_text="current")
    expect(current).to_have_attribute("data-version", "1")

    # Her page follows what Ada does without being asked.
    first.get_by_role("button", name="Switch on").click()
    expect(at(second, "state")).to_have_text("on")
    shows(using, title="Counter one")

    # The other way round, and this time she wants it all the same.
    second.get_by_role("button", name="Promote version 2").click()
    expect(asked).to_contain_text("1 person has it open")
    first.get_by_role("tab", name="History").click()
    expect(first.get_by_role("region", name="History").get_by_role("row").nth(1)).to_contain_text(
        "enable"
    )
    first.get_by_role("button", name="Switch off").click()
    confirm(first, "1 person has it open")
    at(second, "confirm").click()
    expect(at(second, "meanwhile")).to_contain_text("disable by Ada")
    at(second, "confirm").click()
    expect(asked).to_have_count(0)
    expect(current).to_have_attribute("data-version", "2")
    newest = first.get_by_role("region", name="History").get_by_role("row").nth(1)
    expect(newest).to_contain_text("promote, version 2")
    expect(newest).to_contain_text("Eve")
    first.get_by_role("button", name="Switch on").click()
    shows(using, title="Counter two")
