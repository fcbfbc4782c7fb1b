"""The tab of an app with who uses it, how much, and what goes wrong."""

import reflex as rx

from app.browser.parts.local_time import LocalTime
from app.web.admin.apps.states.detail_state import DetailState
from app.web.admin.apps.states.operation_state import OperationState
from app.web.admin.apps.states.usage_rows import Point
from app.web.admin.apps.states.use_state import SECONDS, UseState
from app.web.admin.apps.views.kept_panel import kept_panel
from app.web.admin.browser import Ticker, UsageChart
from app.web.admin.rows import ErrorRow, UserRow
from app.web.admin.shell import MUTED, icon_of, muted, section, table
from app.web.layout import traceback

_CHARTS = (
    ("opens", "Opened", (("opens", "opened", "green", False),), ""),
    ("events", "Events", (("events", "events", "blue", False),), ""),
    ("errors", "Errors", (("errors", "errors", "red", False),), ""),
    ("latency", "Latency", (("p50", "p50", "blue", True), ("p95", "p95", "amber", True)), "ms"),
)


def use_panel() -> rx.Component:
    """Return the tab."""
    return rx.flex(
        # Dropped while the connection is lost, in place of being sent all at once afterwards.
        Ticker.create(seconds=SECONDS, on_tick=UseState.look.temporal),
        rx.cond(
            UseState.trouble != "",
            rx.callout(UseState.trouble, icon="triangle-alert", color_scheme="red", role="alert"),
            rx.fragment(_use(), _users(), kept_panel(), _errors()),
        ),
        direction="column",
        spacing="5",
    )


def _use() -> rx.Component:
    return section(
        "Use",
        rx.flex(
            muted("On this node, by the minute."),
            rx.segmented_control.root(
                rx.segmented_control.item("Last hour", value="hour"),
                rx.segmented_control.item("Last day", value="day"),
                value=UseState.span,
                on_change=UseState.choose,
                aria_label="Time that is shown",
            ),
            justify="between",
            align="center",
            spacing="3",
            wrap="wrap",
        ),
        rx.grid(
            *[_chart(*chart) for chart in _CHARTS],
            columns=rx.breakpoints(initial="1", sm="2"),
            spacing="4",
        ),
        rx.el.details(
            rx.el.summary("The same as a table", cursor="pointer", font_size="var(--font-size-2)"),
            table(
                "Use over time",
                ("Time", "Opened", "Events", "Errors", "p50, ms", "p95, ms"),
                rx.foreach(UseState.points, _point),
            ),
        ),
    )


def _chart(name: str, title: str, series: tuple[tuple[str, ...], ...], unit: str) -> rx.Component:
    keys = ("name", "label", "color", "line")
    return rx.card(
        rx.heading(title, as_="h3", size="2"),
        muted(UseState.totals[name], size="1", id=f"total-{name}"),
        UsageChart.create(
            points=UseState.points,
            series=[dict(zip(keys, one, strict=True)) for one in series],
            unit=unit,
        ),
    )


def _point(point: rx.Var[Point]) -> rx.Component:
    return rx.table.row(
        rx.table.row_header_cell(LocalTime.create(at=point["time"], form="clock")),
        *[rx.table.cell(point[name]) for name in ("opens", "events", "errors")],
        *[rx.table.cell(rx.cond(point[name], point[name], "none")) for name in ("p50", "p95")],
    )


def _users() -> rx.Component:
    return section(
        "Users now",
        rx.cond(
            UseState.people > 0,
            rx.fragment(
                muted(
                    f"{UseState.people} on this node, in {UseState.pages} open ",
                    rx.cond(UseState.pages == 1, "page.", "pages."),
                ),
                table(
                    "Users now",
                    ("Name", "E-mail address", "Organisation", "Open"),
                    rx.foreach(UseState.users, _user),
                ),
                rx.cond(
                    UseState.people > UseState.users.length(),
                    muted(f"The first {UseState.users.length()} are shown."),
                ),
            ),
            muted("Nobody has it open on this node."),
        ),
    )


def _user(row: rx.Var[UserRow]) -> rx.Component:
    return rx.table.row(
        rx.table.row_header_cell(row["name"]),
        rx.table.cell(row["email"]),
        rx.table.cell(row["organisation"]),
        rx.table.cell(row["pages"]),
    )


def _errors() -> rx.Component:
    return section(
        "Errors",
        rx.flex(
            muted("Since this node started, the latest first."),
            rx.cond(
                UseState.may_clear & (UseState.kinds > 0),
                rx.button(
                    icon_of("eraser"),
                    "Clear",
                    variant="soft",
                    aria_label="Clear the errors",
                    on_click=OperationState.ask(
                        "clear_errors", DetailState.app_id, "", DetailState.app["revision"]
                    ),
                ),
            ),
            justify="between",
            align="center",
            spacing="3",
            wrap="wrap",
        ),
        rx.cond(
            UseState.kinds > 0,
            rx.flex(
                rx.foreach(UseState.errors, _error),
                rx.cond(
                    UseState.kinds > UseState.errors.length(),
                    muted(
                        f"{UseState.kinds} kinds of errors; the latest "
                        f"{UseState.errors.length()} are shown."
                    ),
                ),
                direction="column",
                spacing="3",
                role="list",
                aria_label="Errors",
            ),
            muted("None."),
        ),
    )


def _error(row: rx.Var[ErrorRow]) -> rx.Component:
    return rx.callout.root(
        rx.text(
            rx.badge(
                row["count"], rx.cond(row["count"] == 1, " time", " times"), color_scheme="red"
            ),
            " ",
            rx.code(row["place"], weight="bold"),
            " ",
            row["message"],
            as_="div",
            size="2",
        ),
        rx.text(row["remedy"], size="2", color=MUTED),
        muted(
            "In ",
            rx.code(row["event"]),
            " of version ",
            row["version"],
            ", last ",
            LocalTime.create(at=row["last"]),
        ),
        traceback(row["detail"]),
        color_scheme="red",
        size="1",
        display="block",
        overflow_wrap="anywhere",
        role="listitem",
    )
