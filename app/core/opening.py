"""Opening a core: the database brought up to date, the code store, the key of secrets."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from sqlalchemy import Engine, text

from app.core.app_folders import AppFolders
from app.core.blobs import BlobFolder
from app.core.bus import Bus, InMemoryBus
from app.core.code_store import CodeStore, open_code_store
from app.core.context import Clock, Core, utc_now
from app.core.database import Database, database_url, open_engine, translated_errors
from app.core.limits import Limits
from app.core.migrations import migrate
from app.core.private import make_private_folder
from app.core.secret_box import open_secret_box


def open_core(
    data: Path,
    environ: Mapping[str, str] | None = None,
    *,
    bus: Bus | None = None,
    clock: Clock = utc_now,
    limits: Limits | None = None,
    code: CodeStore | None = None,
) -> Core:
    """Open everything in the folder `data`, which is made if missing, and migrate the database.

    Folder and database are closed to other accounts of the machine.

    Blocks while it does. `environ` holds the settings (os.environ, in a server); by default there
    are none, and `limits` and `code` are as set there. `bus` defaults to one for a single node.

    Raises:
        Invalid: a setting is wrong.
        StorageFull, Unavailable: the database cannot be opened or written.
        OSError: the folder cannot be made.
    """
    settings = environ or {}
    chosen = limits or Limits.from_environment(settings)
    folders = AppFolders.from_environment(data, settings)
    code_store = code or open_code_store(data, settings)
    make_private_folder(data)
    secrets = open_secret_box(data, settings)
    engine = open_engine(database_url(data, settings))
    try:
        with translated_errors():
            migrate(engine)
            is_new = not _has_versions(engine)
    except BaseException:
        engine.dispose()
        raise
    if is_new:
        with suppress(OSError):  # whoever needs it says so
            code_store.make()
    return Core(
        database=Database(engine),
        blobs=BlobFolder(data / "files"),
        bus=bus or InMemoryBus(),
        code=code_store,
        secrets=secrets,
        folders=folders,
        clock=clock,
        limits=chosen,
    )


def _has_versions(engine: Engine) -> bool:
    """Tell whether something must be in the code store already."""
    with engine.connect() as connection:
        return connection.execute(text("SELECT 1 FROM app_versions LIMIT 1")).first() is not None
