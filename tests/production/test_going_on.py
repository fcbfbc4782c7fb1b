"""A whole server whose apps cannot be imported twice in it: promoting never takes what runs."""

from __future__ import annotations

import asyncio
from pathlib import Path
from uuid import uuid4

import httpx

from app.core import accounts, apps
from app.core.apps import Visibility
from app.core.context import use
from app.core.opening import open_core
from tests.production.world import COUNTER, Person, World, install, sources
from tests.support.servers import Forge, Server, serving
from tests.unit.server.raw_socket import RawSocket

PATH = "/apps/acme-counter"
API = f"/api/v1/apps/{COUNTER}"
STATE = "reflex___state____state.client_apps___acme___counter___entry____counter_state"
METERED = """from prometheus_client import Counter

CLICKS = Counter("tests_clicks", "Clicks in the app")


def heading():
    return {text!r}
"""
# The data of the module is in the answer.
ROOM = ("        self.count += 1\n", "        ROOM.append('x')\n        self.count = len(ROOM)\n")


async def prepare(folder: Path) -> tuple[Path, Person]:
    """Make a data folder with two versions of the app, the first of which is served."""
    world = World(folder / "data")
    core = open_core(world.data)
    with use(core):
        world.organisations["Acme"] = (await accounts.create_organisation(core, "Acme")).id
        operator = await world.person(core, "Acme", "operator")
        entry = (sources(folder, COUNTER).root / "entry.py").read_text().replace(*ROOM)
        entry = entry.replace("class CounterState", "ROOM = []\n\n\nclass CounterState")
        for number, text in enumerate(("one", "two"), 1):
            files = {"entry.py": entry, "labels.py": METERED.format(text=text)}
            await install(core, sources(folder, COUNTER, files), promote=number == 1)
        await apps.set_visibility(core, COUNTER, Visibility(None), base_revision=None)
    await core.close()
    return world.data, operator


def click(page: RawSocket) -> int:
    page.send(f"{STATE}.increment", _at=PATH)
    return int(page.value("counter_state", "count"))


def clicks_in_a_new_tab(server: Server, person: Person) -> int:
    with server.socket(person.login, uuid4().hex) as page:
        shown = page.open(PATH)
        assert (shown["type"], shown.get("number")) == ("show", 1)
        return click(page)


def go_to(api: httpx.Client, verb: str, number: int) -> None:
    """Decide what is served; whether that can be loaded is seen afterwards."""
    base = api.get(API).json()["revision"]
    api.post(f"{API}/{verb}", json={"to" if verb == "rollback" else "number": number})
    while api.get(API).json()["revision"] == base:
        pass


def test_a_version_that_does_not_load_takes_nothing_and_can_be_tried_again_and_again(
    forge: Forge, tmp_path: Path
) -> None:
    data, operator = asyncio.run(prepare(tmp_path))
    with (
        serving(forge, data) as server,
        server.http(authorization=f"Bearer {operator.token}") as api,
        server.socket(operator.login, uuid4().hex) as page,
    ):
        assert page.open(PATH)["number"] == 1
        clicks = click(page)
        for attempt in range(2):
            go_to(api, "promote", 2)
            while api.get(API).json()["current"] != 1:
                pass
            (problem,) = api.get(f"{API}/versions/2").json()["problems"]
            assert "Duplicated timeseries" in problem["message"]
            clicks += 1
            assert clicks_in_a_new_tab(server, operator) == clicks, attempt
            clicks += 1
            assert click(page) == clicks
        assert server.stop() == 0
    # Alone in a process it works: what it failed for was the server's.
    with (
        serving(forge, data) as server,
        server.http(authorization=f"Bearer {operator.token}") as api,
    ):
        go_to(api, "promote", 2)
        with server.socket(operator.login, uuid4().hex) as page:
            assert page.open(PATH)["number"] == 2
        assert server.stop() == 0
