"""The history panel: revisions on one side, the chosen one next to the report of now."""

# Pages read vars from state classes: there `State.rows` is a Var, which annotations do not say.
# mypy: disable-error-code="attr-defined"
# pyright: reportAttributeAccessIssue=false, reportIndexIssue=false
# pyright: reportOperatorIssue=false, reportArgumentType=false, reportReturnType=false

import reflex as rx

from .history import Line
from .history_state import EntryView, HistoryState


def history_panel() -> rx.Component:
    """The button that opens the history, and the dialog it opens."""
    return rx.dialog.root(
        rx.dialog.trigger(
            rx.button(rx.icon("history", size=16, aria_hidden="true"), "History", variant="soft")
        ),
        rx.dialog.content(
            rx.dialog.title("History"),
            rx.dialog.description("Look at an earlier revision, or bring it back as a new one."),
            rx.cond(
                HistoryState.problem != "",
                rx.callout(
                    HistoryState.problem, icon="triangle-alert", color_scheme="red", role="alert"
                ),
            ),
            rx.grid(
                _entries(),
                _preview(),
                columns=rx.breakpoints(initial="1", md="minmax(14rem, 1fr) 2fr"),
                spacing="4",
                margin_top="var(--space-3)",
            ),
            rx.flex(
                rx.dialog.close(rx.button("Close", variant="soft", color_scheme="gray")),
                justify="end",
                margin_top="var(--space-4)",
            ),
            max_width="60rem",
        ),
        open=HistoryState.shown,
        on_open_change=HistoryState.toggle,
    )


def _entries() -> rx.Component:
    return rx.cond(
        HistoryState.loading,
        rx.flex(*[rx.skeleton(height="2.5rem") for _ in range(4)], direction="column", spacing="2"),
        rx.scroll_area(
            rx.flex(
                rx.foreach(HistoryState.listed, _entry),
                direction="column",
                spacing="1",
                role="list",
                aria_label="Revisions, newest first",
            ),
            max_height="55vh",
            scrollbars="vertical",
        ),
    )


def _entry(entry: rx.Var[EntryView]) -> rx.Component:
    return rx.box(
        rx.button(
            rx.avatar(fallback=entry.initials, color_scheme=entry.color, size="1", radius="full"),
            rx.flex(
                rx.text(entry.what, size="2", weight="medium", trim="start"),
                rx.text(f"{entry.who} · {entry.when}", size="1", color="var(--gray-11)"),
                direction="column",
                align="start",
                min_width="0",
            ),
            rx.cond(entry.newest, rx.badge("Now", margin_left="auto")),
            on_click=HistoryState.select(entry.number),
            variant=rx.cond(HistoryState.selected == entry.number, "soft", "ghost"),
            color_scheme="gray",
            aria_pressed=HistoryState.selected == entry.number,
            width="100%",
            height="auto",
            # A ghost button counts its padding on top of its width.
            box_sizing="border-box",
            padding="var(--space-2)",
            margin="0",
            justify_content="flex-start",
            text_align="left",
        ),
        role="listitem",
    )


def _preview() -> rx.Component:
    chosen = rx.flex(
        rx.flex(
            rx.heading(f"Revision {HistoryState.selected}", as_="h2", size="3"),
            rx.flex(
                rx.text(
                    rx.flex(
                        rx.switch(
                            checked=~HistoryState.only_differences,
                            on_change=HistoryState.show_all,
                            size="1",
                        ),
                        "Show equal fields",
                        spacing="2",
                        align="center",
                    ),
                    as_="label",
                    size="2",
                ),
                rx.button("Restore this revision", on_click=HistoryState.restore, size="2"),
                spacing="3",
                align="center",
                wrap="wrap",
            ),
            justify="between",
            align="center",
            wrap="wrap",
            spacing="2",
        ),
        rx.cond(
            HistoryState.visible_lines.length() > 0,
            rx.scroll_area(
                rx.table.root(
                    rx.table.header(
                        rx.table.row(
                            rx.table.column_header_cell("Field"),
                            rx.table.column_header_cell("Then"),
                            rx.table.column_header_cell("Now"),
                        )
                    ),
                    rx.table.body(rx.foreach(HistoryState.visible_lines, _line)),
                    size="1",
                ),
                max_height="50vh",
                scrollbars="vertical",
            ),
            rx.text("The same as now.", color="var(--gray-11)"),
        ),
        direction="column",
        spacing="3",
        min_width="0",
    )
    return rx.box(
        rx.cond(
            HistoryState.selected > 0,
            chosen,
            rx.text("Choose a revision to see how it differs from now.", color="var(--gray-11)"),
        ),
        aria_live="polite",
        min_width="0",
    )


def _line(line: rx.Var[Line]) -> rx.Component:
    return rx.table.row(
        rx.table.row_header_cell(line.label),
        rx.table.cell(_value(line.then), min_width="6rem"),
        rx.table.cell(rx.cond(line.differs, _value(line.now), rx.text("the same", size="1"))),
        background=rx.cond(line.differs, "var(--accent-2)", "transparent"),
    )


def _value(value: rx.Var[str]) -> rx.Component:
    return rx.text(
        rx.cond(value != "", value, "(empty)"),
        size="2",
        white_space="pre-wrap",
        overflow_wrap="anywhere",
    )
