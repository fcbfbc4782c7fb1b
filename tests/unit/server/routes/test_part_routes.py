"""Over HTTP: components of vars, and files beside the code, for whoever was told where they are."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from app.node.releases.access import Access
from app.testing import kit
from tests.unit.apps.helpers import find, newest, set_access
from tests.unit.node.sessions.test_parts import APP, ENTRY
from tests.unit.server.routes.test_apps import Site


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    (tmp_path / APP).mkdir(parents=True)
    (tmp_path / APP / "entry.py").write_text(ENTRY)
    async with kit(tmp_path, only=APP) as node:
        made = Site(node)
        yield made
        await made.client.aclose()


async def test_a_component_is_served_to_whoever_was_sent_it_and_kept_nowhere(site: Site) -> None:
    state = await newest(site.node, APP, "PartState")
    page = await site.node.open(APP, user="Ada")
    await site.node.open(APP, user="Ben")
    await page.send(state.show, "for Ada")
    address = page.get(state.computed)
    answer = await site.get(address)
    assert '"for Ada"' in answer.text
    assert answer.headers["content-type"].startswith("text/javascript")
    assert answer.headers["cache-control"] == "no-store"
    assert (await site.get(address.replace("parts/", "parts/0"))).status_code == 404
    for other in ("Ben", None):
        assert (await site.get(address, user=other)).status_code == 404


async def test_nobody_gets_a_component_of_an_app_that_they_may_not_use_any_more(site: Site) -> None:
    state = await newest(site.node, APP, "PartState")
    page = await site.node.open(APP, user="Ada")
    address = page.get(state.computed)
    assert (await site.get(address)).status_code == 200
    set_access(site.node, APP, Access(enabled=False))
    assert (await site.get(address)).status_code == 404


BESIDE = """
import reflex as rx
from app.sdk import DynamicApp

LOGO = rx.asset("logo.svg", shared=True)


def index():
    return rx.image(src=LOGO)


class AppEntry(DynamicApp):
    name = "Beside"
    pages = {"/": index}
"""


async def test_a_shared_asset_is_served_to_users_of_the_app_at_the_address_that_it_tells(
    site: Site,
) -> None:
    folder = site.node._apps / APP
    (folder / "logo.svg").write_text("<svg/>")
    (folder / "secret.txt").write_text("secret")
    await site.node.swap(APP, {"entry.py": BESIDE})
    address = find(await site.node.version(APP), "LOGO")
    answer = await site.get(address)
    assert (answer.text, answer.headers["content-type"]) == ("<svg/>", "image/svg+xml")
    assert answer.headers["cache-control"] == "private, max-age=31536000, immutable"
    base = address.removesuffix("logo.svg")
    for name in ("secret.txt", "entry.py", "../entry.py", "%2e%2e/parted/logo.svg"):
        assert (await site.get(base + name)).text in ("Not found", "front end")
    assert (await site.get(address, user=None)).status_code == 404
    set_access(site.node, APP, Access(organisations={}))
    assert (await site.get(address)).status_code == 404
