"""Where a server keeps what must last. Opened for reading: nothing is made, migrated or changed."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.engine import make_url

from app.core.app_folders import AppFolders
from app.core.blobs import BlobFolder
from app.core.code_store import CodeStore, open_code_store
from app.core.database import database_url
from app.core.secret_box import FILE as KEY_FILE
from app.core.secret_box import VARIABLE as KEY_VARIABLE
from app.kernel.errors import Invalid, NotFound, Unavailable

FILES = "files"


@dataclass(frozen=True)
class Place:
    """One server's data.

    Attributes:
        database: SQLite's file; None when the database is a server of its own.
        code: packages and compiled bundles.
        files: contents of people's files.
        folders: what apps keep.
        key: the file with the key of secrets; None when the environment has the key.
    """

    database: Path | None
    code: CodeStore
    files: BlobFolder
    folders: AppFolders
    key: Path | None

    @classmethod
    def of(cls, data: Path, environ: Mapping[str, str]) -> Place:
        """Return what belongs to the data folder `data` and the settings in `environ`.

        Raises:
            Invalid: a setting is wrong.
            NotFound: there is no such folder.
        """
        if not data.is_dir():
            raise NotFound(f"there is no folder {data}: name the server's data folder with --data")
        return cls(
            database=database_file(data, environ),
            code=open_code_store(data, environ),
            files=BlobFolder(data / FILES),
            folders=AppFolders.from_environment(data, environ),
            key=None if environ.get(KEY_VARIABLE, "").strip() else data / KEY_FILE,
        )


def database_file(data: Path, environ: Mapping[str, str]) -> Path | None:
    """Return the file of the database, or None when it is no SQLite.

    Raises:
        Invalid: the setting is no URL of a database.
    """
    try:
        url = make_url(database_url(data, environ))
    except Exception as error:
        raise Invalid("GRAFT_DATABASE_URL is no URL of a database") from error
    if url.get_backend_name() != "sqlite":
        return None
    return Path(url.database or "")


def copy_database(source: Path, target: Path) -> str:
    """Copy a database that others may be writing to, as it is at one moment; return the version of
    its tables.

    Raises:
        NotFound: there is none.
        Unavailable: it cannot be read, or is damaged.
    """
    if not source.is_file():
        raise NotFound(f"there is no database {source}: name the server's folder with --data")
    try:
        with (
            closing(sqlite3.connect(source.absolute().as_uri() + "?mode=ro", uri=True)) as there,
            closing(sqlite3.connect(target)) as here,
        ):
            there.backup(here)
            # One file, which whoever opens it next may put wherever they like.
            here.execute("PRAGMA journal_mode = DELETE").close()
        return check_database(target)
    except sqlite3.Error as error:
        raise Unavailable(f"the database {source} cannot be copied: {error}") from error


def check_database(file: Path) -> str:
    """Look through a database; return the version of its tables.

    Raises:
        Unavailable: it is damaged, or none of Graft's.
    """
    try:
        with closing(sqlite3.connect(file)) as database:
            [said] = database.execute("PRAGMA quick_check(1)").fetchone()
            if said != "ok":
                raise Unavailable(f"the database is damaged: {said}")
            row = database.execute("SELECT version_num FROM alembic_version").fetchone()
    except sqlite3.Error as error:
        raise Unavailable(f"the database cannot be read: {error}") from error
    return str(row[0]) if row else ""


def named_contents(file: Path) -> tuple[frozenset[str], frozenset[str]]:
    """Return the digests that a copy of the database names: of packages, and of files.

    Compiled bundles are a cache and are not asked for.
    """
    with closing(sqlite3.connect(file)) as database:
        code = {row[0] for row in database.execute("SELECT package_digest FROM app_versions")}
        files = {row[0] for row in database.execute("SELECT sha256 FROM files")}
    return frozenset(code), frozenset(files)
