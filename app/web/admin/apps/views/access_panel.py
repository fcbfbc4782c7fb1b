"""Who sees an app, what it may do, and its previews."""

import reflex as rx

from app.browser.parts.local_time import LocalTime
from app.web.admin.apps.states.detail_state import DetailState
from app.web.admin.apps.states.operation_state import OperationState
from app.web.admin.apps.views.sharing_panel import sharing_panel
from app.web.admin.rows import CapabilityRow, PreviewRow
from app.web.admin.shell import muted, section, table


def access_panel() -> rx.Component:
    """Return the tab."""
    return rx.flex(
        section(
            "Capabilities",
            rx.cond(
                DetailState.capabilities.length() > 0,
                table(
                    "Capabilities",
                    # What can be done comes early: a narrow screen shows the beginning.
                    ("Capability", "Change", "What it means", "Asked for by"),
                    rx.foreach(DetailState.capabilities, _capability),
                ),
                muted("The app asks for no capabilities and has none."),
            ),
        ),
        section("Who sees it", sharing_panel()),
        section(
            "Previews",
            rx.cond(
                DetailState.previews.length() > 0,
                table(
                    "Previews",
                    ("Version", "Change", "Who gets it", "Started by", "Until"),
                    rx.foreach(DetailState.previews, _preview),
                ),
                muted("None. Start one under Versions."),
            ),
        ),
        direction="column",
        spacing="5",
    )


def _ask(operation: str, argument: object):
    return OperationState.ask(operation, DetailState.app_id, argument, DetailState.app["revision"])


def _capability(row: rx.Var[CapabilityRow]) -> rx.Component:
    return rx.table.row(
        rx.table.row_header_cell(
            rx.code(row["name"]),
            " ",
            rx.cond(
                row["granted"],
                rx.badge("granted", color_scheme="green"),
                rx.badge("not granted", color_scheme="amber"),
            ),
        ),
        rx.table.cell(
            rx.cond(
                DetailState.rights["configure"],
                rx.cond(
                    row["granted"],
                    rx.button(
                        "Take away",
                        white_space="nowrap",
                        aria_label=f"Take {row['name']} away",
                        size="1",
                        variant="soft",
                        color_scheme="red",
                        on_click=_ask("revoke", row["name"]),
                    ),
                    rx.button(
                        "Grant",
                        aria_label=f"Grant {row['name']}",
                        size="1",
                        on_click=_ask("grant", row["name"]),
                    ),
                ),
            )
        ),
        rx.table.cell(row["meaning"]),
        rx.table.cell(row["asked"]),
    )


def _preview(row: rx.Var[PreviewRow]) -> rx.Component:
    return rx.table.row(
        rx.table.row_header_cell(row["number"]),
        rx.table.cell(
            rx.cond(
                DetailState.rights["preview"],
                rx.button(
                    "End",
                    aria_label=f"End the preview of version {row['number']}",
                    size="1",
                    variant="soft",
                    color_scheme="gray",
                    on_click=_ask("end_preview", row["id"]),
                ),
            )
        ),
        rx.table.cell(row["users"]),
        rx.table.cell(row["by"]),
        rx.table.cell(LocalTime.create(at=row["until"]), white_space="nowrap"),
    )
