"""Who acts: the user, their organisation, and the client app that they act through.

Every context reads the actor from a context variable, so that client apps cannot pass a wrong one
by accident. Asyncio tasks and worker threads started by anyio or asyncio inherit it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from app.core.errors import CoreError


class NoActor(CoreError):
    """Something needs to know who acts, outside any event, request or `acting_as` block."""


class Forbidden(CoreError):
    """The actor, or the client app they act through, may not do this."""


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
    is restricted (core code, and every app in development mode).
    """

    user: User
    organisation: Organisation
    roles: frozenset[str] = frozenset()
    app_id: str | None = None
    session: str | None = None
    capabilities: frozenset[str] | None = None


_actor: ContextVar[Actor] = ContextVar("graft_actor")


@contextmanager
def acting_as(actor: Actor) -> Iterator[Actor]:
    """Run the block as `actor`; blocks nest, and the outer actor is back afterwards."""
    token = _actor.set(actor)
    try:
        yield actor
    finally:
        _actor.reset(token)


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
        Forbidden: the app was not granted the capability.
    """
    who = actor()
    if who.capabilities is None or is_granted(capability, who.capabilities):
        return who
    raise Forbidden(
        f"{who.app_id or 'this code'} was not granted {capability!r}: list it in"
        " AppEntry.capabilities and let an admin grant it"
    )


def is_granted(capability: str, granted: frozenset[str]) -> bool:
    """Whether `granted` has `capability`; to be granted to write includes to read."""
    if capability in granted:
        return True
    context, _, verb = capability.partition(":")
    return verb == "read" and f"{context}:write" in granted


def refuse_apps(what: str) -> None:
    """Refuse `what` when a client app is acting; core code may.

    Raises:
        Forbidden: the code runs on behalf of a client app.
    """
    who = acting()
    if who is not None and who.app_id is not None:
        raise Forbidden(f"{who.app_id} may not {what}: only the core may")
