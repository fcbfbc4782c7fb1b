"""Parts that both pages use: the feed's controls, charts, the status of a machine."""

# Pages read vars from state classes: there `State.rows` is a Var, which annotations do not say.
# mypy: disable-error-code="attr-defined"
# pyright: reportAttributeAccessIssue=false, reportIndexIssue=false
# pyright: reportOperatorIssue=false, reportArgumentType=false, reportReturnType=false

import reflex as rx
from reflex.event import EventHandler

from .charts import Point
from .feed import INTERVALS, FeedState

# Radix scales by meaning; they follow light and dark mode.
STATUS_COLORS = (("running", "grass"), ("warning", "amber"), ("stopped", "tomato"))
STATUS_ICONS = (
    ("running", "circle-check"),
    ("warning", "triangle-alert"),
    ("stopped", "octagon-x"),
)


def controls() -> rx.Component:
    """Start or pause the feed, and choose its pace."""
    return rx.flex(
        rx.cond(
            FeedState.running,
            rx.button(
                rx.icon("pause", size=16, aria_hidden="true"),
                "Pause",
                on_click=FeedState.pause,
                variant="soft",
            ),
            rx.button(
                rx.icon("play", size=16, aria_hidden="true"), "Start", on_click=FeedState.start
            ),
        ),
        rx.select.root(
            rx.select.trigger(aria_label="Update every"),
            rx.select.content(
                *[rx.select.item(f"every {pace} s", value=pace) for pace in INTERVALS]
            ),
            value=FeedState.interval,
            on_change=FeedState.set_pace,
        ),
        rx.badge(
            rx.cond(FeedState.running, "Live", "Paused"),
            color_scheme=rx.cond(FeedState.running, "grass", "gray"),
            role="status",
        ),
        spacing="3",
        align="center",
        wrap="wrap",
    )


def trouble(message: rx.Var[str], retry: EventHandler) -> rx.Component:
    """An error that the person can try to get over."""
    return rx.cond(
        message != "",
        rx.callout.root(
            rx.callout.icon(rx.icon("triangle-alert", size=16)),
            rx.callout.text(message),
            rx.button("Try again", on_click=retry, size="1", variant="soft"),
            color_scheme="red",
            role="alert",
        ),
    )


def status_badge(status: rx.Var[str]) -> rx.Component:
    """The status of a machine: a word, a sign and a color."""
    icons = [(name, rx.icon(icon, size=12, aria_hidden="true")) for name, icon in STATUS_ICONS]
    return rx.badge(
        rx.match(status, *icons, rx.fragment()),
        status,
        color_scheme=rx.match(status, *STATUS_COLORS, "gray"),
        variant="soft",
    )


def figure(label: str, value: rx.Var[str] | str, unit: str, icon: str) -> rx.Component:
    """One figure on a card."""
    return rx.card(
        rx.flex(
            rx.icon(icon, size=20, color="var(--accent-9)", aria_hidden="true"),
            rx.box(
                rx.text(label, size="1", color="var(--gray-11)"),
                rx.text(
                    value,
                    rx.text.span(f" {unit}", size="2", color="var(--gray-11)"),
                    size="5",
                    weight="bold",
                    style={"fontVariantNumeric": "tabular-nums"},
                ),
            ),
            spacing="3",
            align="center",
        )
    )


def chart_card(
    title: str, unit: str, key: str, points: rx.Var[list[Point]], color: str, area: bool = False
) -> rx.Component:
    """A chart of one measure over the last minute."""
    stroke = f"var(--{color}-9)"
    axis = {"tick": {"fill": "var(--gray-11)"}, "tick_line": False, "stroke": "var(--gray-7)"}
    if area:
        series = rx.recharts.area(
            data_key=key,
            name=title,
            stroke=stroke,
            fill=f"var(--{color}-5)",
            type_="monotone",
            is_animation_active=False,
        )
    else:
        series = rx.recharts.line(
            data_key=key,
            name=title,
            stroke=stroke,
            type_="monotone",
            dot=False,
            is_animation_active=False,
        )
    chart = rx.recharts.area_chart if area else rx.recharts.line_chart
    return rx.card(
        rx.heading(f"{title}, {unit}", as_="h3", size="2", weight="medium"),
        rx.box(
            chart(
                series,
                rx.recharts.x_axis(data_key="time", min_tick_gap=40, **axis),
                rx.recharts.y_axis(domain=["auto", "auto"], width=58, **axis),
                rx.recharts.cartesian_grid(stroke="var(--gray-5)", vertical=False),
                rx.recharts.graphing_tooltip(
                    content_style={
                        "background": "var(--color-panel-solid)",
                        "borderColor": "var(--gray-6)",
                        "color": "var(--gray-12)",
                    },
                    label_style={"color": "var(--gray-12)"},
                ),
                data=points,
                margin={"top": 14, "right": 14, "bottom": 0, "left": 0},
                width="100%",
                height=200,
            ),
            font_size="var(--font-size-1)",
            role="img",
            aria_label=f"{title} over the last minute, {unit}",
        ),
    )
