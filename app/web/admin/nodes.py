"""`/admin/nodes`: the node that answers, and the apps that fail on it."""

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TypedDict

import reflex as rx

import app as graft
from app.bridge.events import running_host
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
        host, administered = running_host(), administration()
        self.name = administered.core.node
        records = list(host.catalog)
        loaded = sum(record.version is not None for record in records)
        values = {
            "Version": f"Graft {graft.__version__}, Python {sys.version.split()[0]}",
            "Running for": duration((datetime.now(UTC) - administered.started_at).total_seconds()),
            "Open pages": str(sum(1 for session in host.sessions if session.connected)),
            "Apps": f"{len(records)} installed, {loaded} loaded",
            "Memory": f"{_memory() / 1e6:,.0f} MB",
        }
        self.facts = [FactRow(label=label, value=value) for label, value in values.items()]
        failing = [record for record in records if record.failure is not None]
        self.failing = [
            FailingRow(
                id=record.id,
                why=record.failure.problems[0].message if record.failure.problems else "",
                place=record.failure.problems[0].place if record.failure.problems else "",
            )
            for record in failing[:SHOWN]
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


def _memory() -> int:
    """Return how much memory this process uses, in bytes; 0 where the system does not tell."""
    try:
        pages = Path("/proc/self/statm").read_text("ascii").split()[1]
    except OSError:
        return 0
    return int(pages) * 4096


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
