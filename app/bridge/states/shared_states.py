"""`rx.SharedState` in client apps: whom a name is shared with, and that it outlives a version.

Reflex keeps what is shared in a tree of states of its own, found by the name that a tab links to,
and puts the shared state in the place of the tab's own while an event runs. A name alone would be
the same for everybody who uses the server, and the token of a tab would lead into that tab.
"""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from typing import Any, Protocol

from reflex.istate import shared
from reflex.istate.delta import _suppress_delta_recording
from reflex.istate.manager import get_state_manager
from reflex.istate.manager.token import BaseStateToken
from reflex.istate.shared import SharedState, SharedStateBaseInternal
from reflex.state import BaseState
from reflex.utils.exceptions import ReflexRuntimeError
from reflex_base.constants import ROUTER_DATA, ROUTER_VARS
from reflex_base.registry import RegistrationContext

from app.bridge.states.instances import StateTree, find

_IN_PLACE_OF = "_graft_in_place_of"  # beside the vars of a shared state: the tab's own

Links = dict[str, str]


class SharingHost(Protocol):
    """What the node decides about states that tabs share."""

    def place_of(self, token: str, state: str, name: str) -> str:
        """Return where what a session shares under a name is kept.

        Args:
            token: of the session.
            state: full name of the state.
            name: what the app links to.
        """
        ...

    def bring(self, token: str, state: str, root: BaseState) -> None:
        """Let a tree of what is shared have the states of the version that a session has."""
        ...

    def acting_in(
        self, token: str, states: Iterable[str]
    ) -> contextlib.AbstractContextManager[None] | None:
        """Return the context of a session's use of the app that has these states, of which other
        tabs changed something; None if it uses none.
        """
        ...


def install() -> None:
    """Let apps share states in their own places; doing it again changes nothing."""
    if shared._patch_state is not _in_place:
        shared._patch_state = _in_place
        shared._do_update_other_tokens = _each_in_its_name(shared._do_update_other_tokens)
        for name, ours in (
            ("_internal_patch_linked_state", _link),
            ("_modify_linked_states", _linking),
            ("_unlink", _unlink),
        ):
            if name not in vars(SharedStateBaseInternal):
                raise RuntimeError(f"this version of Reflex has no {name}")
            type.__setattr__(SharedStateBaseInternal, name, ours)


@contextlib.asynccontextmanager
async def linked(root: BaseState) -> AsyncIterator[None]:
    """Let what a session shares be in the place of its own states inside the `with` statement, as
    in an event; in an event, also in the place of those that were made meanwhile.

    The session's registration must be active, and its state lock held.
    """
    if not links_of(root):
        yield
        return
    base: Any = await root.get_state(SharedStateBaseInternal)
    if base._linked_locks_holder()._exit_stack is None:
        async with base._modify_linked_states(previous_dirty_vars={}):
            yield
        return
    await _link_all(root)
    yield


def put_back(root: BaseState, tree: StateTree) -> None:
    """Let the states of a version be the session's own again, where shared ones are in their place:
    before they are taken out of the session's tree.
    """
    for state in find(root, tree).values():
        own = vars(state).get(_IN_PLACE_OF)
        if own is not None and state.parent_state is not None:
            state.parent_state.substates[state.get_name()] = own


def links_of(root: BaseState) -> Links:
    """Return what a session shares: full name of a state -> the name that it links to."""
    found: Links | None = getattr(root, "_reflex_internal_links", None)
    return found or {}


def take_links(root: BaseState, tree: StateTree) -> Links:
    """Remove the links of a version's states from a session, and return them."""
    links = links_of(root)
    return {state: links.pop(state) for state in list(links) if state in tree.classes}


def give_links(root: BaseState, links: Mapping[str, str], tree: StateTree) -> Links:
    """Give a session the links that a version has states for; return the others."""
    mine = {state: name for state, name in links.items() if state in tree.classes}
    if mine:
        root._reflex_internal_links = {**links_of(root), **mine}
    return {state: name for state, name in links.items() if state not in mine}


def _each_in_its_name(update: Callable[..., Any]) -> Callable[..., Any]:
    """Bring a change to the other tabs each in the name of its own user, with the states of its own
    apps: Reflex does it in those of whoever made the change.
    """

    def update_others(
        affected_tokens: set[str], previous_dirty_vars: dict[str, Any], state_type: type[BaseState]
    ) -> list[Any]:
        host: SharingHost = RegistrationContext.get().app.sharing  # type: ignore[attr-defined]
        tasks: list[Any] = []
        for token in affected_tokens:
            context = host.acting_in(token, previous_dirty_vars)
            if context is not None:
                with context:
                    tasks += update({token}, previous_dirty_vars, state_type)
        return tasks

    return update_others


async def _link_all(root: Any) -> dict[str, Any]:
    """Put all that a session shares in the place of its own states; return it by full name."""
    host: SharingHost = RegistrationContext.get().app.sharing  # type: ignore[attr-defined]
    found = {}
    for state, name in links_of(root).items():
        context = host.acting_in(root.rx_router_session.client_token, [state])
        if context is None:
            continue  # the app is put aside
        own: Any = root.get_substate(state.split("."))
        if _IN_PLACE_OF in vars(own):
            continue
        with context:  # computed vars of the app are made anew
            found[state] = await own._internal_patch_linked_state(name)
    return found


@contextlib.asynccontextmanager
async def _linking(
    self: Any, previous_dirty_vars: dict[str, set[str]] | None = None
) -> AsyncIterator[None]:
    """Do what Reflex's `_modify_linked_states` does, each in the scope of its app, and leave
    nothing locked when that fails.
    """
    holder = self._linked_locks_holder()
    if holder._exit_stack is not None:
        raise ReflexRuntimeError("Cannot nest _modify_linked_states contexts.")
    holder._exit_stack, holder._held_locks = contextlib.AsyncExitStack(), {}
    changed: dict[str, set[str]] = {}
    others: set[str] = set()
    try:
        async with holder._exit_stack:
            for state, linked_state in (await _link_all(self._get_root_state())).items():
                if previous_dirty_vars and state in previous_dirty_vars:
                    linked_state.dirty_vars.update(previous_dirty_vars[state])
                    linked_state._mark_dirty()
            yield
            for linked_state in self._held_locks_linked_states():
                before = linked_state._previous_dirty_vars
                if before is not None:
                    changed[linked_state.get_full_name()] = set(before)
                if linked_state._was_touched or before is not None:
                    others |= linked_state._linked_from
    finally:
        holder._exit_stack = None
    others.discard(self.rx_router_session.client_token)
    if previous_dirty_vars is None and others:
        shared._do_update_other_tokens(others, changed, type(self))


async def _link(self: Any, token: str, full_delta: bool = False) -> Any:
    """Put what is shared under a name in the place of a state (`token` is Reflex's word for it)."""
    holder = self._linked_locks_holder()
    if holder._exit_stack is None or holder._held_locks is None:
        raise ReflexRuntimeError("a state can be linked in an event only")
    host: SharingHost = RegistrationContext.get().app.sharing  # type: ignore[attr-defined]
    client = self.rx_router_session.client_token
    place = host.place_of(client, self.get_full_name(), token)
    root = await _locked(holder, BaseStateToken(ident=place, cls=type(self)))
    host.bring(client, self.get_full_name(), root)
    state = await root.get_state(type(self))
    if not isinstance(state, SharedState):
        raise ReflexRuntimeError(f"{self.get_full_name()} is no rx.SharedState")
    holder._held_locks[place].setdefault(type(self), state)
    if client not in state._linked_from:
        state._linked_from.add(client)
    if state._linked_to != token:
        state._linked_to = token
    await holder._exit_stack.enter_async_context(_in_place(self, state, full_delta))
    return state


async def _unlink(self: Any) -> list[Any]:
    """Give a tab its own state back, which the browser is sent with the rest of the event; Reflex
    sends all states anew. Returns no events.
    """
    name, own = self.get_full_name(), vars(self).get(_IN_PLACE_OF)
    if own is None or links_of(self._get_root_state()).pop(name, None) is None:
        raise ReflexRuntimeError(f"State {name} is not linked and cannot be unlinked.")
    self._linked_from.discard(self.rx_router_session.client_token)
    own.parent_state.substates[own.get_name()] = own
    own.dirty_vars.update(_own_vars(own), own.computed_vars)
    own._mark_dirty()
    own._mark_dirty_computed_vars(_own_vars(own))
    return []


async def _locked(holder: Any, key: BaseStateToken) -> BaseState:
    """Return the tree at a place, locked until the event is over."""
    manager = get_state_manager()
    if key.ident not in holder._held_locks:
        async with holder._held_locks_lock:
            if key.ident not in holder._held_locks:
                root: Any = await holder._exit_stack.enter_async_context(manager.modify_state(key))
                holder._held_locks[key.ident] = {}
                session = root.rx_router_session
                if session.client_token != key.ident:
                    changed = dataclasses.replace(session, client_token=key.ident)
                    root.rx_router_session = changed
                return root  # type: ignore[no-any-return]
    return await manager.get_state(key)


@contextlib.asynccontextmanager
async def _in_place(
    original_state: Any, linked_state: Any, full_delta: bool = False
) -> AsyncIterator[None]:
    """Do what Reflex's `_patch_state` does, but leave what came in the place of both meanwhile: the
    state of another version.
    """
    parent = original_state.parent_state
    if parent is None:
        raise ReflexRuntimeError("Cannot patch root state as linked state.")
    name, before = original_state.get_name(), linked_state.parent_state
    parent.substates[name] = linked_state
    linked_state.parent_state = parent
    vars(linked_state)[_IN_PLACE_OF] = original_state
    try:
        if full_delta:
            linked_state.dirty_vars.update(_own_vars(linked_state))
            linked_state.dirty_vars.update(linked_state.computed_vars)
            linked_state._mark_dirty()
        root = original_state._get_root_state()
        root.dirty_vars.update(ROUTER_VARS)
        root.dirty_vars.add(ROUTER_DATA)
        root._mark_dirty()
        # Computed vars are made anew; their values do not count as sent.
        with _suppress_delta_recording():
            await root._get_resolved_delta()
        yield
    finally:
        vars(linked_state).pop(_IN_PLACE_OF, None)
        if parent.substates.get(name) is linked_state:
            parent.substates[name] = original_state
        linked_state.parent_state = before
        original_state._mark_dirty_computed_vars(_own_vars(original_state))


def _own_vars(state: Any) -> list[str]:
    cls = type(state)
    return [name for name, declared in cls.get_fields().items() if declared._owner is cls]
