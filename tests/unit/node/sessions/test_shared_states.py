"""`rx.SharedState` in an app: what works of it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from app.testing import Kit, kit
from tests.unit.apps.helpers import newest

APP = "acme/shared"
ENTRY = """
import reflex as rx
from app.sdk import DynamicApp, current


class Room(rx.SharedState):
    count: int = 0

    @rx.event
    async def enter(self):
        await self._link_to(f"room-{current.organisation.id}".replace("_", "-"))

    @rx.event
    async def up(self):
        self.count += 1


def index():
    return rx.text(Room.count)


class AppEntry(DynamicApp):
    name = "Shared"
    pages = {"/": index}
"""


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Kit]:
    (tmp_path / APP).mkdir(parents=True)
    (tmp_path / APP / "entry.py").write_text(ENTRY)
    async with kit(tmp_path, only=APP) as running:
        yield running


async def test_a_state_is_shared_by_the_tabs_that_link_to_the_same_name(server: Kit) -> None:
    room = await newest(server, APP, "Room")
    ada, ben = await server.open(APP), await server.open(APP, user="Ben")
    eve = await server.open(APP, user="Eve", organisation="Other")
    for page in (ada, ben, eve):
        await page.send(room.enter)
    await ada.send(room.up)
    await ben.send(room.up)
    await ada.wait_for(lambda: ada.get(room.count) == 2)
    await ben.wait_for(lambda: ben.get(room.count) == 2)
    assert eve.get(room.count) == 0
