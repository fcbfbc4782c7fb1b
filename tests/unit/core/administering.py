"""An admin who acts, and what was told on the bus."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from app.core import accounts
from app.core.apps import TOPIC
from app.core.bus import InMemoryBus
from app.core.context import Core
from app.kernel.actor import Actor, acting_as


@pytest.fixture
async def admin(core: Core) -> Actor:
    home = await accounts.create_organisation(core, "Home")
    user = await accounts.create_user(core, "Olga", "olga@example.com")
    await accounts.grant(core, home.id, user.id, "operator")
    return await accounts.actor_of(core, user.id, home.id)


@pytest.fixture
def acting(admin: Actor) -> Iterator[Actor]:
    """The admin, who acts in the test."""
    with acting_as(admin):
        yield admin


class Told:
    """Messages about apps, in order."""

    def __init__(self, core: Core) -> None:
        assert isinstance(core.bus, InMemoryBus)
        self._bus = core.bus
        self._messages: list[dict[str, Any]] = []
        core.bus.subscribe(TOPIC, self._take)

    async def all(self) -> list[dict[str, Any]]:
        await self._bus.idle()
        return self._messages

    async def _take(self, message: dict[str, Any]) -> None:
        self._messages.append(message)


@pytest.fixture
async def told(core: Core) -> Told:
    return Told(core)
