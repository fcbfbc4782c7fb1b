"""Who and what runs right now: the scope that the node opens around every piece of app code.

The sdk itself holds no state. The node (or the test kit) enters a `Scope` before it imports an
app's modules, builds its pages, or runs one of its events; everything in `app.sdk` reads that
scope.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any, Protocol

from app.kernel.actor import Actor
from app.kernel.grants import Grants, confined


class OutsideApp(RuntimeError):
    """A function of `app.sdk` was called where no client app is running."""


@dataclass(frozen=True)
class AppInfo:
    """The app version that runs.

    Attributes:
        id: `<client>/<app>`.
        url: the last part of the route `/apps/<url>`.
        version: the author's version string.
        number: the deployment number the server gave, 1, 2, 3 …; 0 while an app is only checked.
    """

    id: str
    url: str
    version: str
    number: int


@dataclass(frozen=True)
class Member:
    """One open page that joined a presence topic."""

    session: str
    user_id: str
    user_name: str
    meta: Mapping[str, Any]


class Change(Enum):
    """What code of an app is about to do to a file: let there be more of it or another one, take
    some or all of it away, or connect to it as a database.
    """

    GROW = "grow"
    TAKE = "take"
    CONNECT = "connect"


class Host(Protocol):
    """What the sdk needs of the node that hosts the app."""

    def asset_url(self, app: AppInfo, name: str) -> str: ...

    def beside_url(self, app: AppInfo, path: str) -> str: ...

    def is_outdated(self, app: AppInfo) -> bool: ...

    def settings_values(self, app: AppInfo) -> Mapping[str, Any]: ...

    def folder(self, scope: Scope, *, shared: bool) -> Path: ...

    def changes_file(self, scope: Scope, path: str, change: Change) -> bool:
        """Hear that the app is about to change a file, by its path without links; return whether it
        may do more than read it.

        Raises:
            OSError: it may not even open it.
        """
        ...

    async def broadcast(self, scope: Scope, event: Any, *, to_self: bool) -> None: ...

    async def subscribe(self, scope: Scope, topic: str, handler: Any) -> None: ...

    async def presence_set(self, scope: Scope, topic: str, meta: Mapping[str, Any]) -> None: ...

    async def presence_leave(self, scope: Scope, topic: str) -> None: ...

    def presence_here(self, scope: Scope, topic: str) -> Sequence[Member]: ...


@dataclass(frozen=True)
class Scope:
    """The running app, on whose behalf, in which session (None while loading and compiling).

    `grants` is what the app may do; None: everything (development). `root` is the folder of the
    version's own files. `has_settings` says whether its AppEntry names settings.
    """

    app: AppInfo
    host: Host
    actor: Actor | None = None
    session: str | None = None
    grants: Grants | None = None
    root: Path | None = None
    has_settings: bool = True


_scope: ContextVar[Scope] = ContextVar("graft_scope")

opened: ContextVar[Scope | None] = ContextVar("graft_opened", default=None)
"""The app that a test opened last: it may ask for addresses of it (`app.testing`)."""


def scope() -> Scope:
    """Return the scope that is running.

    Raises:
        OutsideApp: when called from code that no client app runs.
    """
    try:
        return _scope.get()
    except LookupError:
        raise OutsideApp(
            "app.sdk was used outside a running client app. Call it from an event handler, a page"
            " or a module of the app; in tests open the app with app.testing.open_app."
        ) from None


def scope_of_addresses() -> Scope:
    """Return the scope whose app's addresses are meant.

    Raises:
        OutsideApp: when called from code that no client app runs, and no test that opened one.
    """
    return running() or opened.get() or scope()


def running() -> Scope | None:
    """Return the scope that is running, or None."""
    return _scope.get(None)


class enter:
    """Run the body of the `with` statement in the scope `new`, with its grants."""

    __slots__ = ("_confined", "_new", "_token")

    def __init__(self, new: Scope) -> None:
        self._new = new
        self._confined = confined(new.grants)

    def __enter__(self) -> Scope:
        self._token = _scope.set(self._new)
        self._confined.__enter__()
        return self._new

    def __exit__(self, *error: object) -> None:
        self._confined.__exit__(*error)
        _scope.reset(self._token)
