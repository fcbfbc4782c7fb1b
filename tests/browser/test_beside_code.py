"""An app that writes beside its own code."""

from __future__ import annotations

import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.support.folders import AppFolder, copy_app
from tests.browser.support.pages import at, click, shows
from tests.browser.support.production import Production, package
from tests.browser.support.server import Server
from tests.browser.support.watch import Visitor


@pytest.mark.own_copy("acme/beside")
def test_in_development_it_may_and_nothing_is_loaded_anew_nor_packaged(
    server: Server, visitor: Visitor, own: AppFolder
) -> None:
    page = visitor.open(own.url)
    for count in (1, 2, 3):
        click(page, "write")
        shows(page, count=count)
    # A save is followed after all that was written before it.
    own.edit('"Beside"', '"Beside the code"')
    expect(page).to_have_title("Beside the code")
    for count in (4, 5):
        click(page, "write")
        shows(page, count=count)
    own.edit('"Beside the code"', '"Once more"')
    expect(page).to_have_title("Once more")
    loads = [line for line in server.written().splitlines() if "app loaded" in line]
    assert sum(f'"{own.id}"' in line for line in loads) == 3
    with tarfile.open(package(own, "beside")) as packed:
        names = [name for name in packed.getnames() if name.startswith("files/")]
    assert names == ["files/entry.py"]


def test_in_production_it_may_not_and_is_told_what_to_use_instead(
    production: Production, person: Callable[..., Visitor], tmp_path: Path
) -> None:
    made = copy_app("acme/beside", tmp_path / "source", "acme/beside")
    ben = person("Ben")
    production.install(ben.context, package(made, "beside"))
    page = ben.open("/apps/acme-beside")
    click(page, "write")
    expect(at(page, "error")).to_contain_text("may not write notes.db")
    expect(at(page, "error")).to_contain_text("Keep it in app.sdk.folder()")
    assert not list((production.data / "unpacked").rglob("notes.db*"))
