"""What the bridge asks of whoever decides about sockets and events, and tells them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Protocol

from reflex.state import BaseState
from reflex_base.event import Event
from reflex_base.registry import RegisteredEventHandler

from app.bridge.compiling.named_events import NamedEvents
from app.bridge.compiling.parts import Part

UNIDENTIFIED = "graft.stranger"
"""Key in a socket's ASGI scope: the `UnidentifiedSocket` that is told who is at the other end."""

Execute = Callable[[RegisteredEventHandler], Awaitable[None]]


class UnidentifiedSocket(Protocol):
    """What is told whether it is known who is at the other end of a socket."""

    def known(self) -> None:
        """Somebody proved who they are."""
        ...

    def unknown(self) -> None:
        """They are not there any more, but the socket is."""
        ...

    def broke(self, why: str) -> None:
        """They sent what no page sends."""
        ...


class SocketHost(Protocol):
    """What the node decides about sockets."""

    async def connecting(self, sid: str, token: str, environ: dict[str, Any], auth: Any) -> None:
        """A socket opens; `auth` is its first packet and may be changed in place.

        Raises:
            Forbidden: nobody is signed in.
        """
        ...

    def session_token(self, sid: str, token: str) -> str:
        """Return the token of the session that a socket means by the client token that it sent.

        Raises:
            Forbidden: the login ended meanwhile.
        """
        ...

    def connected(self, sid: str, token: str) -> None:
        """The socket has the token of its session (a duplicated tab gets a new one).

        Raises:
            Forbidden: the login ended meanwhile.
        """
        ...

    def refused(self, sid: str) -> None:
        """A socket that was connecting is refused."""
        ...

    def disconnected(self, sid: str, token: str) -> None:
        """The socket closed."""
        ...

    async def received(self, token: str, data: Any) -> bool:
        """A packet arrived; return whether it may be queued as an event.

        Its router data may be changed in place. Must not wait when it may: packets that arrive one
        after the other are queued in this order.
        """
        ...

    def queued(self, token: str, payload: Mapping[str, Any]) -> Callable[[], None] | None:
        """An event of a browser was queued; return what to call when it ended."""
        ...

    def visible(self, token: str, delta: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the part of an update that this browser can take."""
        ...

    def addressed(self, token: str, events: Sequence[Event]) -> list[Event]:
        """Return what a browser is told to do, with the addresses in it that it needs."""
        ...

    def named(self, token: str, events: NamedEvents) -> None:
        """Events were named in what a browser is sent: it may send them from now on."""
        ...

    def made(self, token: str, parts: Sequence[Part]) -> None:
        """Components of vars are in what a browser is sent: it may fetch them from now on."""
        ...

    def tree_of(self, token: str) -> BaseState | None:
        """Return the root of a session's states, if they were used already."""
        ...


class EventHost(Protocol):
    """What the node decides about events."""

    def find_handler(self, name: str) -> RegisteredEventHandler | None:
        """Return some handler for an event that is not the core's."""
        ...

    async def run_event(
        self, token: str, event: Event, handler: RegisteredEventHandler, execute: Execute
    ) -> None:
        """Run an event with `execute(handler)`, in the right scope, or refuse it."""
        ...

    def explain(self, error: Exception) -> str | None:
        """Return what to tell a user about an error of an event; None: nothing particular."""
        ...

    def is_logged(self, token: str, error: Exception) -> bool:
        """Tell whether an error of a session's event goes to the log, with its traceback."""
        ...

    async def before_handler(self, token: str, root: BaseState, event: Event) -> None:
        """The session's state lock is held and the handler is about to run."""
        ...
