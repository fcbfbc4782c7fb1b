"""One app: what it is, what can be done with it, and everything that is known of it."""

import reflex as rx

from app.browser.parts.local_time import LocalTime
from app.web.admin.apps.states.apps_state import AdminState
from app.web.admin.apps.states.detail_state import DetailState
from app.web.admin.apps.states.operation_state import OperationState
from app.web.admin.apps.states.settings_state import TAB as SETTINGS
from app.web.admin.apps.states.settings_state import SettingsState
from app.web.admin.apps.views.access_panel import access_panel
from app.web.admin.apps.views.settings_panel import settings_panel
from app.web.admin.apps.views.use_panel import use_panel
from app.web.admin.apps.views.versions_panel import versions_panel
from app.web.admin.browser import LiveLog
from app.web.admin.rows import StepRow
from app.web.admin.shell import MUTED, badges, icon_of, more_button, muted, section, table
from app.web.layout import empty

_TABS = (
    ("versions", "Versions"),
    ("access", "Access"),
    (SETTINGS, "Settings"),
    ("use", "Use"),
    ("log", "Log"),
    ("history", "History"),
)


def app_details() -> rx.Component:
    """Return everything about the app that is open."""
    return rx.cond(
        DetailState.missing,
        empty(
            "search-x",
            "There is no such app",
            rx.link("All installed apps", href="/admin/apps"),
        ),
        rx.flex(
            _summary(),
            rx.tabs.root(
                rx.tabs.list(
                    *[_trigger(value, label) for value, label in _TABS],
                    aria_label="Parts of the app's page",
                    size=rx.breakpoints(initial="1", sm="2"),  # all of them fit a telephone
                ),
                _tab("versions", versions_panel()),
                _tab("access", access_panel()),
                # Kept while another tab is on screen, with what was typed.
                _tab(
                    SETTINGS,
                    settings_panel(),
                    force_mount=True,
                    style={"&[data-state=inactive]": {"display": "none"}},
                ),
                _tab("use", use_panel()),
                _tab("log", LiveLog.create(app=DetailState.app_id)),
                _tab("history", _history()),
                default_value="versions",
                on_change=SettingsState.choose_tab,
            ),
            direction="column",
            spacing="5",
        ),
    )


def _trigger(value: str, label: str) -> rx.Component:
    trigger = rx.tabs.trigger(label, value=value)
    return rx.cond(DetailState.rights["configure"], trigger) if value == SETTINGS else trigger


def _tab(value: str, content: rx.Component, **props: object) -> rx.Component:
    return rx.tabs.content(content, value=value, padding_top="var(--space-4)", **props)


def _summary() -> rx.Component:
    app = DetailState.app
    return rx.flex(
        rx.flex(
            rx.code(app["id"], variant="ghost", color=MUTED),
            badges(app, id="state"),
            rx.cond(app["version"] != "", muted("version ", app["version"])),
            rx.cond(DetailState.url != "", rx.link("Open the app", href=DetailState.url, size="2")),
            rx.link("All installed apps", href="/admin/apps", size="2"),
            column_gap="var(--space-4)",
            row_gap="var(--space-2)",
            align="center",
            wrap="wrap",
        ),
        rx.cond(DetailState.description != "", rx.text(DetailState.description)),
        rx.cond(DetailState.problems, _failing()),
        rx.foreach(DetailState.needs, _need),
        rx.cond(app["unsigned"], _unsigned()),
        rx.flex(
            rx.cond(DetailState.rights["activate"], _switches()),
            rx.button(
                icon_of("refresh-cw"), "Refresh", variant="soft", on_click=AdminState.refresh
            ),
            spacing="3",
            wrap="wrap",
        ),
        direction="column",
        spacing="3",
    )


def _failing() -> rx.Component:
    return rx.callout(
        rx.text(
            "People do not get the current version: ",
            rx.foreach(DetailState.problems, lambda line: rx.text(line, as_="div")),
            as_="div",
        ),
        icon="triangle-alert",
        color_scheme="red",
        size="1",
        role="status",
        id="failing",
    )


def _need(text: rx.Var[str]) -> rx.Component:
    return rx.callout(
        rx.text(text, " Set them under Settings.", as_="span"),
        icon="sliders-horizontal",
        color_scheme="amber",
        size="1",
        role="status",
    )


def _unsigned() -> rx.Component:
    return rx.callout(
        "The version that people get was not signed with a key that this server trusts.",
        icon="shield-alert",
        color_scheme="amber",
        size="1",
        role="status",
    )


def _switches() -> rx.Component:
    return rx.cond(
        DetailState.app["deleted"],
        _operation("undelete", "undo-2", "Bring back"),
        rx.fragment(
            rx.cond(
                DetailState.is_enabled,
                _operation("disable", "power-off", "Switch off", color="amber"),
                _operation("enable", "power", "Switch on"),
            ),
            _operation("delete", "trash-2", "Delete", color="red"),
        ),
    )


def _operation(operation: str, icon: str, label: str, color: str = "grass") -> rx.Component:
    return rx.button(
        icon_of(icon),
        label,
        variant="soft",
        color_scheme=color,
        on_click=OperationState.ask(operation, DetailState.app_id, "", DetailState.app["revision"]),
    )


def _history() -> rx.Component:
    return section(
        "History",
        table("History", ("What", "When", "Who", "Note"), rx.foreach(DetailState.steps, _step)),
        rx.cond(
            DetailState.older_steps,
            more_button("Show older steps", DetailState.more("steps")),
        ),
    )


def _step(row: rx.Var[StepRow]) -> rx.Component:
    return rx.table.row(
        rx.table.row_header_cell(row["what"], white_space="nowrap"),
        rx.table.cell(LocalTime.create(at=row["at"]), white_space="nowrap"),
        rx.table.cell(row["by"]),
        rx.table.cell(row["note"]),
    )
