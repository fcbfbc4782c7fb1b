"""What the events of hosted pages do (`app/browser/component.py`): open an address, go on with it,
follow what changed. The session's state lock is held.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from app.bridge.sockets.events import EventCall, current_token
from app.bridge.states.route_params import set_page
from app.bridge.types import BaseState
from app.node.events.admission import Admission
from app.node.events.resuming import Resumer
from app.node.front_door import Place
from app.node.observe.observed import Observed
from app.node.pages.addresses import PREFIX, Addresses
from app.node.pages.messages import Leave
from app.node.pages.opening import Opener
from app.node.pages.presenting import Presenter
from app.node.pages.previews import Previews
from app.node.pages.renew import Renewer
from app.node.pages.swap import Swapper
from app.node.pages.watching import Watching
from app.node.sessions.sessions import Session, Sessions


class HostedPages:
    """Answers the pages that show apps.

    Args:
        sessions: the node's sessions.
        addresses: reads parameters off addresses.
        previews: opens preview links.
        opener: opens apps.
        presenter: sends pages.
        swapper: moves pages to other versions.
        renewer: moves pages to other settings.
        resumer: knows in which tabs something was cut.
        watching: pages that watch all apps; those that show one do not.
        admission: notes what is refused.
        observed: counts openings.
        load: the core's event that calls `load`.
        place: where apps are.
    """

    def __init__(
        self,
        sessions: Sessions,
        addresses: Addresses,
        previews: Previews,
        opener: Opener,
        presenter: Presenter,
        swapper: Swapper,
        renewer: Renewer,
        resumer: Resumer,
        watching: Watching,
        admission: Admission,
        observed: Observed,
        load: EventCall,
        place: Place,
    ) -> None:
        self._sessions = sessions
        self._addresses = addresses
        self._previews = previews
        self._opener = opener
        self._presenter = presenter
        self._swapper = swapper
        self._renewer = renewer
        self._resumer = resumer
        self._watching = watching
        self._admission = admission
        self._observed = observed
        self._load = load
        self._place = place

    async def open(self, root: BaseState) -> Sequence[Any]:
        """Open the address that the session is on; returns the events to run then."""
        session = self._session(root)
        self._watching.unwatch(session.token)
        url = root.rx_router_url
        if url.path.rstrip("/") == PREFIX.rstrip("/"):
            home = Leave(type="leave", href=f"{self._place.core}/")
            await self._presenter.present(session, root, home)
            return ()
        if self._place.apps and not session.actor.on_apps:
            # No code of an app comes into a page of the core's origin.
            href = f"{self._place.apps}{url.path}{f'?{url.query}' if url.query else ''}"
            await self._presenter.present(session, root, Leave(type="leave", href=href))
            return ()
        await self._previews.note(session, url.query_parameters.get("preview"))
        opened = await self._opener.open(session, root, url.path)
        if opened.is_refused:
            await self._admission.refuse(session, url.path, "page refused", action="app.open")
        page = self._addresses.page(session, url.path)
        if page is not None:
            set_page(root, page)
        message = opened.message
        if self._place.core and message["type"] in ("show", "notice"):
            message["home"] = self._place.core
        await self._presenter.present(session, root, message)
        if opened.message["type"] != "show":
            return opened.on_load
        app_id = opened.message["app"]
        self._observed.opened(app_id)
        resumed = self._resumer.take(session, app_id)
        if not resumed:
            return opened.on_load
        # Background events do not wait for those before them: `on_load` has to.
        session.on_load = opened.on_load
        return (*resumed, self._load.event())

    def load(self, root: BaseState) -> Sequence[Any]:
        """Return the events that wait until the app has heard that something of it was cut."""
        session = self._session(root)
        waiting, session.on_load = session.on_load, ()
        return waiting

    async def resume(
        self, root: BaseState, app_id: str, values: Mapping[str, Any]
    ) -> Sequence[Any]:
        """Go on with opening a page, or with a page that is shown, with the values from the
        browser's storage.
        """
        session = self._session(root)
        usable: Mapping[str, dict[str, Any]] = {}
        if isinstance(app_id, str) and isinstance(values, Mapping):
            usable = self._admission.usable({app_id: dict(values)}, session)
        if app_id in session.merged:
            await self._opener.take_stored(session, root, app_id, usable.get(app_id, {}))
            return ()
        if not session.stored.add(usable):
            session.stored.add({app_id: {}})  # the page shall open all the same
            await self._admission.refuse(session, app_id, "too many storage values refused")
        return await self.open(root)

    async def refresh(self, root: BaseState) -> None:
        """Bring the page that the session shows to the version of the moment."""
        await self._swapper.refresh(self._session(root), root)

    async def leave_preview(self, root: BaseState, app_id: str) -> None:
        """Bring the session from a preview back to the version that everybody gets."""
        session = self._session(root)
        if self._previews.leave(session, app_id):
            await self._swapper.refresh(session, root)

    async def renew(self, root: BaseState) -> Sequence[Any]:
        """Bring the page that the session shows to the settings of the moment; returns the events
        to run then.
        """
        return await self._renewer.page(self._session(root), root)

    def _session(self, root: BaseState) -> Session:
        session = self._sessions.get(current_token())
        if session is None:
            raise LookupError("the session is not connected")
        session.use_root(root)
        return session
