"""`rx.SharedState` in an app: what works of it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from pathlib import Path
from typing import Any

import pytest

from app.node.releases.access import Access, Preview
from app.testing import Kit, Page, kit
from tests.unit.apps.helpers import newest, set_access

APP = "acme/shared"
OTHER = "acme/other"
ENTRY = """
import reflex as rx
from app.sdk import DynamicApp, current


class Room(rx.SharedState):
    count: int = 0

    @rx.var
    def name(self) -> str:
        return self._linked_to

    @rx.event
    async def enter(self):
        await self._link_to("room")

    @rx.event
    async def enter_other(self, name: str):
        await self._link_to(name)

    @rx.event
    async def leave(self):
        return await self._unlink()

    @rx.event
    async def up(self):
        self.count += 1


class Watcher(rx.State):
    @rx.var
    async def doubled(self) -> int:
        return (await self.get_state(Room)).count * 2

    @rx.var
    async def told(self) -> str:
        return f"{current.user.name}: {(await self.get_state(Room)).count}"


def index():
    return rx.box(Room.count, Room.name, Watcher.doubled, Watcher.told)


class AppEntry(DynamicApp):
    name = "Shared"
    pages = {"/": index}
"""


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Kit]:
    for app_id in (APP, OTHER):
        (tmp_path / app_id).mkdir(parents=True)
        (tmp_path / app_id / "entry.py").write_text(ENTRY)
    async with kit(tmp_path) as running:
        yield running


async def rooms(server: Kit, **people: str) -> tuple[Any, list[Page]]:
    """Pages of people, by organisation, who are all in the room of the same name."""
    room = await newest(server, APP, "Room")
    pages = [await server.open(APP, user=user, organisation=people[user]) for user in people]
    for page in pages:
        await page.send(room.enter)
    return room, pages


async def shows(pages: Iterable[Page], room: Any, count: int) -> None:
    for page in pages:
        await page.wait_for(lambda page=page: page.get(room.count) == count)  # type: ignore[misc]  # a default of a lambda has no type


async def test_a_state_is_shared_by_the_tabs_that_link_to_the_same_name(server: Kit) -> None:
    room, (ada, ben) = await rooms(server, Ada="Demo", Ben="Demo")
    watcher = await newest(server, APP, "Watcher")
    await ada.send(room.up)
    await ben.send(room.up)
    await shows([ada, ben], room, 2)
    assert (ada.get(room.name), ben.get(room.name)) == ("room", "room")
    await ada.wait_for(lambda: ada.get(watcher.doubled) == 4)


async def test_a_name_is_another_one_in_each_organisation(server: Kit) -> None:
    room, (ada, eve) = await rooms(server, Ada="Demo", Eve="Other")
    await ada.send(room.up)
    await ada.settle()
    assert (ada.get(room.count), eve.get(room.count)) == (1, 0)
    await eve.send(room.up)
    await eve.send(room.up)
    await server.open(APP, user="Eve", organisation="Other")
    assert (ada.get(room.count), eve.get(room.count)) == (1, 2)


async def test_a_name_that_is_a_tab_does_not_lead_into_it(server: Kit) -> None:
    room, (ada, ben) = await rooms(server, Ada="Demo", Ben="Demo")
    await ben.send(room.leave)
    await ben.send(room.up)
    await ada.send(room.enter_other, ben._token)
    assert (ada.get(room.count), ben.get(room.count)) == (0, 1)


async def test_a_change_of_others_comes_in_each_ones_own_name(server: Kit) -> None:
    room, (ada, ben) = await rooms(server, Ada="Demo", Ben="Demo")
    watcher = await newest(server, APP, "Watcher")
    await ada.send(room.up)
    await ben.wait_for(lambda: ben.get(watcher.told).endswith("1"))
    assert (ada.get(watcher.told), ben.get(watcher.told)) == ("Ada: 1", "Ben: 1")


async def test_a_change_reaches_a_tab_that_shares_something_of_another_app_too(
    server: Kit,
) -> None:
    room, (ada, ben) = await rooms(server, Ada="Demo", Ben="Demo")
    await ada.goto("/apps/acme-other")
    await ada.send((await newest(server, OTHER, "Room")).enter)
    await ada.goto("/apps/acme-shared")
    await ben.send(room.up)
    await ada.wait_for(lambda: ada.get(room.count) == 1)
    other = await server.open(OTHER)
    other_room = await newest(server, OTHER, "Room")
    await other.send(other_room.enter)
    assert other.get(other_room.count) == 0  # its room is another one


async def test_whoever_leaves_has_a_state_of_their_own_again(server: Kit) -> None:
    room, (ada, ben) = await rooms(server, Ada="Demo", Ben="Demo")
    await ada.send(room.up)
    await ben.send(room.leave)
    await ada.send(room.up)
    assert (ada.get(room.count), ben.get(room.count), ben.get(room.name)) == (2, 0, "")
    await ben.send(room.enter)
    assert ben.get(room.count) == 2


async def test_a_new_version_shows_what_is_shared_in_every_tab_at_once(server: Kit) -> None:
    room, pages = await rooms(server, Ada="Demo", Ben="Demo")
    ada, ben = pages
    await ada.send(room.up)
    await shows(pages, room, 1)
    changed = ENTRY.replace("+= 1", "+= more(self)").replace(
        "    count: int = 0\n", "    count: int = 0\n    step: int = 10\n"
    )
    changed = changed.replace("class Room", "def more(room):\n    return room.step\n\n\nclass Room")
    await server.swap(APP, {"entry.py": changed})
    watcher = await newest(server, APP, "Watcher")
    assert [(page.get(room.count), page.get(watcher.doubled)) for page in pages] == [(1, 2)] * 2
    room = await newest(server, APP, "Room")
    assert ben.get(room.step) == 10
    await ben.send(room.up)  # the new code, on the value that they share
    await shows(pages, room, 11)
    await server.swap(APP, {"entry.py": ENTRY})
    room = await newest(server, APP, "Room")
    await ada.send(room.up)
    await shows(pages, room, 12)


async def test_a_page_that_is_opened_anew_shows_what_it_shares(server: Kit) -> None:
    room, (ada, ben) = await rooms(server, Ada="Demo", Ben="Demo")
    await ben.send(room.up)
    await ada.disconnect()
    await ben.send(room.up)
    await ada.connect()
    assert ada.get(room.count) == 2
    await ada.goto("/apps/acme-shared?again=1")
    assert ada.get(room.count) == 2


async def test_whoever_previews_a_version_shares_with_nobody_else(server: Kit) -> None:
    room, (ada, ben) = await rooms(server, Ada="Demo", Ben="Demo")
    await ada.send(room.up)
    await ben.wait_for(lambda: ben.get(room.count) == 1)
    preview = Preview("p", 1, users=frozenset({ben.actor.user.id}))
    set_access(server, APP, Access(previews=(preview,)))
    await ben.send(room.up)
    await ada.send(room.up)
    assert (ada.get(room.count), ben.get(room.count)) == (2, 1)
