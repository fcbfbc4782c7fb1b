"""One import: its totals, its rooms, its areas, its findings."""

# Pages read vars from state classes: there `State.rows` is a Var, which annotations do not say.
# mypy: disable-error-code="attr-defined"
# pyright: reportAttributeAccessIssue=false, reportIndexIssue=false
# pyright: reportOperatorIssue=false, reportArgumentType=false, reportReturnType=false

from typing import Any

import reflex as rx

from app.sdk import ClientApp

from .findings_panel import findings_panel
from .rooms_panel import rooms_panel
from .schedule_state import ScheduleState
from .widgets import MUTED, failure, icon, loading, nothing, page_frame, simple_table


def schedule_page() -> rx.Component:
    """What was imported, in three tabs."""
    return page_frame(
        rx.link(
            rx.flex(icon("arrow-left"), "All imports", align="center", spacing="1"),
            href=ClientApp.link("/"),
            size="2",
        ),
        rx.match(
            ScheduleState.phase,
            ("ready", _ready()),
            (
                "missing",
                nothing(
                    "file-question",
                    "There is no such import",
                    "It may have been deleted, or it belongs to another organisation.",
                ),
            ),
            (
                "failed",
                failure(
                    "The import cannot be shown",
                    ScheduleState.problem,
                    rx.button("Try again", on_click=ScheduleState.open, variant="soft", size="1"),
                ),
            ),
            loading("Loading the import", "2.5rem", "5rem", "20rem"),
        ),
    )


def _ready() -> rx.Component:
    return rx.flex(
        _heading(),
        rx.grid(
            _figure("Rooms", ScheduleState.rooms),
            _figure("Total area", f"{ScheduleState.area} m²"),
            _figure("Storeys", ScheduleState.storeys.length()),
            _figure("Findings", ScheduleState.total_findings),
            columns={"initial": "2", "sm": "4"},
            spacing="3",
        ),
        rx.tabs.root(
            rx.tabs.list(
                rx.tabs.trigger("Rooms", value="rooms"),
                rx.tabs.trigger("Areas", value="areas"),
                rx.tabs.trigger(f"Findings ({ScheduleState.total_findings})", value="findings"),
            ),
            _tab("rooms", rooms_panel()),
            _tab("areas", _areas()),
            _tab("findings", findings_panel()),
            default_value="rooms",
        ),
        direction="column",
        spacing="4",
    )


def _heading() -> rx.Component:
    return rx.box(
        rx.heading(ScheduleState.title, as_="h1", size="6", overflow_wrap="anywhere"),
        rx.text(ScheduleState.subtitle, color=MUTED, size="2"),
        rx.cond(
            ScheduleState.file_url != "",
            rx.link(
                f"{ScheduleState.file_name} ({ScheduleState.file_size})",
                href=ScheduleState.file_url,
                custom_attrs={"download": ""},
                reload_document=True,  # without it the router looks for a page of that address
                size="2",
                overflow_wrap="anywhere",
            ),
        ),
    )


def _figure(label: str, value: Any) -> rx.Component:
    return rx.card(
        rx.text(label, size="1", color=MUTED),
        rx.text(value, size="5", weight="bold", overflow_wrap="anywhere"),
    )


def _tab(value: str, content: rx.Component) -> rx.Component:
    return rx.tabs.content(content, value=value, padding_top="var(--space-4)")


def _areas() -> rx.Component:
    return rx.cond(
        ScheduleState.categories.length() > 0,
        rx.flex(
            _chart(),
            rx.heading("By category", as_="h2", size="3"),
            simple_table(
                {"name": "Category", "rooms": "Rooms", "area": "Area (m²)", "share": "Share"},
                ScheduleState.categories,
                "Areas by category",
                "rooms",
                "area",
                "share",
            ),
            rx.heading("By storey", as_="h2", size="3"),
            simple_table(
                {
                    "name": "Storey",
                    "level": "Level",
                    "rooms": "Rooms",
                    "area": "Area of the rooms (m²)",
                    "claimed": "Area in the file (m²)",
                },
                ScheduleState.storeys,
                "Areas by storey",
                "level",
                "rooms",
                "area",
                "claimed",
            ),
            direction="column",
            spacing="4",
        ),
        nothing("chart-bar", "Nothing to add up", "The file contains no rooms."),
    )


def _chart() -> rx.Component:
    # The table below says the same: the picture is no use to a screen reader.
    tick = {"fill": "var(--gray-11)", "fontSize": 12}
    return rx.box(
        rx.recharts.bar_chart(
            rx.recharts.bar(
                data_key="area", name="Area (m²)", fill="var(--accent-9)", is_animation_active=False
            ),
            rx.recharts.x_axis(type_="number", tick=tick, stroke="var(--gray-7)"),
            rx.recharts.y_axis(
                data_key="name", type_="category", width=110, tick=tick, stroke="var(--gray-7)"
            ),
            rx.recharts.graphing_tooltip(
                cursor={"fill": "var(--gray-a3)"},
                content_style={
                    "background": "var(--color-panel-solid)",
                    "border": "1px solid var(--gray-6)",
                    "color": "var(--gray-12)",
                },
                item_style={"color": "var(--gray-12)"},
            ),
            data=ScheduleState.bars,
            layout="vertical",
            width="100%",
            height=400,
            # Nor is it reached by the keyboard.
            custom_attrs={"accessibilityLayer": False},
        ),
        aria_hidden="true",
    )
