"""Apps in processes of their own: what one does to its process, nobody else notices."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.support.server import Server
from tests.browser.support.watch import Visitor
from tests.support.servers import Forge

ENTRY = """
import os
import re

import reflex as rx

from app.sdk import DynamicApp


class S(rx.State):
    count: int = 0

    @rx.event
    def add(self):
        self.count += 1

    @rx.event
    def endless(self):
        while True:
            pass

    @rx.event
    def ends(self):
        os._exit(3)


def index() -> rx.Component:
    return rx.vstack(
        rx.heading(NAME),
        rx.text(S.count, id="count"),
        rx.button("Add", on_click=S.add),
        rx.button("Endless", on_click=S.endless),
        rx.button("Ends", on_click=S.ends),
        rx.input(placeholder="Notes"),
    )


class AppEntry(DynamicApp):
    name = NAME
    pages = {"/": index}
"""


@pytest.fixture(scope="module")
def apps(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cells") / "client_apps"
    for name in ("bad", "good"):
        app = folder / "acme" / name
        app.mkdir(parents=True)
        (app / "entry.py").write_text(ENTRY.replace("NAME", repr(name.title())), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def cells(apps: Path, forge: Forge) -> Iterator[Server]:
    """A server whose apps run in processes of their own."""
    folder = apps.parent
    running = Server(
        apps,
        folder / "data",
        folder / "server.log",
        environment={"GRAFT_CELLS": "1", "GRAFT_EVENT_SECONDS": "2"},
        forge=forge,
    )
    yield running
    running.stop()


@pytest.fixture
def visitor(_new_browser: Callable[..., Visitor], cells: Server) -> Visitor:
    return _new_browser(cells.address)


def click(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def count(page: Page) -> int:
    return int(page.locator("#count").inner_text())


def add(page: Page) -> None:
    before = count(page)
    click(page, "Add")
    expect(page.locator("#count")).to_have_text(str(before + 1))


@pytest.mark.parametrize("what", ["Ends", "Endless"])
def test_whoever_works_in_another_app_goes_on_and_nothing_is_lost(
    visitor: Visitor, what: str
) -> None:
    bad, good = visitor.open("/apps/acme-bad"), visitor.open("/apps/acme-good")
    add(bad)
    bad.get_by_placeholder("Notes").fill("typed")
    click(bad, what)
    for _ in range(5):
        add(good)
    expect(bad.get_by_text("Bad had to be restarted")).to_be_visible()
    add(bad)
    assert count(bad) == 2
    expect(bad.get_by_placeholder("Notes")).to_have_value("typed")


def test_a_save_reaches_an_open_page_with_what_it_has(visitor: Visitor, apps: Path) -> None:
    page = visitor.open("/apps/acme-good")
    add(page)
    page.get_by_placeholder("Notes").fill("typed")
    entry = apps / "acme" / "good" / "entry.py"
    text = entry.read_text(encoding="utf-8")
    entry.write_text(text.replace("heading('Good')", "heading('Better')"), encoding="utf-8")
    expect(page.get_by_role("heading", name="Better")).to_be_visible()
    assert count(page) == 1
    add(page)
    expect(page.get_by_placeholder("Notes")).to_have_value("typed")
