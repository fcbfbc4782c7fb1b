"""Bringing the database's tables up to date when the server starts.

To change tables: change the models, then write a migration with

    alembic -c app/core/migrations/alembic.ini revision --autogenerate --rev-id 0008 -m "…"

read what it wrote, and set `HEAD`. A test fails while models, migrations and HEAD disagree.
"""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, Engine, inspect, text

from app.core.database import begun_for_migration
from app.kernel.errors import Invalid

FOLDER = Path(__file__).parent
# Written down, so that a start with nothing to do imports neither Alembic nor any migration.
HEAD = "0007"
# Any number that no other program uses for PostgreSQL's advisory locks.
_LOCK = 4_716_827_001


def migrate(engine: Engine) -> bool:
    """Bring the tables to the newest version; return whether there was anything to do.

    Blocks while it does. When several nodes start at once, one migrates and the others wait. If a
    migration fails, the database stays as it was.

    Raises:
        Invalid: the database was migrated by a newer release than this one.
        Whatever the database raises.
    """
    with engine.connect() as connection:
        if _version(connection) == HEAD:
            return False
    with begun_for_migration(engine) as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        version = _version(connection)
        if version == HEAD:
            return False
        # Versions are numbers of one width, so they compare as texts.
        if version is not None and version > HEAD:
            raise Invalid(
                f"the database is at version {version}, this release knows {HEAD} at most: run the"
                " newer release, or restore a backup from before it was installed"
            )
        _upgrade(connection)
    return True


def _version(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    version: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return version


def _upgrade(connection: Connection) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    command.upgrade(config, HEAD)
