"""What versions of apps say about their settings: known without loading them."""

from __future__ import annotations

import json

from sqlmodel import Session, col, select

from app.core.app_settings.model import Described
from app.core.app_settings.tables import SettingRow, SettingsSchemaRow
from app.core.app_settings.values import place
from app.core.apps import rows
from app.core.apps.changes.transaction import lock
from app.core.context import Core
from app.kernel.actor import refuse_apps
from app.kernel.errors import Invalid


async def keep_schema(core: Core, app_id: str, number: int, described: Described) -> None:
    """Keep what a version says about its settings.

    What earlier versions had in clear is encrypted as soon as one declares it secret. Neither
    history nor audit log: it follows from the package.

    Raises:
        NotFound: there is no such version.
        Invalid: it is not JSON.
        Forbidden: a client app asks.
    """
    refuse_apps("keep schemas of settings")
    try:
        schema = None if described.schema is None else dict(described.schema)
        body = json.dumps({"schema": schema, "secret": sorted(described.secret)}, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise Invalid(f"the schema of the settings of {app_id[:130]!r} is not JSON") from error

    def work(session: Session) -> None:
        lock(session)
        rows.version_row(session, app_id, number)
        session.merge(SettingsSchemaRow(app_id=app_id, number=number, body=body))
        clear = select(SettingRow).where(
            SettingRow.app_id == app_id,
            col(SettingRow.field).in_(described.secret),
            col(SettingRow.secret).is_(False),
        )
        for row in session.exec(clear):
            row.value = core.secrets.seal(row.value, place(app_id, row.field))
            row.secret = True

    await core.finish(core.database.write(work))


async def schema_of(core: Core, app_id: str, number: int) -> Described | None:
    """Return what a version says about its settings; None when it was never kept.

    Raises:
        NotFound: there is no such version.
        Forbidden: a client app asks.
    """
    refuse_apps("read schemas of settings")

    def work(session: Session) -> str | None:
        rows.version_row(session, app_id, number)
        row = session.get(SettingsSchemaRow, (app_id, number))
        return None if row is None else row.body

    body = await core.database.read(work)
    if body is None:
        return None
    found = json.loads(body)
    return Described(found["schema"], frozenset(found["secret"]))
