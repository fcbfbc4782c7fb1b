"""An app's states in a tab's tree: attach, move to another version, park.

The caller holds the tab's state lock: all of this runs inside an event of the tab.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.bridge.states import core_states, instances, registration, shared_states
from app.bridge.states.instances import Delta
from app.bridge.types import BaseState
from app.cell.loading.version import LoadedVersion
from app.cell.tab import Tab
from app.cell.values import carry
from app.cell.values.carry import Arrived, Lost, park, unpark
from app.cell.values.parked import Parked


def attach(tab: Tab, root: BaseState, version: LoadedVersion) -> tuple[Lost, ...]:
    """Make the states of `version` part of the tab's tree, with the values it has of the app.

    Returns what could not be carried over as it was.
    """
    tab.use_root(root)
    app_id = version.info.id
    current = tab.attached.get(app_id)
    if current is version:
        return ()
    if current is not None:
        take_out(tab, root, current)
    with registration.active(version.registration):
        made = instances.create(root, version.tree)
    parked = tab.parked.get(app_id)
    arrived = unpark(parked, made, version) if parked is not None else Arrived()
    instances.put(root, made, version.tree)
    links = tab.links.pop(app_id, {})
    tab.links[app_id] = shared_states.give_links(root, links, version.tree)
    tab.parked.pop(app_id, None)
    tab.kept[app_id] = arrived.kept
    tab.unstored[app_id] = _unstored(parked, made, version) if parked is not None else frozenset()
    tab.attach(version)
    _refresh_touches(tab, root, version)
    return arrived.lost


def _unstored(
    parked: Parked, made: Mapping[str, BaseState], version: LoadedVersion
) -> frozenset[str]:
    """Return the keys of storage vars that have a value which the former version did not have
    under this name: `upgrade` put it there, or the class moved to another module.
    """
    found = set[str]()
    for key in (key for entries in version.storage.values() for key in entries):
        state, _, var = key.rpartition(".")
        name = instances.var_name(var)
        if state not in made or name not in (values := instances.base_values(made[state])):
            continue
        before = parked.states.get(state, {}).get(name)
        is_same = before is not None and before.value == values[name]
        if not is_same and not instances.is_default(made[state], name, values[name]):
            found.add(key)
    return frozenset(found)


def mark_unstored(tab: Tab, root: BaseState, version: LoadedVersion) -> None:
    """Let the browser be sent what it has to put into its storage, as after an event."""
    keys = tab.unstored.pop(version.info.id, frozenset())
    found = instances.find(root, version.tree)
    for key in keys:
        state, _, var = key.rpartition(".")
        instances.mark_changed(found[state], [instances.var_name(var)])


def take_out(tab: Tab, root: BaseState, version: LoadedVersion) -> None:
    """Take the states of `version` out of the tree and keep their values."""
    app_id = version.info.id
    tab.parked[app_id] = parked_now(tab, root, version)
    tab.kept.pop(app_id, None)
    links = shared_states.take_links(root, version.tree)
    tab.links[app_id] = {**tab.links.get(app_id, {}), **links}
    instances.remove(root, version.tree)
    tab.detach(app_id)
    _refresh_touches(tab, root, version)


def parked_now(tab: Tab, root: BaseState, version: LoadedVersion) -> Parked:
    """Return the values that a tab has of a version; they stay where they are."""
    shared_states.put_back(root, version.tree)
    kept = tab.kept.get(version.info.id)
    return park(instances.find(root, version.tree), version, kept)


def rehearse(tab: Tab, version: LoadedVersion) -> None:
    """Let the `upgrade` of a version see the values that a tab has; it stays as it is.

    Raises whatever it raises.
    """
    app_id = version.info.id
    parked, attached = tab.parked.get(app_id), tab.attached.get(app_id)
    if parked is None and attached is not None and tab.root is not None:
        parked = parked_now(tab, tab.root, attached)
    if parked is not None:
        carry.rehearse(parked, version)


async def move(tab: Tab, root: BaseState, version: LoadedVersion) -> tuple[Delta, tuple[Lost, ...]]:
    """Move the tab from the version it has to `version`; on an error it stays where it is.

    Returns every var of the new version as the browser sees it, and what could not be carried over
    as it was.
    Raises whatever `upgrade` or a computed var of the new version raises.
    """
    before = tab.attached.get(version.info.id)
    if before is None or before is version:
        lost = attach(tab, root, version)
        return await current_values(tab, root, version), lost
    shared_states.put_back(root, before.tree)
    old, kept = instances.find(root, before.tree), tab.kept.get(version.info.id)
    try:
        lost = attach(tab, root, version)
        return await current_values(tab, root, version), lost
    except Exception:
        _put_back(tab, root, before, old, version)
        if kept is not None:
            tab.kept[version.info.id] = kept
        raise


async def current_values(
    tab: Tab, root: BaseState, version: LoadedVersion, failed: list[Exception] | None = None
) -> Delta:
    """Return every var of the app's states in this tab as the browser sees it.

    Raises whatever a computed var of the app raises, unless there is a list that takes it.
    """
    with registration.active(tab.registration):
        async with shared_states.linked(root):
            found = instances.find(root, version.tree)
            return await instances.snapshot(found, version.tree, failed)


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
    tab: Tab,
    root: BaseState,
    before: LoadedVersion,
    old: dict[str, BaseState],
    failed: LoadedVersion,
) -> None:
    shared_states.put_back(root, failed.tree)
    links = {**tab.links.pop(before.info.id, {}), **shared_states.take_links(root, failed.tree)}
    instances.remove(root, failed.tree)
    instances.put(root, old, before.tree)
    tab.links[before.info.id] = shared_states.give_links(root, links, before.tree)
    tab.parked.pop(before.info.id, None)
    tab.attach(before)
    _refresh_touches(tab, root, failed)


def _refresh_touches(tab: Tab, root: BaseState, changed: LoadedVersion) -> None:
    core_states.hide_touches(root, changed.touches.states())
    core_states.show_touches(root, [version.touches for version in tab.attached.values()])
