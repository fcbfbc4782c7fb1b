"""An app's states in a session's tree: attach, move to another version, park.

The caller holds the session's state lock: all of this runs inside an event of the session.
"""

from __future__ import annotations

from typing import Any

from app.bridge import core_states, instances, registration
from app.bridge.instances import Delta
from app.bridge.types import BaseState
from app.runtime import carry
from app.runtime.carry import Arrived, Lost, park, unpark
from app.runtime.parked import Parked
from app.runtime.sessions import Session
from app.runtime.version import LoadedVersion


def attach(session: Session, root: BaseState, version: LoadedVersion) -> tuple[Lost, ...]:
    """Make the states of `version` part of the session's tree, with the values it has of the app.

    Returns what could not be carried over as it was.
    """
    session.use_root(root)
    app_id = version.info.id
    current = session.attached.get(app_id)
    if current is version:
        return ()
    if current is not None:
        take_out(session, root, current)
    with registration.active(version.registration):
        made = instances.create(root, version.tree)
    parked = session.parked.get(app_id)
    arrived = unpark(parked, made, version) if parked is not None else Arrived()
    instances.put(root, made, version.tree)
    session.parked.pop(app_id, None)
    session.kept[app_id] = arrived.kept
    session.attach(version)
    _refresh_touches(session, root, version)
    return arrived.lost


def take_out(session: Session, root: BaseState, version: LoadedVersion) -> None:
    """Take the states of `version` out of the tree and keep their values."""
    app_id = version.info.id
    session.parked[app_id] = parked_now(session, root, version)
    session.kept.pop(app_id, None)
    instances.remove(root, version.tree)
    session.detach(app_id)
    _refresh_touches(session, root, version)


def parked_now(session: Session, root: BaseState, version: LoadedVersion) -> Parked:
    """Return the values that a session has of a version; they stay where they are."""
    kept = session.kept.get(version.info.id)
    return park(instances.find(root, version.tree), version, kept)


def rehearse(session: Session, version: LoadedVersion) -> None:
    """Let the `upgrade` of a version see the values that a session has; it stays as it is.

    Raises whatever it raises.
    """
    app_id = version.info.id
    parked, attached = session.parked.get(app_id), session.attached.get(app_id)
    if parked is None and attached is not None and session.root is not None:
        parked = parked_now(session, session.root, attached)
    if parked is not None:
        carry.rehearse(parked, version)


async def move(
    session: Session, root: BaseState, version: LoadedVersion
) -> tuple[Delta, tuple[Lost, ...]]:
    """Move the session from the version it has to `version`; on an error it stays where it is.

    Returns every var of the new version as the browser sees it, and what could not be carried over
    as it was.
    Raises whatever `upgrade` or a computed var of the new version raises.
    """
    before = session.attached.get(version.info.id)
    if before is None or before is version:
        lost = attach(session, root, version)
        return await current_values(session, root, version), lost
    old, kept = instances.find(root, before.tree), session.kept.get(version.info.id)
    try:
        lost = attach(session, root, version)
        return await current_values(session, root, version), lost
    except Exception:
        _put_back(session, root, before, old, version)
        if kept is not None:
            session.kept[version.info.id] = kept
        raise


async def current_values(session: Session, root: BaseState, version: LoadedVersion) -> Delta:
    """Return every var of the app's states in this session as the browser sees it."""
    found = instances.find(root, version.tree)
    with registration.active(session.registration):
        return await instances.snapshot(found, version.tree)


def apply_storage(root: BaseState, version: LoadedVersion, values: dict[str, Any]) -> None:
    """Give the vars that live in the browser's storage the values that it sent.

    Args:
        values: "<full state name>.<var>" -> text, as the browser names them.
    """
    found = instances.find(root, version.tree)
    for kind in version.storage.values():
        for key in kind.keys() & values.keys():
            name, _, var = key.rpartition(".")
            if name in found:
                setattr(found[name], instances.var_name(var), values[key])


def _put_back(
    session: Session,
    root: BaseState,
    before: LoadedVersion,
    old: dict[str, BaseState],
    failed: LoadedVersion,
) -> None:
    instances.remove(root, failed.tree)
    instances.put(root, old, before.tree)
    session.parked.pop(before.info.id, None)
    session.attach(before)
    _refresh_touches(session, root, failed)


def _refresh_touches(session: Session, root: BaseState, changed: LoadedVersion) -> None:
    core_states.hide_touches(root, changed.touches.states())
    core_states.show_touches(root, [version.touches for version in session.attached.values()])
