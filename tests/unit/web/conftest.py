"""A production node with its admin pages, without sockets."""

from __future__ import annotations

import pytest

from app.web.admin.access import Administration
from tests.unit.platform.conftest import Server, runner, runner_folder, server

__all__ = ["administered", "runner", "runner_folder", "server"]


@pytest.fixture
def administered(server: Server) -> Server:
    """The node, with what its admin pages act on."""
    server.node.app.administration = Administration(server.core, server.platform)
    return server
