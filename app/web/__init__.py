"""The core's pages, and the Reflex app that serves them together with the hosted apps.

Importing this module makes the app, because that is how Reflex finds it; everything it needs at run
time is connected by `app.server`.
"""

import reflex as rx

from app.bridge.compiling.upload_field import UploadFilesProvider
from app.bridge.sockets.events import GraftApp
from app.browser.component import Apart, Connection, GraftChannel, HostState, host_page
from app.web.admin.pages import add_admin_pages
from app.web.dev import DevState, dev
from app.web.launcher import LauncherState, launcher
from app.web.layout import not_found
from app.web.navigation import NavigationState

app = GraftApp(
    html_lang="en",
    stylesheets=["/colors.css", "/scrolling.css"],
    head_components=[rx.el.link(rel="icon", href="/favicon.svg", type="image/svg+xml")],
    # The channel is between the state store (100) and the socket (90). The overlay stands in place
    # of Reflex's own, which speaks to developers. The others are for hosted apps; no page of the
    # core needs them.
    extra_app_wraps={
        (95, "GraftChannel"): lambda _stateful: GraftChannel.create(),
        (5, "Overlay"): lambda _stateful: rx.fragment(Connection.create(), Apart.create()),
        (5, "UploadFilesProvider"): lambda _stateful: UploadFilesProvider.create(),
        (-1, "DataEditorPortal"): lambda _stateful: rx.el.div(id="portal", position="fixed", top=0),
    },
    style={
        ".graft-tile": {"display": "block", "height": "100%", "text_decoration": "none"},
        ".graft-tile:focus-visible": {
            "outline": "2px solid var(--focus-8)",
            "outline_offset": "2px",
            "border_radius": "var(--radius-4)",
        },
    },
)
app.add_page(
    launcher,
    route="/",
    title="Apps · Graft",
    on_load=[NavigationState.load, LauncherState.load],
)
app.add_page(dev, route="/dev", title="Apps on disk · Graft", on_load=DevState.load)
app.add_page(host_page, route="/apps/[[...splat]]", title="Graft", on_load=HostState.open)
app.add_page(
    not_found,
    route="404",
    title="There is no such page · Graft",
    on_load=NavigationState.load,
)
add_admin_pages(app)
