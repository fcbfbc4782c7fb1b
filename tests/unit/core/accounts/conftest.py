"""Passwords that are quick to hash, a clock that stands still, and a set-up server."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from app.core import accounts
from app.core.accounts import Client, NewLogin, Passwords, Person
from app.core.context import Core, use
from app.core.opening import open_core

QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
HOME = Client("192.0.2.1", "Firefox")
ADA = Person("Ada Lovelace", "ada@example.com", "violet river stone")


@dataclass
class Standing:
    """A clock that a test moves."""

    now: datetime = field(default_factory=lambda: datetime(2026, 1, 1, 12, tzinfo=UTC))

    def __call__(self) -> datetime:
        return self.now

    def passes(self, **time: float) -> None:
        self.now += timedelta(**time)


@pytest.fixture
def clock() -> Standing:
    return Standing()


@pytest.fixture
async def server(tmp_path: Path, clock: Standing) -> AsyncIterator[Core]:
    """A core whose clock stands still."""
    opened = open_core(tmp_path / "server", clock=clock)
    with use(opened):
        yield opened
    await opened.close()


@pytest.fixture
def passwords() -> Passwords:
    return Passwords(QUICK)


@pytest.fixture
async def ada_in(server: Core, passwords: Passwords) -> NewLogin:
    """Ada has set the server up: she is admin of Acme, and operator."""
    link = await accounts.new_set_up_link(server)
    assert link is not None
    return await accounts.set_up(server, passwords, link.secret, "Acme", ADA, HOME)
