"""The page `/admin/apps`: the list, or one app."""

import reflex as rx

from app.web.admin.apps.states.apps_state import FILTERS, SECONDS, SHOWN, AdminState
from app.web.admin.apps.states.detail_state import DetailState
from app.web.admin.apps.states.operation_state import OperationState
from app.web.admin.apps.views.app_page import app_details
from app.web.admin.apps.views.dialogs import operation_dialog, preview_dialog
from app.web.admin.apps.views.upload_panel import upload_panel
from app.web.admin.browser import Ticker
from app.web.admin.rows import AppRow
from app.web.admin.shell import (
    admin_page,
    badges,
    choice,
    contents,
    icon_of,
    more_button,
    muted,
    search_field,
    section,
)
from app.web.launcher import AppIcon
from app.web.layout import empty


def apps_page() -> rx.Component:
    """Return the page."""
    return admin_page(
        contents(AdminState, ("list", _list()), ("app", app_details())),
        operation_dialog(),
        preview_dialog(),
        place="apps",
        title=rx.cond(
            (AdminState.place == "app") & (DetailState.app["name"] != ""),
            DetailState.app["name"],
            "Installed apps",
        ),
    )


def _list() -> rx.Component:
    return rx.flex(
        # Dropped while the connection is lost, in place of being sent all at once afterwards.
        Ticker.create(seconds=SECONDS, on_tick=AdminState.look.temporal),
        rx.cond(AdminState.may_upload, upload_panel()),
        rx.cond(
            AdminState.total > 0,
            rx.flex(
                _search(),
                rx.flex(
                    rx.foreach(AdminState.rows, _card),
                    direction="column",
                    spacing="3",
                    role="list",
                    aria_label="Installed apps",
                ),
                muted(_told(), role="status"),
                rx.cond(
                    AdminState.matching > AdminState.rows.length(),
                    more_button("Show more", AdminState.more),
                ),
                direction="column",
                spacing="3",
                align="stretch",
            ),
            rx.cond(
                AdminState.may_upload,
                empty("package-open", "No apps yet", "Upload the first package above."),
                empty(
                    "package-open",
                    "No apps yet",
                    "Your organisation has none yet.",
                ),
            ),
        ),
        rx.cond(
            AdminState.deleted.length() > 0,
            section(
                "Deleted apps",
                muted(
                    "Deleted apps can be brought back for 30 days.",
                    rx.cond(
                        AdminState.deleted.length() == SHOWN, f" The first {SHOWN} are shown.", ""
                    ),
                ),
                rx.flex(
                    rx.foreach(AdminState.deleted, _deleted_card),
                    direction="column",
                    spacing="3",
                    role="list",
                    aria_label="Deleted apps",
                ),
            ),
        ),
        direction="column",
        spacing="5",
    )


def _search() -> rx.Component:
    return rx.flex(
        search_field(
            "Search installed apps",
            AdminState.search.debounce(120),
            placeholder="Search apps",
            default_value=AdminState.query,
        ),
        choice(
            *[rx.el.option(label, value=value) for value, label in FILTERS.items()],
            value=AdminState.only,
            on_change=AdminState.narrow,
            aria_label="Which apps",
        ),
        spacing="3",
        wrap="wrap",
    )


def _told() -> rx.Var[str]:
    shown = AdminState.rows.length()
    return rx.cond(
        AdminState.matching > shown,
        f"{AdminState.matching} apps match; {shown} are shown.",
        rx.cond(
            (AdminState.query != "") | (AdminState.only != ""),
            f"{AdminState.matching} of {AdminState.total} apps match.",
            "",
        ),
    )


def _card(row: rx.Var[AppRow]) -> rx.Component:
    return _entry(
        row,
        rx.flex(
            rx.cond(row["version"] != "", muted(row["version"])),
            _count("users", row["users"], "person has it open", "people have it open"),
            rx.cond(
                row["errors"] > 0,
                _count(
                    "triangle-alert",
                    row["errors"],
                    "kind of error",
                    "kinds of errors",
                    "var(--red-11)",
                ),
            ),
            badges(row),
            column_gap="var(--space-4)",
            row_gap="var(--space-1)",
            align="center",
            wrap="wrap",
        ),
    )


def _entry(row: rx.Var[AppRow], *beside: rx.Component) -> rx.Component:
    return rx.card(
        rx.flex(_face(row), *beside, justify="between", align="center", spacing="3", wrap="wrap"),
        role="listitem",
        custom_attrs={"data-app": row["id"]},
    )


def _face(row: rx.Var[AppRow]) -> rx.Component:
    return rx.hstack(
        rx.box(
            AppIcon.create(picture=row["picture"], icon=row["library"], size=22),
            padding="8px",
            border_radius="var(--radius-3)",
            background="var(--accent-3)",
            color="var(--accent-11)",
            line_height="0",
        ),
        rx.vstack(
            rx.link(row["name"], href=row["href"], weight="bold", size="3"),
            rx.code(row["id"], variant="ghost", color="var(--gray-11)", size="1"),
            spacing="1",
            min_width="0",
            overflow_wrap="anywhere",
        ),
        spacing="3",
        align="center",
        min_width="0",
    )


def _count(
    icon: str, number: rx.Var[int], one: str, many: str, color: str = "var(--gray-11)"
) -> rx.Component:
    return rx.hstack(
        icon_of(icon, 14),
        rx.text(number, size="2", as_="span"),
        color=color,
        spacing="1",
        align="center",
        role="img",
        aria_label=rx.cond(number == 1, f"1 {one}", f"{number} {many}"),
    )


def _deleted_card(row: rx.Var[AppRow]) -> rx.Component:
    return _entry(
        row,
        rx.button(
            icon_of("undo-2"),
            "Bring back",
            variant="soft",
            aria_label=f"Bring {row['name']} back",
            on_click=OperationState.ask("undelete", row["id"], "", row["revision"]),
        ),
    )
