"""The public functions of the settings of installed apps."""

from __future__ import annotations

import json
import logging
from collections.abc import Collection, Mapping
from typing import Any

from sqlmodel import Session, col, select

from app.core.app_settings.model import (
    TOPIC,
    SecretLost,
    Settings,
    SettingsChanged,
    Touch,
    checked_fields,
)
from app.core.app_settings.tables import SettingRow
from app.core.app_settings.values import (
    clear_text,
    forget,
    json_text,
    place,
    setting_rows,
    write,
)
from app.core.apps import rows
from app.core.apps.changes.transaction import Done, begin, change, complete, lock
from app.core.apps.model import Action, App, Step
from app.core.apps.tables import StepRow
from app.core.audit import Stamp
from app.core.context import Core
from app.core.secret_box import SecretBox, Unreadable
from app.kernel.actor import refuse_apps

# Of what happened since somebody looked, at most so much is told.
_MOST_STEPS = 50

_log = logging.getLogger(__name__)


async def settings_for(core: Core, app_id: str) -> dict[str, Any]:
    """Return all settings of an app, secrets in clear: for the node and nobody else.

    An app that is not installed has none.

    Raises:
        SecretLost: the key of a secret is gone.
        Forbidden: a client app asks; it gets its own from `app.sdk.settings`.
    """
    found, lost = await readable_settings(core, app_id)
    if lost:
        raise SecretLost(app_id, lost)
    return found


async def readable_settings(core: Core, app_id: str) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Return the settings of an app in clear, and the secrets whose key is gone.

    Raises:
        Forbidden: a client app asks.
    """
    refuse_apps("read settings")
    return await core.database.read(lambda session: _readable(session, core.secrets, app_id))


async def describe(core: Core, app_id: str, secret: Collection[str] = ()) -> Settings:
    """Return the settings of an app for people; of secrets only whether they are set.

    `secret` names the fields that the app declares as secret: those that are not set are told
    too, and what one of them had before it was declared so is not shown.

    Raises:
        NotFound: there is no such app.
        Forbidden: a client app asks.
    """
    refuse_apps("read settings")
    declared = frozenset(secret)
    return await core.database.read(
        lambda session: _described(session, core.secrets, app_id, declared)
    )


async def save(
    core: Core,
    app_id: str,
    values: Mapping[str, Any],
    *,
    secret: Collection[str] = (),
    remove: Collection[str] = (),
    base_revision: int | None,
) -> Settings:
    """Set some settings of an app, remove others, and leave the rest as they are.

    So a form sends a secret only when somebody typed a new one. The app's current version gets
    them at once. History and audit log have the names of the fields, never a value. A field that is
    secret stays so until it is removed.

    Args:
        core: where the app is.
        app_id: the app.
        values: field to value, any JSON.
        secret: those of the fields that are encrypted.
        remove: fields to forget; one that is not set is fine.
        base_revision: the `Settings.revision` on which the caller decided; None takes any.

    Raises:
        Invalid: a field's name or value cannot be accepted; the value is not shown.
        NotFound: there is no such app.
        SettingsChanged: somebody else saved meanwhile.
        Deleted: the app is deleted.
        Forbidden: a client app asks.
    """
    checked_fields(values)
    texts = {name: json_text(name, value) for name, value in values.items()}
    private, gone = frozenset(secret), frozenset(remove) - frozenset(values)

    def work(session: Session, stamp: Stamp) -> Done[tuple[Settings, bool]]:
        row = begin(session, app_id, None)
        if base_revision is not None and base_revision != row.settings_revision:
            since = _since(session, app_id, row.settings_revision - base_revision)
            raise SettingsChanged(_described(session, core.secrets, app_id, private), since)
        changed = forget(session, app_id, gone)
        for field, text in texts.items():
            if write(session, core.secrets, stamp, app_id, field, text, field in private):
                changed.append(field)
        if not changed:
            return Done((_described(session, core.secrets, app_id, private), False))
        row.settings_revision += 1
        names = sorted(changed)
        done: Done[App] = complete(
            session,
            stamp,
            row,
            Action.SETTINGS,
            note=_note(names),
            detail={"fields": names},
        )
        return Done((_described(session, core.secrets, app_id, private), True), done.changes)

    async def save_and_tell() -> Settings:
        saved, is_changed = await change(core, "change settings", work)
        if is_changed:
            await _tell(core, saved)
        return saved

    return await core.finish(save_and_tell())


async def encrypt_again(core: Core) -> int:
    """Encrypt with the newest key all secrets that have an older one; return how many.

    After it the older keys can be taken out of GRAFT_SECRET_KEY.

    Raises:
        SecretLost: the key of a secret is gone already; the others were encrypted.
        Forbidden: a client app asks.
    """
    refuse_apps("encrypt secrets")

    def work(session: Session) -> tuple[int, list[tuple[str, str]]]:
        lock(session)
        done, lost = 0, []
        query = select(SettingRow).where(col(SettingRow.secret))
        for row in session.exec(query.order_by(col(SettingRow.app_id), col(SettingRow.field))):
            if core.secrets.is_newest(row.value):
                continue
            try:
                clear = clear_text(core.secrets, row)
            except Unreadable:
                lost.append((row.app_id, row.field))
                continue
            row.value = core.secrets.seal(clear, place(row.app_id, row.field))
            done += 1
        return done, lost

    done, lost = await core.finish(core.database.write(work))
    if lost:
        first = lost[0][0]
        raise SecretLost(first, tuple(field for app_id, field in lost if app_id == first))
    return done


def _readable(
    session: Session, box: SecretBox, app_id: str
) -> tuple[dict[str, Any], tuple[str, ...]]:
    found: dict[str, Any] = {}
    lost: list[str] = []
    for row in setting_rows(session, app_id):
        try:
            found[row.field] = json.loads(clear_text(box, row))
        except Unreadable:
            lost.append(row.field)
    return found, tuple(lost)


def _described(session: Session, box: SecretBox, app_id: str, declared: frozenset[str]) -> Settings:
    revision = rows.app_row(session, app_id).settings_revision
    found = setting_rows(session, app_id)
    clear, lost = _readable(session, box, app_id)
    private = declared | {row.field for row in found if row.secret}
    return Settings(
        app_id,
        values={name: value for name, value in clear.items() if name not in private},
        secrets={name: any(row.field == name for row in found) for name in sorted(private)},
        revision=revision,
        touched={row.field: Touch(row.set_at, row.set_by_name) for row in found},
        lost=lost,
    )


def _since(session: Session, app_id: str, count: int) -> tuple[Step, ...]:
    """Return the last changes of an app's settings: each made one revision of them."""
    query = select(StepRow).where(StepRow.app_id == app_id, StepRow.action == Action.SETTINGS.value)
    newest = query.order_by(col(StepRow.revision).desc()).limit(min(max(count, 0), _MOST_STEPS))
    return tuple(reversed([rows.step_of(row) for row in session.exec(newest)]))


def _note(fields: list[str]) -> str:
    text = ", ".join(fields)
    return text if len(text) <= 500 else f"{len(fields)} fields"


async def _tell(core: Core, saved: Settings) -> None:
    try:
        await core.bus.publish(TOPIC, {"app": saved.app_id, "revision": saved.revision})
    except Exception:
        _log.exception("could not tell of the settings of %s", saved.app_id)
