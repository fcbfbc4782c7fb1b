"""Who acts: the user, their organisation, and the client app that they act through.

Every context reads the actor from a context variable, so that client apps cannot pass a wrong one
by accident. Asyncio tasks and worker threads started by anyio or asyncio inherit it.
"""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from contextvars import ContextVar
from dataclasses import dataclass

from app.kernel.errors import CoreError
from app.kernel.errors import Forbidden as Forbidden
from app.kernel.grants import CapabilityNotGranted, Grants
from app.kernel.grants import is_granted as is_granted


class NoActor(CoreError):
    """Something needs to know who acts, outside any event, request or `acting_as` block."""


@dataclass(frozen=True, slots=True)
class User:
    """A person who signs in."""

    id: str
    name: str
    email: str


@dataclass(frozen=True, slots=True)
class Organisation:
    """A customer. Documents and files belong to exactly one organisation."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts, for which organisation, through which app and in which browser session.

    `capabilities` is what the app was granted, such as "documents:write"; None means that nothing
    is restricted (core code, and every app in development mode). `login` is the id of the login
    that they proved who they are with; client apps do not see it. `on_apps` is whether they came to
    an origin that has apps only, where nothing else is for them.
    """

    user: User
    organisation: Organisation
    roles: frozenset[str] = frozenset()
    app_id: str | None = None
    session: str | None = None
    capabilities: AbstractSet[str] | None = None
    login: str | None = None
    on_apps: bool = False


_actor: ContextVar[Actor] = ContextVar("graft_actor")


class acting_as:
    """Run the block as `actor`; blocks nest, and the outer actor is back afterwards.

    A class, because every event enters one, and a generator costs three times as much.
    """

    __slots__ = ("_actor", "_token")

    def __init__(self, actor: Actor) -> None:
        self._actor = actor

    def __enter__(self) -> Actor:
        self._token = _actor.set(self._actor)
        return self._actor

    def __exit__(self, *error: object) -> None:
        _actor.reset(self._token)


def actor() -> Actor:
    """Return who acts now.

    Raises:
        NoActor: outside of any event, request or `acting_as` block.
    """
    try:
        return _actor.get()
    except LookupError:
        raise NoActor(
            "nobody is acting here: use this inside an event handler, or wrap it in"
            " `with acting_as(actor):`"
        ) from None


def acting() -> Actor | None:
    """Return who acts now, or None when nobody does."""
    return _actor.get(None)


def require(capability: str) -> Actor:
    """Return the actor if they may use `capability`, written "<context>:read" or "…:write".

    Being granted to write includes to read.

    Raises:
        NoActor: nobody acts.
        CapabilityNotGranted: the app was not granted the capability.
    """
    who = actor()
    held = who.capabilities
    if held is None or is_granted(capability, held):
        return who
    if isinstance(held, Grants):
        held.require(capability)
    remedy = "List it in AppEntry.capabilities; then an administrator can grant it."
    raise CapabilityNotGranted(who.app_id or "this code", capability, remedy)


def refuse_apps(what: str) -> None:
    """Refuse `what` when a client app is acting; core code may.

    Raises:
        Forbidden: the code runs on behalf of a client app.
    """
    who = acting()
    if who is not None and who.app_id is not None:
        raise Forbidden(f"{who.app_id} may not {what}: only the core may")
