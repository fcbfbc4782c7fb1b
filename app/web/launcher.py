"""The launcher at `/`: all apps, with search."""

from typing import TypedDict

import reflex as rx

from app.bridge.compiling.icons import icon_library
from app.bridge.sockets.events import EventCall, current_token
from app.node.engine import Engine, running_host
from app.node.releases.catalog import AppRecord
from app.web.layout import empty, loading, no_apps, page
from app.web.navigation import NavigationState

SHOWN = 60  # tiles; more than that is found by searching
COLUMNS = rx.breakpoints(initial="1", sm="2", md="3")


class Tile(TypedDict):
    """One app in the launcher; `trouble` is what is wrong with it, in two or three words. With
    `own_document` it is no page of the launcher's document.
    """

    id: str
    name: str
    description: str
    href: str
    own_document: bool
    library: str
    picture: str
    trouble: str
    color: str
    off: bool


class AppIcon(rx.Component):
    """An app's icon (app/browser/parts/icon.js)."""

    library = "$/graft/parts/icon.js"
    tag = "AppIcon"

    picture: rx.Var[str]
    # `library` would name the component's own JavaScript, so the prop is called otherwise in
    # Python.
    icon: rx.Var[str]
    size: rx.Var[int]

    def _render(self, *args, **kwargs):
        tag = super()._render(*args, **kwargs)
        return tag.add_props(library=self.icon).remove_props("icon")


class LauncherState(rx.State):
    """What the launcher shows. Empty in sessions that did not open it."""

    tiles: list[Tile] = []
    query: str = ""
    total: int = 0
    matching: int = 0
    loaded: bool = False
    development: bool = False

    @rx.event
    def load(self):
        """Show the apps of the moment, and from now on every change."""
        running_host().watch_catalog(current_token(), EventCall.of(LauncherState.changed))
        self._show()

    @rx.event
    def changed(self, app_id: str):
        """An app came, went or changed."""
        self._show()

    @rx.event
    def search(self, query: str):
        """Show the apps that match."""
        self.query = query
        self._show()

    @rx.event
    def open_first(self, form: dict):
        """Open the first app that matches (Enter in the search field)."""
        # Enter can be faster than the debounced search, so what the field holds counts.
        self.query = str(form.get("query", self.query))
        self._show()
        if not self.tiles:
            return None
        if self.tiles[0]["own_document"]:
            return rx.call_script(f"window.location.assign('{self.tiles[0]['href']}')")
        return rx.redirect(self.tiles[0]["href"])

    def _show(self) -> None:
        host = running_host()
        actor = host.actor_of(current_token())
        visible = host.catalog.visible_to(actor) if actor else []
        records = sorted(visible, key=lambda r: r.name.casefold())
        found = [record for record in records if _matches(record, self.query)]
        self.tiles = [_tile(record, host) for record in found[:SHOWN]]
        self.total = len(records)
        self.matching = len(found)
        self.loaded = True
        self.development = host.is_development


def _matches(record: AppRecord, query: str) -> bool:
    text = f"{record.name} {record.id} {record.url} {record.metadata.description or ''}".casefold()
    return all(word in text for word in query.casefold().split())


def _tile(record: AppRecord, host: Engine) -> Tile:
    origin = host.place.apps
    trouble, color = _trouble(record, host)
    icon = record.metadata.icon or "box"
    is_file = "." in icon
    return Tile(
        id=record.id,
        name=record.name,
        description=record.metadata.description or "",
        href=f"{origin}/apps/{record.url}",
        own_document=record.kind == "static" or bool(origin) or record.may_load_elsewhere,
        library="" if is_file else icon_library(icon),
        picture=f"/_graft/icons/{record.id}" if is_file else "",
        trouble=trouble,
        color=color,
        off=not record.access.enabled,
    )


def _trouble(record: AppRecord, host: Engine) -> tuple[str, str]:
    """Return what is wrong with an app, and the colour of that. What people can go on using is
    marked for developers only.
    """
    if record.failure is not None and record.version is None:
        return "cannot be loaded", "red"
    if not host.is_development:
        return "", ""
    if record.failure is not None:
        return "last save is broken", "red"
    if record.id in host.observed.wrong_settings:
        return "settings do not fit", "orange"
    return "", ""


def launcher() -> rx.Component:
    """Return the launcher's page."""
    return page(
        rx.cond(
            NavigationState.safe_mode,
            rx.callout(
                "This server was started in safe mode: apps do not run until it is started "
                "normally again.",
                icon="shield-alert",
                color_scheme="amber",
                size="1",
                role="alert",
            ),
        ),
        rx.form(
            rx.input(
                rx.input.slot(rx.icon("search", size=16)),
                id="search",
                name="query",
                type="search",
                placeholder="Search apps",
                aria_label="Search apps; Enter opens the first",
                default_value=LauncherState.query,
                on_change=LauncherState.search.debounce(80),
                auto_focus=True,
                size="3",
                width="100%",
                max_width="28rem",
            ),
            on_submit=LauncherState.open_first,
        ),
        rx.cond(
            LauncherState.loaded,
            rx.cond(LauncherState.matching > 0, _grid(), _nothing()),
            loading(columns=COLUMNS),
        ),
        # Always there, because screen readers tell changes only of what was there before.
        rx.text(_matches_told(), color="var(--gray-11)", size="2", role="status"),
        rx.cond(
            LauncherState.development & LauncherState.loaded,
            rx.link("Apps on disk, and what is wrong with them", href="/dev", size="2"),
        ),
        title="Apps",
    )


def _matches_told() -> rx.Var[str]:
    matching, shown = LauncherState.matching, LauncherState.tiles.length()
    return rx.cond(
        matching > shown,
        f"{matching} apps match; the first {shown} are shown. Type more to narrow them down.",
        rx.cond(
            LauncherState.query != "",
            f"{matching} of {LauncherState.total} apps match.",
            "",
        ),
    )


def _grid() -> rx.Component:
    return rx.grid(
        rx.foreach(LauncherState.tiles, _card),
        columns=COLUMNS,
        spacing="4",
        width="100%",
        role="list",
        aria_label="Apps",
    )


def _card(tile: rx.Var[Tile]) -> rx.Component:
    return rx.box(
        rx.cond(
            tile["own_document"],
            # As a static app is, and one that loads from other servers: no page of this document.
            rx.el.a(_face(tile), href=tile["href"], reload_document=True, class_name="graft-tile"),
            rx.link(_face(tile), href=tile["href"], underline="none", class_name="graft-tile"),
        ),
        role="listitem",
    )


def _face(tile: rx.Var[Tile]) -> rx.Component:
    return rx.card(
        rx.hstack(
            rx.box(
                AppIcon.create(picture=tile["picture"], icon=tile["library"], size=26),
                padding="10px",
                border_radius="var(--radius-3)",
                background="var(--accent-3)",
                color="var(--accent-11)",
                line_height="0",
            ),
            rx.vstack(
                rx.text(tile["name"], weight="bold", size="3", trim="both", color="var(--gray-12)"),
                rx.cond(
                    tile["description"] != "",
                    rx.text(tile["description"], size="2", color="var(--gray-11)"),
                ),
                rx.cond(
                    tile["trouble"] != "",
                    rx.badge(tile["trouble"], color_scheme=tile["color"].to(str), size="1"),
                ),
                rx.cond(tile["off"], rx.badge("switched off", color_scheme="gray", size="1")),
                spacing="2",
                align="start",
                align_self="center",  # a name alone is beside the middle of its icon
                min_width="0",
                overflow_wrap="anywhere",
            ),
            spacing="4",
            align="start",
        ),
        size="2",
        height="100%",
    )


def _nothing() -> rx.Component:
    return rx.cond(
        LauncherState.total > 0,
        empty("search-x", "No app matches", "Try other words, or clear the search."),
        rx.cond(
            LauncherState.development,
            no_apps(),
            empty(
                "sprout",
                "No apps yet",
                "There is no app that you may use yet. ",
                rx.cond(
                    NavigationState.places.contains("apps"),
                    rx.link("Install one", href="/admin/apps"),
                    "An administrator of your organisation can change that.",
                ),
            ),
        ),
    )
