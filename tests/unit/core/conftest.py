"""A core of one's own in a temporary folder, and two organisations that must not see each other."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.core import accounts
from app.core.context import Core, use
from app.core.limits import Limits
from app.core.opening import open_core
from app.kernel.actor import Actor


class Ticking:
    """A clock that goes on by one second whenever it is read."""

    def __init__(self) -> None:
        self.now = datetime(2026, 1, 1, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now


@pytest.fixture
async def core(tmp_path: Path) -> AsyncIterator[Core]:
    limits = Limits(file_bytes=3_000_000, document_bytes=100_000)
    opened = open_core(tmp_path / "data", clock=Ticking(), limits=limits)
    with use(opened):
        yield opened
    await opened.close()


async def _member(core: Core, organisation: str, name: str) -> Actor:
    home = await accounts.create_organisation(core, organisation)
    user = await accounts.create_user(core, name, f"{name.lower()}@example.com")
    await accounts.grant(core, home.id, user.id, "member")
    return await accounts.actor_of(core, user.id, home.id)


@pytest.fixture
async def ada(core: Core) -> Actor:
    return await _member(core, "Acme", "Ada")


@pytest.fixture
async def grace(core: Core) -> Actor:
    """Somebody of another organisation than Ada's."""
    return await _member(core, "Globex", "Grace")
