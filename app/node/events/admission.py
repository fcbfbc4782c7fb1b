"""Which events of a browser are let in, and what is noted of those that are not.

A browser can send whatever it likes: the name of an event of an app that its user may not use or
that is switched off, of a function that is no event, of the core's admin pages, or no event at all.
It gets no answer to any of these, the same for what does not exist as for what is not allowed. The
audit log gets an entry; many in a row are counted, not written (`app.core.refusals`).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, TypeVar

import structlog

from app.bridge.sockets.core_events import SentByPages
from app.bridge.types import Event
from app.kernel.actor import Actor, acting_as
from app.kernel.client_address import coming_from
from app.node.events.names import app_of, is_core, is_page_of_core
from app.node.front_door import NoteRefusal
from app.node.observe.observed import Observed
from app.node.releases.served import Served
from app.node.sessions.keepsakes import LARGEST_PAGE, weight
from app.node.sessions.sessions import Session

log = structlog.get_logger("graft")

EVENT = "socket.event"
LONGEST_NAME = 1_000

V = TypeVar("V")


class Admission:
    """Judges what browsers send.

    Args:
        core_events: the core's events that pages send.
        served: has the apps of the moment.
        observed: counts refusals.
        note: records them.
    """

    def __init__(
        self,
        core_events: SentByPages,
        served: Served,
        observed: Observed,
        note: NoteRefusal,
    ) -> None:
        self._core_events = core_events
        self._served = served
        self._observed = observed
        self._note = note

    async def admits(self, session: Session | None, data: Any) -> bool:
        """Tell whether a socket's packet is an event that may be queued; notes it if not.

        Whether an app has the event is known for sure only when it runs, see `Dispatcher`.
        """
        if not is_event(data):
            await self.refuse(session, "", "not an event")
            return False
        name: str = data["name"]
        app_id = app_of(name)
        why = self._objection(session, name, app_id, data.get("payload", {}))
        if why is None:
            return True
        await self.refuse(session, name, why, app_id=app_id)
        return False

    async def refuse(
        self,
        session: Session | None,
        target: str,
        why: str,
        *,
        app_id: str | None = None,
        action: str = EVENT,
    ) -> None:
        """Count and record something that a session asked for and does not get."""
        # A browser can name whatever it likes as an app; only one that exists is an app here.
        known = app_id if app_id and self._served.catalog.get(app_id) is not None else None
        self._observed.refused(known)
        if session is None:
            noted = await self._note(action, target)
        else:
            with acting_as(session.actor), coming_from(session.client_address):
                noted = await self._note(action, target)
        if noted:
            log.warning(why, refused=target[:200], **({"app": known} if known else {}))

    async def refuse_queued(
        self, session: Session | None, event: Event, why: str, app_id: str | None = None
    ) -> None:
        """Count an event that was let in and is not run; record it if a browser sent it.

        What the server itself queued, such as a broadcast to a page that is gone, is nobody's
        attempt. Reflex gives the address of the page to all events of sockets, and to no others.
        """
        if event.router_data:
            await self.refuse(session, event.name, why, app_id=app_id)
        else:
            self._observed.refused(app_id)

    async def refuse_request(self, actor: Actor, action: str, target: str) -> None:
        """Record that somebody asked for a part of an app that does not exist or is not for them.

        Both, or the log itself would tell the administrator of an organisation what others have.
        """
        with acting_as(actor):
            if await self._note(action, target):
                log.warning("request refused", refused=target[:200], action=action)

    def usable(self, values: Mapping[str, V], session: Session) -> dict[str, V]:
        """Return what is of apps that a session may use, by app id: nobody fills the memory with
        values of others.
        """
        catalog = self._served.catalog
        return {id: v for id, v in values.items() if catalog.usable(id, session.actor) is not None}

    def allows_upload(self, session: Session, name: str) -> bool:
        """Tell whether a session may send files to an event of this name."""
        if len(name) > LONGEST_NAME:
            return False
        return self._objection(session, name, app_of(name), {}) is None

    def _objection(
        self,
        session: Session | None,
        name: str,
        app_id: str | None,
        payload: Mapping[str, Any],
    ) -> str | None:
        """Return why an event is not let in, None if it is."""
        if session is None or session.ended:
            return "event of an unknown session refused"
        if session.unfinished.is_full:
            return "too many events at once refused"
        if app_id is None:
            if session.actor.on_apps and is_page_of_core(name):
                return "event of another origin refused"
            return None if name in self._core_events else "unknown event refused"
        catalog = self._served.catalog
        decision = session.decision(name, catalog)
        if decision is not None and decision.is_open:
            return None
        if catalog.usable(app_id, session.actor) is None:
            return "event refused"
        version = session.attached.get(app_id)
        if version is None:
            return None  # it is decided when the version is there
        if name not in version.handlers or not session.opens(version, name, payload):
            return "unknown event refused"
        return None


def is_event(data: Any) -> bool:
    """Tell whether a packet has the form of an event, as Reflex reads it."""
    if not isinstance(data, dict):
        return False
    name, payload, page = data.get("name"), data.get("payload", {}), data.get("router_data", {})
    if not isinstance(name, str) or len(name) > LONGEST_NAME:
        return False
    if not isinstance(payload, dict) or not isinstance(page, dict):
        return False
    if weight(page, LARGEST_PAGE) > LARGEST_PAGE:
        return False
    texts = (page.get("pathname", ""), page.get("asPath", ""))
    return isinstance(page.get("query", {}), dict) and all(isinstance(t, str) for t in texts)


def take_vars(event: Any, without: Collection[str] = frozenset()) -> dict[str, dict[str, Any]]:
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
