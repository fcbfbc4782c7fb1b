"""`/admin/nodes`: the node that answers, and the apps that fail on it."""

from datetime import UTC, datetime
from typing import TypedDict

import reflex as rx

from app.platform.permissions import Action, Requester
from app.web.admin.browser import Ticker
from app.web.admin.page_state import PageState, entering
from app.web.admin.shell import MUTED, admin_page, contents, muted, section, table
from app.web.administration import administration

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


class NodesState(PageState, rx.State):
    """The node. Empty in sessions that did not open the page."""

    name: str = ""
    facts: list[FactRow] = []
    failing: list[FailingRow] = []
    more: bool = False

    @rx.event
    @entering(Action.OPERATE)
    async def load(self, who: Requester):
        """Show the node as it is now."""
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
        self.more = len(node.failing) > SHOWN


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
        contents(NodesState, ("list", _content())),
        place="nodes",
        title="Nodes",
    )


def _content() -> rx.Component:
    return rx.flex(
        Ticker.create(seconds=10, on_tick=NodesState.load.temporal),
        rx.card(
            rx.flex(
                rx.heading(NodesState.name, as_="h2", size="4"),
                muted("This node, as it is now."),
                align="baseline",
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
            rx.cond(
                NodesState.more,
                muted(f"The first {SHOWN} are shown; the rest are in the server's log."),
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
