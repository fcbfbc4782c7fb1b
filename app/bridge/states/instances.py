"""A version's state instances inside one session's state tree."""

from __future__ import annotations

import copy
import functools
import inspect
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from reflex.compiler.utils import _compile_client_storage_recursive
from reflex.istate.delta import _resolve_delta
from reflex.istate.proxy import MutableProxy
from reflex.state import BaseState, _serialize_type
from reflex_base.constants.state import FIELD_MARKER
from reflex_base.utils.types import Unset, _isinstance, get_default_value_for_type
from reflex_base.vars.base import ComputedVar, Field

from app.bridge.states.registration import StateClass

Delta = dict[str, dict[str, Any]]

_CHANGED = "_graft_changed"  # beside the vars of an instance: names of those that `keep` stored


@dataclass(frozen=True)
class StateTree:
    """The states of one version.

    Attributes:
        classes: full name -> class, parents before children.
        tops: full names of those whose parent is a state of the core.
    """

    classes: Mapping[str, StateClass]
    tops: tuple[str, ...]


def state_tree(states: Sequence[StateClass]) -> StateTree:
    """Arrange a version's states (parents first)."""
    classes = {state.get_full_name(): state for state in states}
    tops = tuple(name for name in classes if name.rpartition(".")[0] not in classes)
    return StateTree(classes=classes, tops=tops)


def create(root: BaseState, tree: StateTree) -> dict[str, BaseState]:
    """Return new instances of all states, by full name, not yet part of the session's tree.

    The version's registration context must be active: a state makes its own substates from it.
    """
    made: dict[str, BaseState] = {}
    for name in tree.tops:
        parent = root.get_substate(name.split(".")[:-1])
        top = tree.classes[name](parent_state=parent, _reflex_internal_init=True)
        made.update(_walk(top))
    return made


def find(root: BaseState, tree: StateTree) -> dict[str, BaseState]:
    """Return the instances that the session has of these states, by full name."""
    found: dict[str, BaseState] = {}
    for name in tree.tops:
        parent = root.get_substate(name.split(".")[:-1])
        top = parent.substates.get(name.rpartition(".")[2])
        if top is not None:
            found.update(_walk(top))
    return found


def put(root: BaseState, instances: Mapping[str, BaseState], tree: StateTree) -> None:
    """Make `instances` part of the session's tree, in place of any others of the same name."""
    for name in tree.tops:
        parent = root.get_substate(name.split(".")[:-1])
        parent.substates[name.rpartition(".")[2]] = instances[name]


def remove(root: BaseState, tree: StateTree) -> None:
    """Take a version's states out of the session's tree."""
    for name in tree.tops:
        parent = root.get_substate(name.split(".")[:-1])
        short = name.rpartition(".")[2]
        parent.substates.pop(short, None)
        parent.dirty_substates.discard(short)


async def snapshot(
    instances: Mapping[str, BaseState], tree: StateTree, failed: list[Exception] | None = None
) -> Delta:
    """Return every var of the instances as the browser sees it, and mark them clean.

    Args:
        instances: by full name.
        tree: their classes.
        failed: takes what computed vars of the app raise; those have their initial value, or the
            default of their type, so that the rest can be shown.

    Raises whatever a computed var of the app raises, without `failed`.
    """
    delta: Delta = {}
    try:
        for name in tree.tops:
            delta.update(instances[name].dict())
        await _resolve_delta(delta)
    except Exception:
        if failed is None:
            raise
        delta = await _one_by_one(instances, tree, failed)
    for name in tree.tops:
        instances[name]._clean()  # type: ignore[no-untyped-call]
    return delta


async def _one_by_one(
    instances: Mapping[str, BaseState], tree: StateTree, failed: list[Exception]
) -> Delta:
    """Return what `snapshot` does; what is raised by one var concerns no other."""
    delta: Delta = {}
    for name in tree.tops:
        delta.update(instances[name].dict(include_computed=False))
    for name, state in instances.items():
        for var, computed in state.computed_vars.items():
            if not computed._backend:
                delta[name][f"{var}{FIELD_MARKER}"] = await _computed(state, var, computed, failed)
    return delta


async def _computed(
    state: BaseState, var: str, computed: ComputedVar[Any], failed: list[Exception]
) -> Any:
    try:
        value = state.get_value(var)
        return await value if inspect.isawaitable(value) else value
    except Exception as error:
        failed.append(error)
        initial = computed._initial_value
        unset = isinstance(initial, Unset)
        return get_default_value_for_type(computed._var_type) if unset else initial


async def renew_computed(root: BaseState, tree: StateTree) -> Delta:
    """Compute all computed vars of these states anew; return what changed for the browser.

    For what they read that is no var, so that no dependency tells of it.

    Raises whatever a computed var of the app raises; nothing is marked as changed then.
    """
    for state in find(root, tree).values():
        for name, computed in state.computed_vars.items():
            computed.mark_dirty(state)
            state.dirty_vars.add(name)
        state._mark_ancestors_dirty()
    try:
        return await root._get_resolved_delta()
    finally:
        root._clean()  # type: ignore[no-untyped-call]


def base_values(state: BaseState) -> dict[str, Any]:
    """Return the values that the session stored in this state itself, by var name."""
    fields = type(state).__fields__
    return {
        name: value
        for name, value in vars(state).items()
        if (declared := fields.get(name)) is not None and declared._owner is type(state)
    }


def untouched_values(state: BaseState) -> dict[str, Any]:
    """Return the defaults of the vars for which the session stored nothing, by var name; not those
    that a factory of the author's would make for it.
    """
    fields: Mapping[str, Any] = type(state).__fields__
    untouched = [name for name in own_vars(type(state)) if name not in vars(state)]
    return {n: fields[n].default_value() for n in untouched if not _is_made(fields[n])}


def is_default(state: BaseState, name: str, value: Any) -> bool:
    """Tell whether a var of `state` has the value that its class declares.

    What a factory of the author's makes (an id, a time) belongs to the session and is no default,
    and neither is a value that `keep` stored.
    """
    if name in vars(state).get(_CHANGED, ()):
        return False
    declared: Any = type(state).__fields__[name]
    if _is_made(declared):
        return False
    factory = declared.default_factory
    default = declared.default if factory is None else factory.args[0]
    try:
        if getattr(value, "model_fields_set", None) != getattr(default, "model_fields_set", None):
            return False  # a Pydantic model in which somebody set what was the default anyway
        return type(value) is type(default) and bool(value == default)
    except Exception:  # the comparison is the author's, or a data frame's
        return False


def fits(value: Any, declared: Any) -> bool:
    """Tell whether `value` is one that a var declared with this type can hold."""
    try:
        return bool(_isinstance(value, declared, nested=1))
    except TypeError:
        return False


def type_name(declared: Any) -> str:
    """Return a text for a var's declared type that is the same for equal types of two versions."""
    return _serialize_type(declared)


def value_without_default(declared: Any) -> Any:
    """Return the value that a var declared with this type has when it declares no default."""
    try:
        return get_default_value_for_type(declared)
    except Exception:  # a type whose module is not installed, or that cannot be made from nothing
        return None


def own_field(state: StateClass, name: str) -> Field[Any] | None:
    """Return the declaration of a var that `state` itself holds, or None."""
    declared = state.__fields__.get(name)
    return declared if declared is not None and declared._owner is state else None


def own_vars(state: StateClass) -> list[str]:
    """Return the names of the vars that `state` itself holds."""
    return [name for name, declared in state.__fields__.items() if declared._owner is state]


def set_raw(state: BaseState, name: str, value: Any) -> None:
    """Store the value of a var without marking it changed."""
    vars(state)[name] = value


def keep(state: BaseState, name: str, value: Any) -> None:
    """Store the value that a var had in the version before; it counts as changed from now on, also
    where it is the default of this version.
    """
    set_raw(state, name, value)
    vars(state).setdefault(_CHANGED, set()).add(name)


def mark_changed(state: BaseState, names: Iterable[str]) -> None:
    """Let vars of a state be sent to its browser, and those that are computed from them."""
    names = tuple(names)
    state.dirty_vars.update(names)
    state._mark_dirty(names)


def without_proxy(value: Any) -> Any:
    """Return what a handler put into a var, without the proxy that tells its state of changes."""
    return value.__wrapped__ if issubclass(type(value), MutableProxy) else value


def client_storage(tree: StateTree) -> dict[str, dict[str, Any]]:
    """Return the cookies, local and session storage entries of the states, as the browser wants
    them.
    """
    merged: dict[str, dict[str, Any]] = {"cookies": {}, "local_storage": {}, "session_storage": {}}
    for name in tree.tops:
        parts = _compile_client_storage_recursive(tree.classes[name])
        for kind, part in zip(merged.values(), parts, strict=True):
            kind.update(part)
    return merged


def var_name(key: str) -> str:
    """Return the var that the browser knows under `key`."""
    return key.removesuffix(FIELD_MARKER)


def _is_made(declared: Any) -> bool:
    """Tell whether a factory of the author's makes the default of a var."""
    factory = declared.default_factory
    # So does Reflex declare a list, a dict, …
    is_copy = isinstance(factory, functools.partial) and factory.func is copy.deepcopy
    return factory is not None and not is_copy


def _walk(state: BaseState) -> dict[str, BaseState]:
    found = {state.get_full_name(): state}
    for below in state.substates.values():
        found.update(_walk(below))
    return found
