"""The public functions of the settings of installed apps."""

from __future__ import annotations

import json
import logging
from collections.abc import Collection, Mapping
from typing import Any

from sqlmodel import Session, col, delete, select

from app.core.actor import refuse_apps
from app.core.app_settings.model import MAX_VALUE, TOPIC, SecretLost, Settings, checked_fields
from app.core.app_settings.tables import SettingRow
from app.core.apps import rows
from app.core.apps.changing import Done, begin, change, complete, lock
from app.core.apps.model import Action, App
from app.core.audit import Stamp
from app.core.context import Core
from app.core.errors import Invalid
from app.core.secret_box import SecretBox, Unreadable

_log = logging.getLogger(__name__)


async def settings_for(core: Core, app_id: str) -> dict[str, Any]:
    """Return all settings of an app, secrets in clear: for the runtime and nobody else.

    An app that is not installed has none.

    Raises:
        SecretLost: the key of a secret is gone.
        Forbidden: a client app asks; it gets its own from `app.sdk.settings`.
    """
    refuse_apps("read settings")

    def work(session: Session) -> dict[str, Any]:
        found: dict[str, Any] = {}
        lost: list[str] = []
        for row in _rows(session, app_id):
            try:
                found[row.field] = json.loads(_clear(core.secrets, row))
            except Unreadable:
                lost.append(row.field)
        if lost:
            raise SecretLost(app_id, tuple(lost))
        return found

    return await core.database.read(work)


async def describe(core: Core, app_id: str, secret: Collection[str] = ()) -> Settings:
    """Return the settings of an app for people; of secrets only whether they are set.

    `secret` names the fields that the app declares as secret: those that are not set are told
    too, and what one of them had before it was declared so is not shown.

    Raises:
        NotFound: there is no such app.
        Forbidden: a client app asks.
    """
    refuse_apps("read settings")
    return await core.database.read(lambda session: _described(session, app_id, frozenset(secret)))


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
    them at once. History and audit log have the names of the fields, never a value.

    Args:
        core: where the app is.
        app_id: the app.
        values: field to value, any JSON.
        secret: those of the fields that are encrypted.
        remove: fields to forget; one that is not set is fine.
        base_revision: the `App.revision` on which the caller decided; None takes any.

    Raises:
        Invalid: a field's name or value cannot be accepted; the value is not shown.
        NotFound: there is no such app.
        Changed: the app is at another revision by now.
        Deleted: the app is deleted.
        Forbidden: a client app asks.
    """
    checked_fields(values)
    texts = {name: _json(name, value) for name, value in values.items()}
    private, gone = frozenset(secret), frozenset(remove) - frozenset(values)

    def work(session: Session, stamp: Stamp) -> Done[tuple[Settings, bool]]:
        row = begin(session, app_id, base_revision)
        changed = _forget(session, app_id, gone)
        for field, text in texts.items():
            if _write(session, core.secrets, stamp, app_id, field, text, field in private):
                changed.append(field)
        if not changed:
            return Done((_described(session, app_id, private), False))
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
        return Done((_described(session, app_id, private), True), done.changes)

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
                clear = _clear(core.secrets, row)
            except Unreadable:
                lost.append((row.app_id, row.field))
                continue
            row.value = core.secrets.seal(clear, _place(row.app_id, row.field))
            done += 1
        return done, lost

    done, lost = await core.finish(core.database.write(work))
    if lost:
        first = lost[0][0]
        raise SecretLost(first, tuple(field for app_id, field in lost if app_id == first))
    return done


def _described(session: Session, app_id: str, declared: frozenset[str]) -> Settings:
    revision = rows.app_row(session, app_id).settings_revision
    values: dict[str, Any] = {}
    secrets = dict.fromkeys(sorted(declared), False)
    for row in _rows(session, app_id):
        if row.secret or row.field in declared:
            secrets[row.field] = True
        else:
            values[row.field] = json.loads(row.value)
    return Settings(app_id, values, secrets, revision)


def _rows(session: Session, app_id: str) -> list[SettingRow]:
    query = select(SettingRow).where(SettingRow.app_id == app_id).order_by(col(SettingRow.field))
    return list(session.exec(query))


def _write(
    session: Session,
    box: SecretBox,
    stamp: Stamp,
    app_id: str,
    field: str,
    text: str,
    secret: bool,
) -> bool:
    """Set one field; return whether that changed anything."""
    row = session.get(SettingRow, (app_id, field))
    if row is not None and row.secret == secret and _is(box, row, text):
        return False
    session.merge(
        SettingRow(
            app_id=app_id,
            field=field,
            value=box.seal(text, _place(app_id, field)) if secret else text,
            secret=secret,
            set_at=stamp.at,
            set_by=stamp.actor.id,
            set_by_name=stamp.actor.name,
        )
    )
    session.flush()
    return True


def _is(box: SecretBox, row: SettingRow, text: str) -> bool:
    try:
        return _clear(box, row) == text
    except Unreadable:
        return False


def _forget(session: Session, app_id: str, fields: frozenset[str]) -> list[str]:
    known = [row.field for row in _rows(session, app_id) if row.field in fields]
    session.exec(
        delete(SettingRow).where(col(SettingRow.app_id) == app_id, col(SettingRow.field).in_(known))
    )
    return known


def _clear(box: SecretBox, row: SettingRow) -> str:
    return box.open(row.value, _place(row.app_id, row.field)) if row.secret else row.value


def _place(app_id: str, field: str) -> str:
    """What a secret is bound to, so that it opens nowhere else."""
    return f"graft-setting-1\0{app_id}\0{field}"


def _json(field: str, value: object) -> str:
    try:
        text = json.dumps(value, allow_nan=False)
    except (TypeError, ValueError):
        # Without the reason: it may quote the value, which may be a secret.
        raise Invalid(f"the value of {field} is not JSON") from None
    if len(text) > MAX_VALUE:
        raise Invalid(f"the value of {field} is above {MAX_VALUE:,} characters")
    return text


def _note(fields: list[str]) -> str:
    text = ", ".join(fields)
    return text if len(text) <= 500 else f"{len(fields)} fields"


async def _tell(core: Core, saved: Settings) -> None:
    try:
        await core.bus.publish(TOPIC, {"app": saved.app_id, "revision": saved.revision})
    except Exception:
        _log.exception("could not tell of the settings of %s", saved.app_id)
