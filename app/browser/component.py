"""The Reflex side of the host: a component for its JavaScript, and the events that it and the
server use.
"""

from collections.abc import Mapping
from typing import Any

import reflex as rx

from app.bridge.sockets.events import EventCall
from app.node.engine import running_host
from app.node.pages.page_events import PageEvents


class GraftHost(rx.Component):
    """Shows the app page that the server says (app/browser/host.js)."""

    library = "$/graft/host.js"
    tag = "GraftHost"


class GraftChannel(rx.Component):
    """Receives the server's messages about hosted apps, on every page (app/browser/channel.js)."""

    library = "$/graft/channel.js"
    tag = "GraftChannel"


class Connection(rx.Component):
    """Tells that the server does not answer, on every page (app/browser/connection.js)."""

    library = "$/graft/connection.js"
    tag = "Connection"


class Apart(rx.Component):
    """Keeps admin pages and apps out of one document; on every page (document/apart.js)."""

    library = "$/graft/document/apart.js"
    tag = "Apart"


class HostState(rx.State):
    """Events of hosted pages. It has no vars, so it costs a session nothing."""

    @rx.event
    async def open(self):
        """Open the address that the browser is on."""
        return await running_host().pages.open(self._get_root_state())

    @rx.event
    async def resume(self, app_id: str, values: Mapping[str, Any]):
        """Go on with opening, with the values of the browser's storage."""
        return await running_host().pages.resume(self._get_root_state(), app_id, values)

    @rx.event
    async def load(self):
        """Run the page's `on_load`, after what the app's `on_resume` named."""
        return running_host().pages.load(self._get_root_state())

    @rx.event
    async def refresh(self):
        """Bring the page on screen to the version of the moment."""
        await running_host().pages.refresh(self._get_root_state())

    @rx.event
    async def renew(self):
        """Bring the page on screen to the settings of the moment."""
        return await running_host().pages.renew(self._get_root_state())

    @rx.event
    async def leave_preview(self, app_id: str):
        """Bring this tab from a preview of an app back to the version that everybody gets."""
        await running_host().pages.leave_preview(self._get_root_state(), app_id)


EVENTS = PageEvents(
    refresh=EventCall.of(HostState.refresh),
    resume=EventCall.of(HostState.resume),
    renew=EventCall.of(HostState.renew),
    load=EventCall.of(HostState.load),
    leave_preview=EventCall.of(HostState.leave_preview),
)
"""By which hosted pages come back to the server."""


def host_page() -> rx.Component:
    """The page of every address below /apps/."""
    return GraftHost.create()
