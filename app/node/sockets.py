"""Browser tabs come, go, and say where they are; what each may hear of."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from app.bridge.compiling.named_events import NamedEvents
from app.bridge.compiling.parts import Part
from app.bridge.sockets.events import client_address
from app.bridge.states.route_params import with_page
from app.bridge.types import BaseState, Event, RegistrationContext
from app.cell.serving.frames import Kind
from app.cell.serving.messages import OfTab
from app.kernel.errors import SignedOut
from app.node.cells.versions import VersionInCell
from app.node.events.admission import Admission, take_vars
from app.node.events.names import app_of, is_core
from app.node.events.redirects import to_own_pages
from app.node.front_door import Identify
from app.node.pages.addresses import Addresses
from app.node.sessions.keepsakes import PAGE_KEYS
from app.node.sessions.logins import Arrivals, own_token
from app.node.sessions.sessions import Arrival, Session, Sessions


class Sockets:
    """See `app.bridge.sockets.hosts.SocketHost`.

    Args:
        sessions: the node's sessions; made when a tab comes, forgotten when it goes for good.
        addresses: tells the parameters of addresses of app pages.
        identify: says who opens a socket, from its ASGI environ and client token.
        core: registry with the core's states.
        admission: judges what browsers send.
        left: called with the token of a tab that does not show a page of the core any more.
        came: called with every new session.
    """

    def __init__(
        self,
        sessions: Sessions,
        addresses: Addresses,
        identify: Identify,
        core: RegistrationContext,
        admission: Admission,
        left: Callable[[str], object],
        came: Callable[[Session], object],
    ) -> None:
        self.arriving: Arrivals = {}
        self._sessions = sessions
        self._addresses = addresses
        self._identify = identify
        self._core = core
        self._admission = admission
        self._left = left
        self._came = came

    async def connecting(self, sid: str, token: str, environ: dict[str, Any], auth: Any) -> None:
        """See `SocketHost`."""
        stored = take_vars(auth.get("event")) if isinstance(auth, dict) else {}
        actor = await self._identify(environ, token)
        self.arriving[sid] = Arrival(actor, client_address(environ), stored)

    def session_token(self, sid: str, token: str) -> str:
        """See `SocketHost`."""
        arriving = self.arriving.get(sid)
        if arriving is None:
            raise SignedOut("sign in again")
        return own_token(token, arriving.actor)

    def connected(self, sid: str, token: str) -> None:
        """See `SocketHost`."""
        if sid not in self.arriving:
            raise SignedOut("sign in again")
        arrival = self.arriving.pop(sid)
        session = self._sessions.get(token)
        if session is None:
            session = Session(token=token, actor=arrival.actor, core=self._core)
            self._sessions.add(session)
            self._came(session)
        session.actor, session.client_address = arrival.actor, arrival.client_address
        session.sid = sid
        session.ended = False
        session.confirmation = ""
        session.view = None
        session.merged.clear()
        session.stored.add(self._admission.usable(arrival.stored, session))

    def refused(self, sid: str) -> None:
        """See `SocketHost`."""
        self.arriving.pop(sid, None)

    def disconnected(self, sid: str, token: str) -> None:
        """See `SocketHost`."""
        session = self._sessions.get(token)
        if session is None or session.sid != sid:
            return
        session.sid = None
        session.confirmation = ""
        session.view = None
        session.end_subscriptions()
        for version in session.attached.values():
            if isinstance(version, VersionInCell):
                version.cell.post(Kind.GONE, OfTab(tab=token))
        self._left(token)
        if not session.attached and not session.parked:
            self._sessions.remove(token)

    async def received(self, token: str, data: Any) -> bool:
        """See `SocketHost`."""
        session = self._sessions.get(token)
        if not await self._admission.admits(session, data) or session is None:
            return False
        if data["name"].endswith(".update_vars_internal"):
            mine = self._admission.usable(session.attached, session)
            taken = self._admission.usable(take_vars(data, without=mine), session)
            if not session.stored.add(taken):
                why = "too many storage values refused"
                await self._admission.refuse(session, data["name"], why)
                return False
        router_data = data.get("router_data")
        if router_data is not None:
            router_data = {k: v for k, v in router_data.items() if k in PAGE_KEYS}
            data["router_data"] = router_data
            page = self._addresses.page(session, router_data.get("pathname", ""))
            if page is not None:
                data["router_data"] = with_page(router_data, page)
            elif session.view is not None:
                session.view = None
                session.end_subscriptions()
        return True

    def queued(self, token: str, payload: Mapping[str, Any]) -> Callable[[], None] | None:
        """See `SocketHost`."""
        session = self._sessions.get(token)
        return session.unfinished.add(payload) if session is not None else None

    def visible(self, token: str, delta: Mapping[str, Any]) -> Mapping[str, Any]:
        """See `SocketHost`; a browser complains of states that it has not merged yet."""
        session = self._sessions.get(token)
        merged = session.merged if session else ()
        unknown = [name for name in delta if not is_core(name) and app_of(name) not in merged]
        if not unknown:
            return delta
        return {name: vars_ for name, vars_ in delta.items() if name not in unknown}

    def addressed(self, token: str, events: Sequence[Event]) -> list[Event]:
        """See `SocketHost`."""
        session = self._sessions.get(token)
        return to_own_pages(session, events) if session is not None else list(events)

    def named(self, token: str, events: NamedEvents) -> None:
        """See `SocketHost`. What no app has that the session has open is nobody's event."""
        session = self._sessions.get(token)
        if session is None:
            return
        has = {name for version in session.attached.values() for name in version.handlers}
        session.named |= events.among(has)

    def made(self, token: str, parts: Sequence[Part]) -> None:
        """See `SocketHost`."""
        session = self._sessions.get(token)
        if session is not None:
            session.parts.add(parts)

    def tree_of(self, token: str) -> BaseState | None:
        """See `SocketHost`."""
        session = self._sessions.get(token)
        return session.root if session is not None else None
