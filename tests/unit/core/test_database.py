from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlmodel import Session

from app.core.database import Database, begun_for_migration, database_url, open_engine
from app.kernel.errors import Invalid, StorageFull, Unavailable


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    made = Database(open_engine(database_url(tmp_path, {})))
    with made.engine.begin() as connection:
        connection.execute(text("CREATE TABLE parents (id INTEGER PRIMARY KEY, n INTEGER)"))
        connection.execute(
            text(
                "CREATE TABLE children (id INTEGER PRIMARY KEY, parent INTEGER"
                " REFERENCES parents (id) ON DELETE CASCADE)"
            )
        )
        connection.execute(text("INSERT INTO parents VALUES (1, 0)"))
        connection.execute(text("INSERT INTO children VALUES (1, 1)"))
    yield made
    made.close()


def _pragma(session: Session, name: str) -> object:
    return session.connection().exec_driver_sql(f"PRAGMA {name}").scalar()


def _number(session: Session) -> int:
    found = session.connection().execute(text("SELECT n FROM parents WHERE id = 1")).scalar_one()
    assert isinstance(found, int)
    return found


def _increment(session: Session) -> None:
    # Read, then write: what loses updates, or fails, where transactions are not serialised.
    number = _number(session) + 1
    session.connection().execute(text("UPDATE parents SET n = :n"), {"n": number})


@pytest.mark.parametrize(
    ("name", "value"),
    [("journal_mode", "wal"), ("synchronous", 1), ("foreign_keys", 1), ("busy_timeout", 10_000)],
)
async def test_every_sqlite_connection_is_set_up_for_a_server(
    database: Database, name: str, value: object
) -> None:
    async with asyncio.TaskGroup() as group:
        reads = [
            group.create_task(database.read(lambda session: _pragma(session, name)))
            for _ in range(5)
        ]
    assert [task.result() for task in reads] == [value] * 5
    assert await database.write(lambda session: _pragma(session, name)) == value


def test_the_default_database_is_a_file_in_the_data_folder_and_a_setting_changes_it() -> None:
    assert database_url(Path("/data"), {}) == "sqlite:////data/graft.sqlite3"
    given = {"GRAFT_DATABASE_URL": "postgresql://db/graft"}
    assert database_url(Path("/data"), given) == "postgresql://db/graft"


@pytest.mark.parametrize(
    "url", ["", "nonsense", "sqlite://", "sqlite:///:memory:", "nosuch://db/x", "mysql://db/x"]
)
def test_a_url_that_cannot_work_is_refused_and_the_setting_named(url: str) -> None:
    with pytest.raises(Invalid, match="GRAFT_DATABASE_URL"):
        open_engine(url)


async def test_sql_runs_off_the_event_loop(database: Database) -> None:
    threads = {
        await database.read(lambda _: threading.get_ident()),
        await database.write(lambda _: threading.get_ident()),
    }
    assert threading.get_ident() not in threads


async def test_what_fails_changes_nothing(database: Database) -> None:
    def change_and_fail(session: Session) -> None:
        _increment(session)
        raise KeyError

    with pytest.raises(KeyError):
        await database.write(change_and_fail)
    assert await database.read(_number) == 0


async def test_concurrent_writers_that_read_first_lose_no_update(database: Database) -> None:
    async with asyncio.TaskGroup() as group:
        for _ in range(50):
            group.create_task(database.write(_increment))
    assert await database.read(_number) == 50


async def test_writers_of_two_processes_wait_for_each_other(
    database: Database, tmp_path: Path
) -> None:
    # Two Database objects share nothing but the file, as two processes do.
    other = Database(open_engine(database_url(tmp_path, {})))
    async with asyncio.TaskGroup() as group:
        for _ in range(25):
            group.create_task(database.write(_increment))
            group.create_task(other.write(_increment))
    assert await database.read(_number) == 50
    other.close()


async def test_a_reader_sees_one_snapshot_and_does_not_wait_for_a_writer(
    database: Database,
) -> None:
    async with asyncio.timeout(120):
        written, read = threading.Event(), threading.Event()

        def write(session: Session) -> None:
            _increment(session)
            written.set()
            assert read.wait(10)

        writing = asyncio.create_task(database.write(write))
        await asyncio.to_thread(written.wait, 10)
        assert await database.read(_number) == 0
        read.set()
        await writing
    assert await database.read(_number) == 1


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("database or disk is full", StorageFull),
        ("database is locked", Unavailable),
        ("disk I/O error", Unavailable),
        ("attempt to write a readonly database", Unavailable),
        ("unable to open database file", Unavailable),
    ],
)
async def test_errors_that_are_nobodys_bug_are_errors_of_the_core(
    database: Database, message: str, expected: type[Exception]
) -> None:
    def fail(session: Session) -> None:
        raise OperationalError("INSERT", None, sqlite3.OperationalError(message))

    with pytest.raises(expected):
        await database.write(fail)


async def test_an_error_in_sql_stays_what_it_is(database: Database) -> None:
    with pytest.raises(OperationalError, match="no such table"):
        await database.read(lambda session: session.connection().execute(text("SELECT * FROM x")))


def _rebuild_parents(database: Database, rows: str) -> None:
    with begun_for_migration(database.engine) as connection:
        connection.execute(text("CREATE TABLE new (id INTEGER PRIMARY KEY, n INTEGER)"))
        connection.execute(text(f"INSERT INTO new {rows}"))
        connection.execute(text("DROP TABLE parents"))
        connection.execute(text("ALTER TABLE new RENAME TO parents"))


def _children(session: Session) -> int:
    count = session.connection().execute(text("SELECT count(*) FROM children")).scalar_one()
    assert isinstance(count, int)
    return count


async def test_a_migration_may_rebuild_a_table_that_others_refer_to(database: Database) -> None:
    _rebuild_parents(database, "SELECT id, 7 FROM parents")
    assert await database.read(_number) == 7
    assert await database.read(_children) == 1
    assert await database.write(lambda session: _pragma(session, "foreign_keys")) == 1


async def test_a_migration_that_breaks_foreign_keys_changes_nothing(database: Database) -> None:
    with pytest.raises(IntegrityError, match="children"):
        _rebuild_parents(database, "VALUES (2, 7)")
    assert await database.read(_number) == 0
    assert await database.write(lambda session: _pragma(session, "foreign_keys")) == 1
