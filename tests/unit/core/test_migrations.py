from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, inspect, text

from app.core.database import begun_for_migration, database_url, open_engine
from app.core.migrations import FOLDER, HEAD, migrate
from app.core.migrations.models import metadata
from app.kernel.errors import Invalid


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    made = open_engine(database_url(tmp_path, {}))
    yield made
    made.dispose()


def _version(engine: Engine) -> object:
    with engine.connect() as connection:
        return connection.scalar(text("SELECT version_num FROM alembic_version"))


def test_a_new_database_gets_all_tables_and_a_second_start_finds_nothing_to_do(
    engine: Engine,
) -> None:
    assert migrate(engine) is True
    assert set(metadata.tables) < set(inspect(engine).get_table_names())
    assert migrate(engine) is False
    assert _version(engine) == HEAD


def test_models_and_migrations_agree(engine: Engine) -> None:
    migrate(engine)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


def test_the_head_that_is_written_down_is_the_last_migration() -> None:
    assert ScriptDirectory(str(FOLDER)).get_current_head() == HEAD


def test_migrations_do_not_depend_on_the_code_of_the_day() -> None:
    for path in (FOLDER / "versions").glob("*.py"):
        assert "import app" not in path.read_text()
        assert "from app" not in path.read_text()


def test_every_migration_can_be_taken_back(engine: Engine) -> None:
    migrate(engine)
    with begun_for_migration(engine) as connection:
        config = Config(attributes={"connection": connection})
        config.set_main_option("script_location", str(FOLDER))
        command.downgrade(config, "base")
    assert inspect(engine).get_table_names() == ["alembic_version"]


def test_of_nodes_that_start_at_once_one_migrates(tmp_path: Path) -> None:
    engines = [open_engine(database_url(tmp_path, {})) for _ in range(2)]
    with ThreadPoolExecutor(1) as pool:
        # The first one is in the middle of its migration when the second one comes.
        with begun_for_migration(engines[0]):
            second = pool.submit(migrate, engines[1])
        assert [migrate(engines[0]), second.result()].count(True) == 1
    for engine in engines:
        engine.dispose()


def test_a_database_of_a_newer_release_is_refused_and_left_alone(engine: Engine) -> None:
    migrate(engine)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(Invalid, match="version 9999"):
        migrate(engine)
    assert _version(engine) == "9999"


def test_a_start_with_nothing_to_do_does_not_import_alembic(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from app.core.opening import open_core;"
        "open_core(Path(sys.argv[1])).database.close(); print('alembic' in sys.modules)"
    )
    answers = [
        subprocess.run(
            [sys.executable, "-c", code, str(tmp_path)],
            check=True,
            capture_output=True,
            text=True,
            cwd=FOLDER.parents[2],
        ).stdout.strip()
        for _ in range(2)
    ]
    assert answers == ["True", "False"]
