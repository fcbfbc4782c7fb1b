"""Vars that live in the browser's storage, over a version that keeps them in another place."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from app.testing import Kit, Page, kit
from tests.unit.apps.helpers import newest

if TYPE_CHECKING:
    from tests.unit.conftest import WriteApp

APP = "acme/colours"
STATE = """
import reflex as rx


class ColourState(rx.State):
    theme: str = rx.LocalStorage("light", name="theme")
    plain: str = rx.LocalStorage("none")

    @rx.event
    def darken(self):
        self.theme = self.plain = "dark"
"""
ENTRY = """
import reflex as rx
from app.sdk import DynamicApp
from .state import ColourState


class AppEntry(DynamicApp):
    name = "Colours"
    pages = {"/": lambda: rx.text(ColourState.theme, ColourState.plain)}
"""
MODE = 'mode: str = rx.LocalStorage("light", name="mode")'
RENAMED = """
    @classmethod
    def upgrade(cls, values, previous):
        colours = values["ColourState"]
        colours["mode"] = colours.pop("theme")
        return values
"""


@pytest.fixture
async def node(apps_root: Path, write_app: WriteApp) -> AsyncIterator[Kit]:
    write_app(APP, {"entry.py": ENTRY, "state.py": STATE})
    async with kit(apps_root) as running:
        yield running


async def colours(node: Kit, module: str = "state") -> Any:
    return await newest(node, APP, "ColourState", module)


async def dark(node: Kit) -> Page:
    page = await node.open(APP)
    await page.send((await colours(node)).darken)
    assert page.storage["theme"] == "dark"
    return page


async def test_a_value_that_upgrade_moved_is_in_the_browsers_storage_too(node: Kit) -> None:
    page = await dark(node)
    state = STATE.replace('theme: str = rx.LocalStorage("light", name="theme")', MODE)
    entry = ENTRY.replace("ColourState.theme", "ColourState.mode") + RENAMED
    await node.swap(APP, {"state.py": state.replace("self.theme", "self.mode"), "entry.py": entry})
    assert page.storage["mode"] == "dark"
    # Later, in a tab of its own.
    other = await node.open(APP, storage=page.storage)
    assert other.get((await colours(node)).mode) == "dark"


async def test_a_class_that_moved_to_another_module_keeps_what_the_browser_stores(
    node: Kit,
) -> None:
    page = await dark(node)
    entry = ENTRY.replace("from .state", "from .moved")
    await node.swap(APP, {"moved.py": STATE, "state.py": None, "entry.py": entry})
    other = await node.open(APP, storage=page.storage)
    assert other.get((await colours(node, "moved")).plain) == "dark"


async def test_what_another_tab_stored_is_not_written_over(node: Kit) -> None:
    page = await dark(node)
    page.storage["theme"] = "sepia"
    await node.swap(APP, {"entry.py": ENTRY.replace('"Colours"', '"Colours two"')})
    assert page.storage["theme"] == "sepia"
