"""SQL that is compiled once for all tests of a process.

SQLAlchemy keeps the text of a statement with the engine that compiled it. Most tests have a
database of their own, and compiling the same statements anew was a seventh of what they cost.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Engine, create_engine

from app.core import database


def share_statements() -> None:
    """Let all engines for SQLite that the core makes from now on share their statements."""
    shared = create_engine("sqlite://")
    shared.connect().close()  # the dialect asks which SQLite this is

    def create(url: Any, **options: Any) -> Engine:
        engine = create_engine(url, **options)
        if engine.dialect.name == "sqlite":
            # What a statement is kept under names the dialect, so that has to be the same one.
            engine.dialect = shared.dialect
            engine._compiled_cache = shared._compiled_cache
        return engine

    setattr(database, create_engine.__name__, create)
