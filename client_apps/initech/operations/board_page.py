"""The dashboard: figures, charts, and the table of machines."""

# Pages read vars from state classes: there `State.rows` is a Var, which annotations do not say.
# mypy: disable-error-code="attr-defined"
# pyright: reportAttributeAccessIssue=false, reportIndexIssue=false
# pyright: reportOperatorIssue=false, reportArgumentType=false, reportReturnType=false

import reflex as rx
from reflex.event import EventHandler

from app.sdk import ClientApp

from .board_state import BoardState
from .feed import FeedState
from .parts import chart_card, controls, figure, status_badge, trouble
from .simulation import AREAS, STATUSES
from .table import ANY, COLUMNS, MachineRow


def board_page() -> rx.Component:
    """The whole plant."""
    return rx.el.main(
        rx.container(
            rx.flex(
                rx.flex(
                    rx.heading("Operations", as_="h1", size="6"),
                    controls(),
                    justify="between",
                    align="center",
                    wrap="wrap",
                    spacing="3",
                ),
                trouble(FeedState.problem, FeedState.start),
                trouble(BoardState.problem, BoardState.retry),
                rx.cond(BoardState.tick > 0, _content(), _loading()),
                direction="column",
                spacing="5",
            ),
            size="4",
            padding_x="var(--space-4)",
            padding_y="var(--space-5)",
        )
    )


def _content() -> rx.Component:
    return rx.fragment(_figures(), _charts(), _machines())


def _figures() -> rx.Component:
    kpis = BoardState.kpis
    return rx.grid(
        figure("Output", kpis.output.to_string(), "pieces/min", "package"),
        figure("Mean temperature", kpis.temperature.to_string(), "°C", "thermometer"),
        figure("Running", f"{kpis.running} of {kpis.machines}", "machines", "activity"),
        figure("Not acknowledged", kpis.open_incidents.to_string(), "incidents", "bell"),
        columns=rx.breakpoints(initial="1", xs="2", md="4"),
        spacing="3",
    )


def _charts() -> rx.Component:
    return rx.flex(
        rx.flex(
            rx.heading("Last minute", as_="h2", size="4"),
            rx.cond(
                BoardState.chosen.length() > 0,
                rx.flex(
                    rx.text(f"Selected machines: {BoardState.chosen.length()}", size="2"),
                    rx.button(
                        "Show all machines",
                        on_click=BoardState.choose_none,
                        size="1",
                        variant="soft",
                    ),
                    spacing="2",
                    align="center",
                ),
                rx.text("All machines", size="2", color="var(--gray-11)"),
            ),
            justify="between",
            align="center",
            wrap="wrap",
            spacing="2",
        ),
        rx.grid(
            chart_card("Output", "pieces/min", "output", BoardState.points, "blue", area=True),
            chart_card("Temperature", "°C", "temperature", BoardState.points, "tomato"),
            chart_card("Vibration", "mm/s", "vibration", BoardState.points, "violet"),
            columns=rx.breakpoints(initial="1", md="3"),
            spacing="3",
        ),
        direction="column",
        spacing="3",
    )


def _machines() -> rx.Component:
    return rx.flex(
        rx.heading("Machines", as_="h2", size="4"),
        _filters(),
        rx.cond(BoardState.selection.matching > 0, _table(), _no_match()),
        direction="column",
        spacing="3",
    )


def _filters() -> rx.Component:
    view = BoardState.view
    return rx.flex(
        rx.input(
            rx.input.slot(rx.icon("search", size=16, aria_hidden="true")),
            value=view.text,
            on_change=BoardState.search,
            type="search",
            placeholder="Name or area",
            aria_label="Search machines",
            flex="1",
            min_width="12rem",
        ),
        _choice("Status", STATUSES, view.status, BoardState.only_status),
        _choice("Area", AREAS, view.area, BoardState.only_area),
        rx.link("Link to this view", href=f"{ClientApp.link('/')}{BoardState.address}", size="2"),
        spacing="3",
        align="center",
        wrap="wrap",
    )


def _choice(
    label: str, values: tuple[str, ...], value: rx.Var[str], change: EventHandler
) -> rx.Component:
    return rx.select.root(
        rx.select.trigger(aria_label=label),
        rx.select.content(
            rx.select.item(f"{label}: any", value=ANY),
            *[rx.select.item(each, value=each) for each in values],
        ),
        value=value,
        on_change=change,
    )


def _table() -> rx.Component:
    shown = BoardState.selection
    return rx.fragment(
        rx.box(
            rx.table.root(
                rx.table.header(
                    rx.table.row(
                        rx.table.column_header_cell(
                            rx.text("Chart", size="1", weight="regular", color="var(--gray-11)")
                        ),
                        *[_header(key, title) for key, title in COLUMNS.items()],
                    )
                ),
                rx.table.body(rx.foreach(shown.rows, _row)),
                size="2",
                variant="surface",
            ),
            # Scrolls sideways on narrow screens, also with the keyboard.
            class_name="graft-sideways",
            tab_index=0,
            role="group",
            aria_label="Machines",
        ),
        rx.flex(
            rx.text(
                f"{shown.matching} machines, page {shown.page} of {shown.pages}",
                size="2",
                color="var(--gray-11)",
            ),
            rx.flex(
                rx.button(
                    "Previous",
                    on_click=BoardState.turn(-1),
                    disabled=shown.page <= 1,
                    variant="soft",
                    size="1",
                ),
                rx.button(
                    "Next",
                    on_click=BoardState.turn(1),
                    disabled=shown.page >= shown.pages,
                    variant="soft",
                    size="1",
                ),
                spacing="2",
            ),
            justify="between",
            align="center",
        ),
    )


def _header(key: str, title: str) -> rx.Component:
    view = BoardState.view
    here = view.sort == key
    direction = rx.cond(view.descending, "descending", "ascending")
    return rx.table.column_header_cell(
        rx.button(
            title,
            rx.cond(
                here,
                rx.cond(
                    view.descending,
                    rx.icon("arrow-down", size=12, aria_hidden="true"),
                    rx.icon("arrow-up", size=12, aria_hidden="true"),
                ),
            ),
            on_click=BoardState.sort(key),
            variant="ghost",
            color_scheme="gray",
            size="1",
        ),
        custom_attrs={"aria-sort": rx.cond(here, direction, "none")},
    )


def _row(machine: rx.Var[MachineRow]) -> rx.Component:
    return rx.table.row(
        rx.table.cell(
            rx.checkbox(
                checked=BoardState.chosen.contains(machine.id),
                on_change=BoardState.choose(machine.id),
                custom_attrs={"aria-label": f"Show {machine.name} in the charts"},
            )
        ),
        rx.table.row_header_cell(
            rx.link(machine.name, href=f"{ClientApp.link('/machines')}/{machine.id}")
        ),
        rx.table.cell(machine.area),
        rx.table.cell(status_badge(machine.status)),
        rx.table.cell(f"{machine.temperature} °C", white_space="nowrap"),
        rx.table.cell(f"{machine.vibration} mm/s", white_space="nowrap"),
        rx.table.cell(f"{machine.output} /min", white_space="nowrap"),
        key=machine.id,
    )


def _no_match() -> rx.Component:
    return rx.flex(
        rx.text("No machine matches the filters.", role="status"),
        rx.button("Clear filters", on_click=BoardState.clear, size="1", variant="soft"),
        spacing="3",
        align="center",
        padding_y="var(--space-5)",
    )


def _loading() -> rx.Component:
    return rx.grid(
        *[rx.skeleton(height="5rem") for _ in range(4)],
        columns=rx.breakpoints(initial="1", xs="2", md="4"),
        spacing="3",
        aria_busy="true",
        aria_label="Waiting for the first readings",
    )
