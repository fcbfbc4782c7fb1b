"""Components of vars over HTTP: for the user of the tab that was sent them, while they may use the
app.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from app.node.releases.access import Access
from app.testing import kit
from tests.unit.apps.helpers import newest, set_access
from tests.unit.node.sessions.test_parts import APP, ENTRY
from tests.unit.server.test_graft_routes import Site


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
