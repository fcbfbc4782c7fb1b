"""The list of installed apps: long, narrowed down, and current."""

from __future__ import annotations

import pytest

from app.cell.loading.version import Version
from app.core import apps
from app.core.apps import NewVersion
from app.kernel.actor import acting_as
from app.kernel.errors import Unavailable
from app.node.releases import loads as loading
from app.platform.operations.allowing import Grant
from app.platform.operations.lifecycle import Disable
from app.testing import Page
from app.web.admin.apps.states.apps_state import SHOWN, AdminState
from app.web.admin.apps.states.detail_state import PAGE, DetailState
from tests.unit.apps.helpers import COUNTER
from tests.unit.core.apps.packages import manifest
from tests.unit.platform.conftest import Server


async def install(server: Server, count: int, **fields: object) -> None:
    with acting_as(server.operator.actor):
        for number in range(count):
            named = manifest(f"acme/app{number:03}", **fields)
            await apps.add_version(server.core, NewVersion(named), b"package")


async def listed(server: Server) -> Page:
    page = Page(server.node, server.operator.actor, {})
    await page.goto("/admin/apps")
    await page.send(AdminState.load)
    return page


def ids(page: Page) -> list[str]:
    return [row["id"] for row in page.get(AdminState.rows)]


async def test_a_long_list_comes_a_page_at_a_time(administered: Server) -> None:
    await install(administered, SHOWN + 3)
    page = await listed(administered)
    assert len(ids(page)) == SHOWN
    await page.send(AdminState.more)
    assert len(ids(page)) == page.get(AdminState.matching) == SHOWN + 3
    await page.send(AdminState.search, "app00")
    assert ids(page) == [f"acme/app00{n}" for n in range(10)]


async def test_the_list_is_narrowed_down_by_state(administered: Server) -> None:
    await install(administered, 2, capabilities=["network"])
    await administered.deploy(COUNTER)
    version = await administered.node.engine.version_of(COUNTER)
    administered.node.engine.observed.failed(version, "increment", ValueError("no luck"))
    page = await listed(administered)
    for only, expected in (
        ("waiting", ["acme/app000", "acme/app001"]),
        ("not promoted yet", ["acme/app000", "acme/app001"]),
        ("on", [COUNTER]),
        ("errors", [COUNTER]),
        ("failing", []),
        ("nonsense", [COUNTER, "acme/app000", "acme/app001"]),
    ):
        await page.send(AdminState.narrow, only)
        assert ids(page) == expected, only


async def test_a_version_waits_only_for_what_its_app_may_not_do_already(
    administered: Server,
) -> None:
    await install(administered, 1)
    grant = Grant(capabilities=["documents:write"])
    await administered.platform.do(administered.operator, "acme/app000", grant)
    asking = manifest("acme/app000", version="2", capabilities=["documents:read", "network"])
    with acting_as(administered.operator.actor):
        await apps.add_version(administered.core, NewVersion(asking), b"second")
    page = await listed(administered)
    await page.goto("/admin/apps/acme/app000")
    await page.send(AdminState.load)
    assert page.get(DetailState.versions)[0]["waits"] == "network"


async def test_people_and_errors_are_counted_while_somebody_looks(administered: Server) -> None:
    await administered.deploy(COUNTER)
    page = await listed(administered)
    assert page.get(AdminState.rows)[0]["users"] == 0
    await administered.open("/apps/acme-counter")
    version = await administered.node.engine.version_of(COUNTER)
    administered.node.engine.observed.failed(version, "increment", ValueError("no luck"))
    await page.send(AdminState.look)
    row = page.get(AdminState.rows)[0]
    assert (row["users"], row["errors"]) == (1, 1)


async def test_the_page_of_an_app_says_why_people_do_not_get_the_current_version(
    administered: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    await administered.deploy(COUNTER)
    await administered.open("/apps/acme-counter")
    page = Page(administered.node, administered.operator.actor, {})
    await page.goto(f"/admin/apps/{COUNTER}")
    await page.send(AdminState.load)
    assert page.get(DetailState.problems) == []

    def failing(*_: object) -> Version:
        raise MemoryError("no room")

    with monkeypatch.context() as patch:
        patch.setattr(loading, "load_version", failing)
        await administered.deploy(COUNTER, {"labels.py": 'def heading():\n    return "Second"\n'})
    assert page.get(DetailState.app)["state"] == "failing"
    assert "MemoryError: no room" in page.get(DetailState.problems)[0]
    await administered.platform.do(administered.operator, COUNTER, Disable())
    await administered.settle()
    assert page.get(DetailState.problems) == []


async def test_what_cannot_be_read_is_said_and_tried_again(
    administered: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def locked(*args: object, **options: object) -> None:
        raise Unavailable("the database did not answer in time")

    with monkeypatch.context() as patch:
        patch.setattr(administered.platform, "apps", locked)
        page = await listed(administered)
        assert page.get(AdminState.place) == "broken"
        assert page.get(AdminState.trouble) == "The database did not answer in time."
    await page.send(AdminState.load)
    assert page.get(AdminState.place) == "list"


async def test_older_versions_and_steps_are_shown_when_asked_for(administered: Server) -> None:
    with acting_as(administered.operator.actor):
        for number in range(PAGE + 2):
            new = NewVersion(manifest(COUNTER, version=f"1.{number}"))
            await apps.add_version(administered.core, new, f"package {number}".encode())
    page = Page(administered.node, administered.operator.actor, {})
    await page.goto(f"/admin/apps/{COUNTER}")
    await page.send(AdminState.load)
    assert len(page.get(DetailState.versions)) == PAGE
    assert page.get(DetailState.older_versions)
    await page.send(DetailState.more, "versions")
    assert (len(page.get(DetailState.versions)), page.get(DetailState.older_versions)) == (
        52,
        False,
    )
    assert page.get(DetailState.older_steps)
    await page.send(DetailState.more, "steps")
    assert len(page.get(DetailState.steps)) == PAGE + 2
