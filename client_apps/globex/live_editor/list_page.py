"""The page that lists the reports."""

# Pages read vars from state classes: there `State.rows` is a Var, which annotations do not say.
# mypy: disable-error-code="attr-defined"
# pyright: reportAttributeAccessIssue=false, reportIndexIssue=false
# pyright: reportOperatorIssue=false, reportArgumentType=false, reportReturnType=false

import reflex as rx

from .list_state import ListState, ReportRow


def list_page() -> rx.Component:
    """Create a report, find one, open one."""
    return rx.el.main(
        rx.container(
            rx.flex(
                rx.heading("Site reports", as_="h1", size="6"),
                _create(),
                rx.match(
                    ListState.phase,
                    ("ready", rx.cond(ListState.reports.length() > 0, _list(), _first())),
                    (
                        "failed",
                        rx.callout(
                            ListState.problem,
                            icon="triangle-alert",
                            color_scheme="red",
                            role="alert",
                        ),
                    ),
                    _loading(),
                ),
                direction="column",
                spacing="5",
            ),
            size="3",
            padding_x="var(--space-4)",
            padding_y="var(--space-5)",
        )
    )


def _create() -> rx.Component:
    return rx.form(
        rx.flex(
            rx.input(
                name="title",
                placeholder="Title of a new report",
                aria_label="Title of a new report",
                required=True,
                max_length=200,
                flex="1",
                min_width="12rem",
            ),
            rx.button(rx.icon("plus", size=16, aria_hidden="true"), "Create", type="submit"),
            spacing="2",
            wrap="wrap",
        ),
        on_submit=ListState.create,
        reset_on_submit=True,
    )


def _list() -> rx.Component:
    return rx.flex(
        rx.input(
            rx.input.slot(rx.icon("search", size=16, aria_hidden="true")),
            value=ListState.query,
            on_change=ListState.search,
            type="search",
            placeholder="Search by title or person",
            aria_label="Search reports",
        ),
        rx.text(
            f"{ListState.found.length()} of {ListState.reports.length()} reports",
            role="status",
            size="1",
            color="var(--gray-11)",
        ),
        rx.cond(
            ListState.found.length() > 0,
            rx.el.ul(
                rx.foreach(ListState.found, _row),
                list_style="none",
                padding="0",
                margin="0",
                display="flex",
                flex_direction="column",
                gap="var(--space-2)",
            ),
            rx.flex(
                rx.text("No report matches.", color="var(--gray-11)"),
                rx.button("Clear search", on_click=ListState.search(""), variant="soft", size="1"),
                spacing="3",
                align="center",
            ),
        ),
        direction="column",
        spacing="3",
    )


def _row(report: rx.Var[ReportRow]) -> rx.Component:
    return rx.el.li(
        rx.link(
            rx.card(
                rx.flex(
                    rx.text(report.title, weight="medium", overflow_wrap="anywhere"),
                    rx.text(
                        f"{report.by} · {report.changed} · revision {report.revision}",
                        size="1",
                        color="var(--gray-11)",
                    ),
                    direction="column",
                    spacing="1",
                ),
            ),
            href=report.href,
            underline="none",
            color="inherit",
        ),
        key=report.id,
    )


def _first() -> rx.Component:
    return rx.flex(
        rx.icon("file-plus-2", size=40, color="var(--gray-9)", aria_hidden="true"),
        rx.heading("No reports yet", as_="h2", size="4"),
        rx.text(
            "Give the first one a title, and invite others to write with you.",
            align="center",
            color="var(--gray-11)",
        ),
        direction="column",
        align="center",
        spacing="2",
        padding_y="var(--space-8)",
    )


def _loading() -> rx.Component:
    return rx.flex(
        *[rx.skeleton(height="3.5rem") for _ in range(3)],
        direction="column",
        spacing="2",
        aria_busy="true",
        aria_label="Loading the reports",
    )
