"""One process that makes servers, for all tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.production.servers import Forge


@pytest.fixture(scope="session")
def forge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Forge]:
    """Makes processes quickly."""
    made = Forge(tmp_path_factory.mktemp("forge"))
    yield made
    made.close()
