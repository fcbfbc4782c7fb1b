"""What Alembic runs; on the connection that `migrate` passes, else on the configured database."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlalchemy import Connection
from sqlmodel.sql.sqltypes import AutoString

from app.core.database import database_url, for_writing, open_engine
from app.core.migrations.models import metadata
from app.core.tables import Moment


def render(kind: str, item: Any, _: AutogenContext) -> str | Literal[False]:
    """Write our own column types as plain ones: a migration must not change with the code."""
    if kind == "type" and isinstance(item, Moment):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and isinstance(item, AutoString):
        return f"sa.String(length={item.length})"
    return False


def run(connection: Connection) -> None:
    """Run the migrations that are wanted."""
    context.configure(
        connection=connection,
        target_metadata=metadata,
        render_as_batch=True,  # SQLite cannot alter most things in place
        render_item=render,
        transactional_ddl=True,
    )
    with context.begin_transaction():
        context.run_migrations()


given: Connection | None = context.config.attributes.get("connection")
if given is not None:
    run(given)
else:
    with for_writing(open_engine(database_url(Path("data"), os.environ))).begin() as own:
        run(own)
