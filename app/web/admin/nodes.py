"""`/admin/nodes`: the node that answers, and the apps that fail on it."""

from datetime import UTC, datetime
from typing import TypedDict

import reflex as rx

from app.platform.permissions import Action
from app.web.admin.access import administration, enter, told
from app.web.admin.shell import (
    MUTED,
    admin_page,
    icon_of,
    muted,
    only_production,
    refused,
    section,
    table,
)
from app.web.layout import loading

SHOWN = 50


class FactRow(TypedDict):
    """One thing about the node."""

    label: str
    value: str


class FailingRow(TypedDict):
    """One app that fails."""

    id: str
    why: str
    place: str


class NodesState(rx.State):
    """The node. Empty in sessions that did not open the page."""

    place: str = ""  # list | development | refused
    name: str = ""
    facts: list[FactRow] = []
    failing: list[FailingRow] = []

    @rx.event
    @told
    async def load(self):
        """Show the node as it is now."""
        who, self.place = await enter(Action.OPERATE)
        if who is None:
            return
        node = (await administration().platform.watching.nodes(who))[0]
        self.name = node.name
        values = {
            "Version": f"Graft {node.version}, Python {node.python}",
            "Running for": duration((datetime.now(UTC) - node.started_at).total_seconds()),
            "Open pages": str(node.open_pages),
            "Apps": f"{node.installed} installed, {node.loaded} loaded",
            "Memory": f"{node.memory / 1e6:,.0f} MB",
        }
        self.facts = [FactRow(label=label, value=value) for label, value in values.items()]
        self.failing = [
            FailingRow(
                id=failing.app_id,
                why=failing.problem.message if failing.problem else "",
                place=failing.problem.place if failing.problem else "",
            )
            for failing in node.failing[:SHOWN]
        ]
        self.place = "list"


def duration(seconds: float) -> str:
    """Return a length of time for people."""
    minutes = int(seconds // 60)
    hours, days = minutes // 60, minutes // 1440
    if days:
        return f"{days} d {hours % 24} h"
    if hours:
        return f"{hours} h {minutes % 60} min"
    return f"{minutes} min" if minutes else "less than a minute"


def nodes_page() -> rx.Component:
    """Return the page."""
    return admin_page(
        rx.match(
            NodesState.place,
            ("list", _content()),
            ("development", only_production()),
            ("refused", refused()),
            loading(),
        ),
        place="nodes",
        title="Nodes",
    )


def _content() -> rx.Component:
    return rx.flex(
        rx.card(
            rx.flex(
                rx.heading(NodesState.name, as_="h2", size="4"),
                rx.button(
                    icon_of("refresh-cw"), "Refresh", variant="soft", on_click=NodesState.load
                ),
                justify="between",
                spacing="3",
                wrap="wrap",
            ),
            rx.data_list.root(
                rx.foreach(
                    NodesState.facts,
                    lambda fact: rx.data_list.item(
                        rx.data_list.label(fact["label"], color=MUTED),
                        rx.data_list.value(fact["value"]),
                    ),
                ),
                margin_top="var(--space-3)",
            ),
        ),
        section(
            "Apps that fail",
            rx.cond(
                NodesState.failing.length() > 0,
                table(
                    "Apps that fail",
                    ("App", "Place", "Why"),
                    rx.foreach(NodesState.failing, _failing),
                ),
                muted("None on this node."),
            ),
        ),
        direction="column",
        spacing="5",
    )


def _failing(row: rx.Var[FailingRow]) -> rx.Component:
    return rx.table.row(
        rx.table.row_header_cell(rx.link(row["id"], href=f"/admin/apps/{row['id']}")),
        rx.table.cell(rx.code(row["place"])),
        rx.table.cell(row["why"]),
    )
