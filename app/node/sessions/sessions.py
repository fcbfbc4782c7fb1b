"""Sessions: one record per open browser tab, and what each has of which app."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from app.bridge.compiling.named_events import NamedEvents
from app.bridge.states.route_params import AppPage
from app.cell.loading.version import LoadedVersion
from app.cell.tab import Tab
from app.kernel.actor import Actor
from app.node.sessions.decision import Decision
from app.node.sessions.journal import Journal
from app.node.sessions.keepsakes import Parts, Stored, Unfinished
from app.sdk.scope import Scope

if TYPE_CHECKING:
    from app.node.releases.catalog import Catalog


@dataclass(frozen=True)
class View:
    """The app page that a tab shows."""

    app_id: str
    path: str


@dataclass(frozen=True)
class Arrival:
    """A socket on its way to a session.

    Attributes:
        actor: who opens it.
        client_address: network address of the browser.
        stored: app id -> values that the browser's storage has for the app's vars.
    """

    actor: Actor
    client_address: str = ""
    stored: Mapping[str, dict[str, Any]] = field(default_factory=dict)


@dataclass(eq=False, kw_only=True)
class Session(Tab):
    """One browser tab, and whose it is.

    Attributes:
        actor: who it belongs to.
        client_address: network address of the browser that was connected last, for the audit log.
        sid: id of its socket; None while it is disconnected.
        view: the app page it shows, if any.
        stored: values of the browser's storage that wait for their apps.
        unfinished: events that the browser sent.
        uploads: requests with files that it sends now.
        cut: ids of the apps of which something was cut that ran here (`app.node.events.resuming`).
        named: events that were named in what was sent to it, such as a component of a var.
        parts: components of vars that its browser was sent.
        values: app id -> values that wait for a cell, as one wrote them.
        journals: app id -> what a cell told of its values.
        held: app id -> updates that come after the page that is about to be sent.
        on_load: events that wait for those that `on_resume` names.
        previews: app id -> id of the preview whose link was opened.
        background: app id -> number of background events of the app that run.
        subscriptions: (app id, topic, event) -> function that ends it.
        tasks: the events of apps that run in it.
        used: whether it sent an event lately.
        ended: its login is over: nothing runs in it until its user signs in again.
        scopes: app id -> what the scope was made of, the scope, and who acts in it.
        decisions: event -> what runs it, for as long as the attached versions stay.
        confirmation: secret that proves that a person was at this socket lately, see
            `app.core.accounts.signing_in.confirming`; the core's pages ask for it.
        address: an address, the serial of a catalog, and the page that has the address in it.
    """

    actor: Actor
    client_address: str = ""
    sid: str | None = None
    view: View | None = None
    stored: Stored = field(default_factory=Stored)
    unfinished: Unfinished = field(default_factory=Unfinished)
    uploads: int = 0
    cut: set[str] = field(default_factory=set)
    named: NamedEvents = field(default_factory=NamedEvents)
    parts: Parts = field(default_factory=Parts)
    values: dict[str, bytes] = field(default_factory=dict)
    journals: dict[str, Journal] = field(default_factory=dict)
    held: dict[str, list[bytes]] = field(default_factory=dict)
    on_load: tuple[Any, ...] = ()
    previews: dict[str, str] = field(default_factory=dict)
    background: dict[str, int] = field(default_factory=dict)
    subscriptions: dict[tuple[str, str, str], Callable[[], None]] = field(default_factory=dict)
    tasks: set[asyncio.Task[Any]] = field(default_factory=set)
    used: bool = False
    ended: bool = False
    scopes: dict[str, tuple[Any, Scope, Actor]] = field(default_factory=dict)
    decisions: dict[str, Decision] = field(default_factory=dict)
    confirmation: str = field(default="", repr=False)
    address: tuple[str, int, AppPage | None] | None = None

    @property
    def connected(self) -> bool:
        """Whether a socket is open."""
        return self.sid is not None

    def decision(self, event: str, catalog: Catalog) -> Decision | None:
        """Return what was decided of an event, if it would be decided the same now.

        Sessions forget their decisions when they get other versions. What an administrator changes
        makes another catalog.
        """
        made = self.decisions.get(event)
        if made is None or made.serial != catalog.serial or made.user is not self.actor:
            return None
        return made

    def opens(self, version: LoadedVersion, name: str, payload: Mapping[str, Any]) -> bool:
        """Tell whether its browser may send an event of a version that it has."""
        var = payload.get("var_name")
        var = var if isinstance(var, str) else None
        return version.open_events.has(name, var) or self.named.has(name, var)

    def end_subscriptions(self, app_id: str | None = None) -> None:
        """End the subscriptions of one app, or all."""
        for key in [k for k in self.subscriptions if app_id is None or k[0] == app_id]:
            self.subscriptions.pop(key)()

    def _forget(self) -> None:
        super()._forget()
        self.decisions.clear()
        self.address = None


class Sessions:
    """All sessions of this node.

    Attributes:
        removed: called with each session that is forgotten.
    """

    def __init__(self) -> None:
        self.removed: Callable[[Session], None] = lambda session: None
        self._by_token: dict[str, Session] = {}

    def __iter__(self) -> Iterator[Session]:
        return iter(tuple(self._by_token.values()))

    def __len__(self) -> int:
        return len(self._by_token)

    def get(self, token: str) -> Session | None:
        """Return the session with this client token."""
        return self._by_token.get(token)

    def add(self, session: Session) -> None:
        """Add a session; it is forgotten with its state tree, unless its tab is open."""
        self._by_token[session.token] = session
        session.expired = partial(self._forget_closed, session)

    def remove(self, token: str) -> None:
        """Forget a session, ending what it subscribed to."""
        session = self._by_token.pop(token, None)
        if session is not None:
            session.end_subscriptions()
            self.removed(session)

    def _forget_closed(self, session: Session) -> None:
        if not session.connected and self._by_token.get(session.token) is session:
            self.remove(session.token)

    def part(self, user_id: str, address: str) -> tuple[str, Session] | None:
        """Return the component of a var at an address, and a session of a user that was sent it."""
        for session in self:
            if session.actor.user.id == user_id and not session.ended:
                code = session.parts.get(address)
                if code is not None:
                    return code, session
        return None

    def viewing(self, app_id: str) -> list[Session]:
        """Return the connected sessions that show the app."""
        return [s for s in self if s.connected and s.view is not None and s.view.app_id == app_id]

    def with_values(self, app_id: str) -> list[Session]:
        """Return the sessions that have values of the app, in its states or put aside."""
        return [s for s in self if app_id in {**s.attached, **s.parked, **s.values}]

    def attached_to(self, app_id: str) -> list[Session]:
        """Return the sessions that have states of the app, whether they show it or not."""
        return [s for s in self if app_id in s.attached]
