"""What an app keeps in its folders, and how much it may."""

import reflex as rx

from app.web.admin.apps.states.detail_state import DetailState
from app.web.admin.apps.states.usage_rows import KeptRow
from app.web.admin.apps.states.use_state import UseState
from app.web.admin.shell import muted, section, table


def kept_panel() -> rx.Component:
    """Return the section."""
    return section(
        "Files that it keeps",
        muted(f"In its folders on this node. Each may hold {UseState.quota}.", id="quota"),
        rx.cond(
            UseState.kept,
            table(
                "Files that it keeps",
                ("Whose", "Size", "Share of the limit", "Files"),
                rx.foreach(UseState.kept, _kept),
            ),
            muted("It keeps none."),
        ),
        rx.cond(DetailState.rights["configure"] & ~DetailState.app["deleted"], _quota()),
    )


def _kept(row: rx.Var[KeptRow]) -> rx.Component:
    return rx.table.row(
        rx.table.row_header_cell(row["name"]),
        rx.table.cell(row["size"]),
        rx.table.cell(
            row["share"],
            rx.cond(row["is_full"], rx.fragment(" ", rx.badge("full", color_scheme="red"))),
        ),
        rx.table.cell(row["files"]),
    )


def _quota() -> rx.Component:
    return rx.form(
        rx.flex(
            rx.el.label(
                muted("Megabytes in each folder", size="1", margin_bottom="var(--space-1)"),
                rx.input(name="megabytes", type="number", min=1, placeholder="as any app"),
                width="12rem",
            ),
            rx.button("Change the limit", type="submit", variant="soft"),
            spacing="3",
            align="end",
            wrap="wrap",
        ),
        on_submit=UseState.ask_quota,
        key=DetailState.app_id,
    )
