"""Databases of tests are copies of one that was migrated."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.core import migrations, opening
from app.core.database import database_url, open_engine
from app.core.opening import open_core
from app.testing import kit
from app.testing.database import lay_database


@pytest.fixture
def nothing_migrates(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    lay_database(tmp_path / "first")
    monkeypatch.setattr(migrations, "_upgrade", lambda _: pytest.fail("it migrates"))


@pytest.mark.usefixtures("nothing_migrates")
def test_a_core_of_a_test_has_all_tables_already(tmp_path: Path) -> None:
    open_core(tmp_path / "data").database.close()


@pytest.mark.usefixtures("nothing_migrates")
async def test_a_kit_has_all_tables_already_without_help(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "migrate", migrations.migrate)
    async with kit(only="acme/floor_viewer"):
        pass


def test_a_database_that_is_there_stays(tmp_path: Path) -> None:
    engine = open_engine(database_url(tmp_path, {}))
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE mine (x)")
    engine.dispose()
    before = Path(str(engine.url.database)).read_bytes()
    lay_database(Path(str(engine.url.database)))
    assert Path(str(engine.url.database)).read_bytes() == before
