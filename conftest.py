"""What holds for all tests, those of client apps included."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from sqlalchemy import Engine

from app.core import opening
from app.core.migrations import migrate
from app.testing.database import lay_database

# Tests start many processes, and those of a short run take longer to import than to run: whatever
# the environment says, Python keeps what it compiled. `make clean` removes it.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# structlog's own way of printing a traceback, in colours, takes longer than most tests.
structlog.dev.ConsoleRenderer.get_active().exception_formatter = structlog.dev.plain_traceback


def pytest_collection_finish() -> None:
    """Let the garbage collector pass over what stays: all modules and tests."""
    gc.collect()
    gc.freeze()


def _migrate(engine: Engine) -> bool:
    if engine.dialect.name == "sqlite" and engine.url.database is not None:
        lay_database(Path(engine.url.database))
    return migrate(engine)


@pytest.fixture(scope="session", autouse=True)
def _migrated_once() -> Iterator[None]:
    """A new database is a copy of one that was migrated, and as good."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(opening, "migrate", _migrate)
        yield
