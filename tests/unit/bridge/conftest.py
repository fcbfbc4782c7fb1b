from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.apps.loading import Workshop, workshop


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Workshop]:
    """Loads versions of apps from texts, in a registry of its own."""
    with workshop(tmp_path) as running:
        yield running
