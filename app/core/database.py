"""The database: an engine, and running SQL in worker threads off the event loop.

SQLite is set up for a server: write-ahead log (readers never wait for a writer), foreign keys,
a busy timeout for writers of other processes. Writes begin with BEGIN IMMEDIATE, because a
transaction that reads first and writes later fails at once, without waiting, when another one
wrote in between. The contexts use no SQL of one database only.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypeVar

import anyio
import anyio.to_thread
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError, IntegrityError, OperationalError
from sqlalchemy.pool import ConnectionPoolEntry
from sqlmodel import Session

from app.core.private import make_private_database
from app.kernel.errors import Invalid, StorageFull, Unavailable
from app.kernel.grants import confined

T = TypeVar("T")

URL_VARIABLE = "GRAFT_DATABASE_URL"
DATABASE_FILE = "graft.sqlite3"
BUSY_TIMEOUT_MS = 10_000
READERS = 8  # more threads than that only wait for the GIL
_WRITES = "graft_writes"


def database_url(data: Path, environ: Mapping[str, str]) -> str:
    """Return the URL set in `environ`, or that of a SQLite file in the folder `data`."""
    return environ.get(URL_VARIABLE) or f"sqlite:///{(data / DATABASE_FILE).absolute()}"


def open_engine(url: str) -> Engine:
    """Return an engine for `url`; connects only when it is used. A file of SQLite is private.

    Raises:
        Invalid: not a database URL; SQLite without a file (nothing would outlive a connection); or
            the driver for that database is not installed.
    """
    parsed = _parse(url)
    if parsed.get_backend_name() != "sqlite":
        return _open_server(parsed)
    if not parsed.database or parsed.database == ":memory:":
        raise Invalid(f"{URL_VARIABLE} must name a file: sqlite:////var/lib/graft/graft.sqlite3")
    if not parsed.database.startswith("file:"):
        # Whatever keeps it from being made or closed, connecting says what is wrong with it.
        with suppress(OSError):
            make_private_database(Path(parsed.database))
    engine = create_engine(
        parsed, pool_size=READERS + 1, connect_args={"timeout": BUSY_TIMEOUT_MS / 1000}
    )
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def for_writing(engine: Engine) -> Engine:
    """Return a view of `engine` whose transactions are going to write."""
    return engine.execution_options(**{_WRITES: True})


@contextmanager
def begun_for_migration(engine: Engine) -> Iterator[Connection]:
    """Yield a connection in a writing transaction that may rebuild tables; commit at the end.

    SQLite changes a table by copying it and dropping the old one, and dropping would delete, by
    the foreign keys, every row that refers to it. So keys are not enforced in the block, but
    checked at its end. The setting cannot be changed within a transaction.

    Raises:
        IntegrityError: on SQLite, foreign keys are broken in the end; nothing is changed.
    """
    with for_writing(engine).connect() as connection:
        sqlite = connection.connection.driver_connection
        if not isinstance(sqlite, sqlite3.Connection):
            with connection.begin():
                yield connection
            return
        sqlite.execute("PRAGMA foreign_keys = OFF").close()
        try:
            with connection.begin():
                yield connection
                broken = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
                if broken:
                    reason = sqlite3.IntegrityError(
                        f"rows without what they refer to: {broken[:9]}"
                    )
                    raise IntegrityError("PRAGMA foreign_key_check", None, reason)
        finally:
            sqlite.execute("PRAGMA foreign_keys = ON").close()


class Database:
    """Runs functions of a `Session` in worker threads, each in a transaction of its own."""

    def __init__(self, engine: Engine) -> None:
        """Use `engine`, which `open_engine` made; `close` disposes of it."""
        self.engine = engine
        self._writing_engine = for_writing(engine)
        self._readers = anyio.CapacityLimiter(READERS)
        # SQLite has one writer at a time. Queueing here is fair; its own busy loop is not.
        writers = 1 if engine.dialect.name == "sqlite" else READERS
        self._writers = anyio.CapacityLimiter(writers)

    async def read(self, work: Callable[[Session], T]) -> T:
        """Return `work(session)`, run in a worker thread on one consistent snapshot.

        Raises:
            Unavailable: the database is locked or cannot be reached.
        """
        return await anyio.to_thread.run_sync(self._run, self.engine, work, limiter=self._readers)

    async def write(self, work: Callable[[Session], T]) -> T:
        """Return `work(session)`, run in a worker thread and committed unless it raises.

        On SQLite no other write begins before this one has ended; on other databases `work` must
        guard what it reads and then changes by conditional updates or row locks.

        Raises:
            Unavailable: the database is locked, or cannot be reached or written.
            StorageFull: the disk is full; nothing was written.
        """
        return await anyio.to_thread.run_sync(
            self._run, self._writing_engine, work, limiter=self._writers
        )

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()

    @staticmethod
    def _run(engine: Engine, work: Callable[[Session], T]) -> T:
        # Whoever causes it: this connection is the core's.
        with confined(None), translated_errors(), Session(engine) as session, session.begin():
            return work(session)


def _parse(url: str) -> URL:
    try:
        return make_url(url)
    except ArgumentError as error:
        raise Invalid(f"{URL_VARIABLE} is not a database URL, like sqlite:////a/file") from error


def _open_server(url: URL) -> Engine:
    try:
        return create_engine(url, pool_size=READERS + 1, pool_pre_ping=True)
    except (ArgumentError, ModuleNotFoundError) as error:
        raise Invalid(
            f"{URL_VARIABLE} names the database {url.drivername!r}, which cannot be used: {error}"
        ) from error


def _prepare_sqlite(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    assert isinstance(connection, sqlite3.Connection)
    # None: the sqlite3 module begins no transactions by itself; `_begin_sqlite` does.
    connection.isolation_level = None
    for pragma in (
        f"busy_timeout = {BUSY_TIMEOUT_MS}",
        "journal_mode = WAL",
        "synchronous = NORMAL",
        "foreign_keys = ON",
    ):
        connection.execute(f"PRAGMA {pragma}").close()


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get(_WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


@contextmanager
def translated_errors() -> Iterator[None]:
    """Turn the operational errors that are nobody's bug into errors of the core."""
    try:
        yield
    except OperationalError as error:
        text = str(error.orig).lower()
        if "disk is full" in text or "no space left" in text:
            raise StorageFull("the disk of the database is full") from error
        # SQLite's words for a disk that breaks, is read only, or whose files may not get larger.
        if "disk i/o error" in text or "readonly database" in text:
            raise Unavailable("the database cannot be written; its disk may be full") from error
        if "unable to open database" in text:
            raise Unavailable("the database cannot be opened") from error
        if "locked" in text or error.connection_invalidated or "connection" in text:
            raise Unavailable("the database did not answer in time") from error
        raise
