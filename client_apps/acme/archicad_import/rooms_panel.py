"""The searchable, sortable table of rooms."""

# Pages read vars from state classes: there `State.rows` is a Var, which annotations do not say.
# mypy: disable-error-code="attr-defined"
# pyright: reportAttributeAccessIssue=false, reportIndexIssue=false
# pyright: reportOperatorIssue=false, reportArgumentType=false, reportReturnType=false

import reflex as rx

from .rooms_state import RoomsState
from .schedule_state import ScheduleState
from .table import MAX_QUERY, PAGE_SIZES
from .widgets import MUTED, failure, icon, loading, nothing, sideways, simple_table

_COLUMNS = {
    "number": "Number",
    "name": "Name",
    "category": "Category",
    "storey": "Storey",
    "area": "Area (m²)",
    "height": "Height (m)",
    "perimeter": "Perimeter (m)",
    "department": "Department",
}
_NUMERIC = ("area", "height", "perimeter")


def rooms_panel() -> rx.Component:
    """Search, table, pages, and the details of one room."""
    return rx.flex(
        _filters(),
        rx.match(
            RoomsState.phase,
            ("ready", rx.cond(RoomsState.found > 0, _table(), _none())),
            (
                "failed",
                failure(
                    "The rooms cannot be shown",
                    RoomsState.problem,
                    rx.button("Try again", on_click=RoomsState.refresh, variant="soft", size="1"),
                ),
            ),
            loading("Preparing the rooms", *["2rem"] * 8),
        ),
        _details(),
        direction="column",
        spacing="3",
    )


def _filters() -> rx.Component:
    return rx.flex(
        rx.box(
            rx.debounce_input(
                rx.input(
                    rx.input.slot(icon("search")),
                    value=RoomsState.text,
                    on_change=RoomsState.search,
                    type="search",
                    placeholder="Search by number, name, category, storey, department",
                    aria_label="Search rooms",
                    max_length=MAX_QUERY,
                ),
                debounce_timeout=250,
            ),
            flex="1 1 16rem",
        ),
        rx.select.root(
            rx.select.trigger(aria_label="Category"),
            rx.select.content(
                rx.foreach(
                    ScheduleState.category_choices, lambda name: rx.select.item(name, value=name)
                )
            ),
            value=RoomsState.category,
            on_change=RoomsState.narrow,
        ),
        spacing="2",
        wrap="wrap",
    )


def _none() -> rx.Component:
    return nothing(
        "search-x",
        "No room matches",
        "Try fewer words, or another category.",
        rx.button("Show all rooms", on_click=RoomsState.clear, variant="soft", size="1"),
    )


def _table() -> rx.Component:
    return rx.flex(
        sideways(
            rx.table.root(
                rx.table.header(rx.table.row(*[_header(key) for key in _COLUMNS])),
                rx.table.body(rx.foreach(RoomsState.rows, _row)),
                size="1",
                variant="surface",
            ),
            label="Rooms",
        ),
        _pages(),
        direction="column",
        spacing="3",
    )


def _header(key: str) -> rx.Component:
    sorted_by_it = RoomsState.sort == key
    down = RoomsState.descending
    return rx.table.column_header_cell(
        rx.button(
            _COLUMNS[key],
            rx.cond(
                sorted_by_it,
                rx.cond(down, icon("arrow-down", 14), icon("arrow-up", 14)),
                icon("chevrons-up-down", 14, color="var(--gray-9)"),
            ),
            on_click=RoomsState.sort_by(key),
            variant="ghost",
            size="1",
            color_scheme="gray",
            high_contrast=True,
        ),
        custom_attrs={
            "aria-sort": rx.cond(sorted_by_it, rx.cond(down, "descending", "ascending"), "none")
        },
        justify="end" if key in _NUMERIC else "start",
        white_space="nowrap",
    )


def _row(row: rx.Var[dict[str, str]], index: rx.Var[int]) -> rx.Component:
    number, *others = _COLUMNS
    return rx.table.row(
        rx.table.row_header_cell(
            rx.button(
                row[number],
                on_click=RoomsState.show_room(index),
                variant="ghost",
                size="1",
                aria_label=f"Details of room {row[number]}",
                vertical_align="middle",
            )
        ),
        *[rx.table.cell(row[key], justify="end" if key in _NUMERIC else "start") for key in others],
        key=row["line"],
        align="center",
    )


def _pages() -> rx.Component:
    first, last = RoomsState.page <= 1, RoomsState.page >= RoomsState.pages
    return rx.flex(
        rx.text(RoomsState.summary, size="2", color=MUTED, role="status"),
        rx.spacer(),
        rx.select.root(
            rx.select.trigger(aria_label="Rooms per page"),
            rx.select.content(*[rx.select.item(str(size), value=str(size)) for size in PAGE_SIZES]),
            value=RoomsState.page_size.to_string(),
            on_change=RoomsState.resize,
            size="1",
        ),
        _turn("chevrons-left", "First page", 1, first),
        _turn("chevron-left", "Previous page", RoomsState.page - 1, first),
        rx.text(f"Page {RoomsState.page} of {RoomsState.pages}", size="2"),
        _turn("chevron-right", "Next page", RoomsState.page + 1, last),
        _turn("chevrons-right", "Last page", RoomsState.pages, last),
        align="center",
        spacing="2",
        wrap="wrap",
    )


def _turn(
    icon_name: str, label: str, page: rx.Var[int] | int, disabled: rx.Var[bool]
) -> rx.Component:
    return rx.icon_button(
        icon(icon_name),
        on_click=RoomsState.turn_to(page),
        disabled=disabled,
        aria_label=label,
        variant="soft",
        size="1",
    )


def _details() -> rx.Component:
    room = RoomsState.chosen
    return rx.dialog.root(
        rx.dialog.content(
            rx.dialog.title(f"Room {room['number']}"),
            rx.dialog.description(
                f"{room['name']}, {room['storey']} (line {room['line']} of the file)"
            ),
            rx.data_list.root(
                *[
                    rx.data_list.item(rx.data_list.label(title), rx.data_list.value(room[key]))
                    for key, title in _COLUMNS.items()
                ],
                size="2",
                margin_y="var(--space-4)",
            ),
            rx.cond(
                RoomsState.chosen_finishes.length() > 0,
                simple_table(
                    {"surface": "Surface", "material": "Material", "area": "Area (m²)"},
                    RoomsState.chosen_finishes,
                    "Finishes",
                    "area",
                ),
                rx.text("The file lists no finishes.", size="2", color=MUTED),
            ),
            rx.flex(
                rx.dialog.close(rx.button("Close", variant="soft")),
                justify="end",
                margin_top="var(--space-4)",
            ),
            max_width="32rem",
        ),
        open=RoomsState.is_room_open,
        on_open_change=RoomsState.set_room_open,
    )
