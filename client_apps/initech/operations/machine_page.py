"""The page of one machine."""

# Pages read vars from state classes: there `State.rows` is a Var, which annotations do not say.
# mypy: disable-error-code="attr-defined"
# pyright: reportAttributeAccessIssue=false, reportIndexIssue=false
# pyright: reportOperatorIssue=false, reportArgumentType=false, reportReturnType=false

import reflex as rx

from app.sdk import ClientApp

from .feed import FeedState
from .incident_views import IncidentView
from .machine_state import MachineState
from .parts import chart_card, controls, figure, status_badge, trouble


def machine_page() -> rx.Component:
    """The machine that the address names, or that there is none."""
    return rx.el.main(
        rx.container(
            rx.flex(
                rx.link(
                    rx.flex(
                        rx.icon("arrow-left", size=16, aria_hidden="true"),
                        "All machines",
                        align="center",
                        spacing="1",
                    ),
                    href=ClientApp.link("/"),
                ),
                rx.match(
                    MachineState.phase,
                    ("ready", _machine()),
                    ("missing", _missing()),
                    rx.skeleton(height="12rem"),
                ),
                direction="column",
                spacing="4",
            ),
            size="4",
            padding_x="var(--space-4)",
            padding_y="var(--space-5)",
        )
    )


def _machine() -> rx.Component:
    machine = MachineState.machine
    return rx.flex(
        rx.flex(
            rx.flex(
                rx.heading(machine.name, as_="h1", size="6"),
                status_badge(machine.status),
                spacing="3",
                align="center",
            ),
            controls(),
            justify="between",
            align="center",
            wrap="wrap",
            spacing="3",
        ),
        rx.text(machine.area, color="var(--gray-11)"),
        trouble(FeedState.problem, FeedState.start),
        trouble(MachineState.problem, MachineState.retry),
        rx.grid(
            figure("Temperature", machine.temperature.to_string(), "°C", "thermometer"),
            figure("Vibration", machine.vibration.to_string(), "mm/s", "waves"),
            figure("Output", machine.output.to_string(), "pieces/min", "package"),
            columns=rx.breakpoints(initial="1", xs="3"),
            spacing="3",
        ),
        rx.heading("Last minute", as_="h2", size="4"),
        rx.grid(
            chart_card("Temperature", "°C", "temperature", MachineState.points, "tomato"),
            chart_card("Vibration", "mm/s", "vibration", MachineState.points, "violet"),
            chart_card("Output", "pieces/min", "output", MachineState.points, "blue", area=True),
            columns=rx.breakpoints(initial="1", md="3"),
            spacing="3",
        ),
        rx.heading("Incidents of the last half hour", as_="h2", size="4"),
        rx.cond(
            MachineState.incidents.length() > 0,
            rx.el.ul(
                rx.foreach(MachineState.incidents, _incident),
                list_style="none",
                padding="0",
                margin="0",
                display="flex",
                flex_direction="column",
                gap="var(--space-2)",
            ),
            rx.text("None.", color="var(--gray-11)"),
        ),
        direction="column",
        spacing="4",
    )


def _incident(incident: rx.Var[IncidentView]) -> rx.Component:
    return rx.el.li(
        rx.card(
            rx.flex(
                rx.box(
                    rx.flex(
                        rx.text(incident.title, weight="medium"),
                        rx.badge(
                            incident.severity,
                            color_scheme=rx.cond(incident.severity == "Severe", "tomato", "amber"),
                        ),
                        spacing="2",
                        align="center",
                    ),
                    rx.text(
                        rx.cond(
                            incident.active,
                            f"since {incident.began} UTC, not over yet",
                            f"{incident.began} to {incident.ended} UTC",
                        ),
                        size="1",
                        color="var(--gray-11)",
                    ),
                ),
                rx.cond(
                    incident.by != "",
                    rx.text(f"Acknowledged by {incident.by}", size="2"),
                    rx.button(
                        "Acknowledge",
                        on_click=MachineState.acknowledge(incident.id),
                        size="1",
                        aria_label=f"Acknowledge: {incident.title}, {incident.began}",
                    ),
                ),
                justify="between",
                align="center",
                wrap="wrap",
                spacing="3",
            )
        ),
        key=incident.id,
    )


def _missing() -> rx.Component:
    return rx.flex(
        rx.icon("search-x", size=40, color="var(--gray-9)", aria_hidden="true"),
        rx.heading("There is no such machine.", as_="h1", size="4"),
        direction="column",
        align="center",
        spacing="3",
        padding_y="var(--space-9)",
        role="status",
    )
