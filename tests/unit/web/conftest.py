"""A production node with its admin pages, without sockets."""

from __future__ import annotations

import pytest
from argon2 import PasswordHasher

from app.core.accounts import Confirmations, Passwords
from app.kernel.actor import Actor
from app.web.administration import Administration
from tests.unit.platform.conftest import Server, dry_runs, runner, runner_folder, server

__all__ = ["administered", "dry_runs", "runner", "runner_folder", "server"]


PASSWORDS = Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


class AlwaysConfirmed(Confirmations):
    """For tests that look at other things."""

    def holds(self, actor: Actor, secret: str) -> bool:
        return True


@pytest.fixture
def administered(server: Server) -> Server:
    """The node, with what its admin pages act on."""
    confirmations = AlwaysConfirmed(server.core, PASSWORDS)
    server.node.app.administration = Administration(server.core, server.platform, confirmations)
    return server
