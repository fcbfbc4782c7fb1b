"""What events changed, on its way to browsers: what cannot be sent is taken back, and said."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from reflex.state import BaseState
from reflex_base.event.context import EmitDeltaProtocol
from reflex_base.utils.format import json_dumps

from app.bridge.client_code import is_client_state
from app.bridge.compiling import parts
from app.bridge.errors import UnsendableValue
from app.bridge.sockets import sendable
from app.bridge.sockets.hosts import SocketHost
from app.bridge.sockets.sent import note_sent
from app.bridge.states import undo

Send = Callable[[Mapping[str, Any]], Awaitable[None]]
States = Mapping[str, Mapping[str, Any]]


async def deliver(delta: States, root: BaseState | None, send: Send, *, is_all: bool) -> None:
    """Send what an event changed; if a browser cannot be sent it, take it back.

    Args:
        delta: the changes.
        root: of the session's states; None while it has none.
        send: serialises the changes and sends them.
        is_all: whether these are all changes of the session, and somebody gets them.

    Raises:
        UnsendableValue: it names the vars; those of the core arrived all the same.
    """
    try:
        await send(delta)
    except Exception:
        faults = sendable.faults_in(delta, root)
        if not faults:
            raise
        if root is not None:
            undo.roll_back(root)
            sendable.forget_sent(root, delta)
        rest = {name: values for name, values in delta.items() if not is_client_state(name)}
        if rest:
            await send(rest)
        raise sendable.error_for(faults) from None
    if is_all and root is not None:
        undo.commit(root)


def checked(emit: EmitDeltaProtocol, host: SocketHost) -> EmitDeltaProtocol:
    """Return an `emit` that refuses what cannot be sent, for one that serialises it later, where an
    error reaches no event any more; `host` learns what was sent.
    """

    async def emit_checked(token: str, delta: States) -> None:
        async def send(part: Mapping[str, Any]) -> None:
            with parts.collected() as made:
                text = json_dumps(part)
            note_sent(host, token, text, made)
            await emit(token, part)

        await deliver(delta, host.tree_of(token), send, is_all=True)

    return emit_checked


async def send_whole(
    states: dict[str, dict[str, Any]],
    root: BaseState,
    send: Callable[[], Awaitable[None]],
    again: Callable[[], Awaitable[States]],
) -> UnsendableValue | None:
    """Send all vars of an app, which must arrive: what cannot be sent gets the value that it had
    when the browser was sent it last, or its default. Of what is computed from the rest the browser
    keeps what it has.

    Args:
        states: the vars; what is sent in their place is put here.
        root: of the session's states.
        send: serialises them and sends them.
        again: returns the vars as they are by then.

    Returns why not all could be sent, None if they could.
    """
    try:
        await send()
    except Exception:
        faults = sendable.faults_in(states, root)
        if not faults:
            raise
    else:
        undo.commit(root)
        return None
    error = sendable.error_for(faults)
    if undo.roll_back(root):
        states.update({name: dict(values) for name, values in (await again()).items()})
        faults = sendable.faults_in(states, root)
    reset = [fault for fault in faults if sendable.put_default(root, fault)]
    if reset:
        states.update({name: dict(values) for name, values in (await again()).items()})
    for fault in sendable.faults_in(states, root):
        del states[fault.state][fault.key]
    sendable.forget_sent(root, states)
    await send()
    undo.commit(root)
    return error
