"""Browser tabs come, go, and say where they are; what each may hear of."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Any

from app.bridge.route_params import with_parameters
from app.bridge.types import RegistrationContext
from app.core.actor import Actor, Forbidden
from app.runtime.addresses import Addresses
from app.runtime.logins import Arrivals, own_token
from app.runtime.names import app_of, is_core
from app.runtime.sessions import Session, Sessions

Identify = Callable[[Mapping[str, Any], str], Awaitable[Actor]]


class Sockets:
    """See `app.bridge.events.SocketHost`.

    Args:
        sessions: the node's sessions; made when a tab comes, forgotten when it goes for good.
        addresses: tells the parameters of addresses of app pages.
        identify: says who opens a socket, from its ASGI environ and client token.
        core: registry with the core's states.
        left: called with the token of a tab that does not show a page of the core any more.
    """

    def __init__(
        self,
        sessions: Sessions,
        addresses: Addresses,
        identify: Identify,
        core: RegistrationContext,
        left: Callable[[str], object],
    ) -> None:
        self.arriving: Arrivals = {}
        self._sessions = sessions
        self._addresses = addresses
        self._identify = identify
        self._core = core
        self._left = left

    async def connecting(self, sid: str, token: str, environ: dict[str, Any], auth: Any) -> None:
        """See `SocketHost`."""
        stored = _take_vars(auth.get("event")) if isinstance(auth, dict) else {}
        self.arriving[sid] = (await self._identify(environ, token), stored)

    def session_token(self, sid: str, token: str) -> str:
        """See `SocketHost`."""
        arriving = self.arriving.get(sid)
        if arriving is None:
            raise Forbidden("sign in again")
        return own_token(token, arriving[0])

    def connected(self, sid: str, token: str) -> None:
        """See `SocketHost`."""
        if sid not in self.arriving:
            raise Forbidden("sign in again")
        actor, stored = self.arriving.pop(sid)
        session = self._sessions.get(token)
        if session is None:
            session = Session(token=token, actor=actor, core=self._core)
            self._sessions.add(session)
        session.actor = actor
        session.sid = sid
        session.ended = False
        session.view = None
        session.merged.clear()
        session.stored.update(stored)

    def refused(self, sid: str) -> None:
        """See `SocketHost`."""
        self.arriving.pop(sid, None)

    def disconnected(self, sid: str, token: str) -> None:
        """See `SocketHost`."""
        session = self._sessions.get(token)
        if session is None or session.sid != sid:
            return
        session.sid = None
        session.view = None
        session.end_subscriptions()
        self._left(token)
        if not session.attached and not session.parked:
            self._sessions.remove(token)

    def received(self, token: str, data: dict[str, Any]) -> None:
        """See `SocketHost`."""
        session = self._sessions.get(token)
        if session is None:
            return
        if str(data.get("name")).endswith(".update_vars_internal"):
            for app_id, values in _take_vars(data, without=session.attached).items():
                session.stored.setdefault(app_id, {}).update(values)
        router_data = data.get("router_data")
        if isinstance(router_data, dict):
            params = self._addresses.parameters(session, str(router_data.get("pathname", "")))
            if params is not None:
                data["router_data"] = with_parameters(router_data, params)
            elif session.view is not None:
                session.view = None
                session.end_subscriptions()

    def visible(self, token: str, delta: Mapping[str, Any]) -> Mapping[str, Any]:
        """See `SocketHost`; a browser complains of states that it has not merged yet."""
        session = self._sessions.get(token)
        merged = session.merged if session else ()
        unknown = [name for name in delta if not is_core(name) and app_of(name) not in merged]
        if not unknown:
            return delta
        return {name: vars_ for name, vars_ in delta.items() if name not in unknown}


def _take_vars(event: Any, without: Collection[str] = frozenset()) -> dict[str, dict[str, Any]]:
    """Take values of client apps out of the storage values that a browser sends with an event.

    States that the session does not have would fail. The values are handed to the app when it is
    opened.

    Args:
        event: as the browser sent it; values are removed from it.
        without: ids of apps whose values stay in it.
    """
    try:
        values = event["payload"]["vars"]
    except (KeyError, TypeError):
        return {}
    if not isinstance(values, dict):
        return {}
    taken: dict[str, dict[str, Any]] = {}
    for key in [k for k in values if not is_core(k) and app_of(k) not in without]:
        app_id = app_of(key)
        value = values.pop(key)
        if app_id is not None:
            taken.setdefault(app_id, {})[key] = value
    return taken
