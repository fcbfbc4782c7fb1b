"""`/dev`: the apps on disk, what was loaded, and what is wrong. It has content in development mode
only.
"""

from typing import TypedDict

import reflex as rx

from app.bridge.sockets.events import EventCall, current_token
from app.browser.parts.local_time import LocalTime
from app.node.engine import running_host
from app.node.releases.catalog import AppRecord
from app.web.layout import empty, loading, no_apps, page, rule_id, traceback

SHOWN = 200


class ProblemRow(TypedDict):
    """One problem of an app."""

    place: str
    message: str
    remedy: str
    detail: str
    rule: str


class AppRow(TypedDict):
    """One app on disk."""

    id: str
    name: str
    href: str
    status: str
    color: str
    version: str
    load: str
    loaded_at: str
    problems: list[ProblemRow]


class DevState(rx.State):
    """What the page shows."""

    rows: list[AppRow] = []
    total: int = 0
    failing: int = 0
    enabled: bool = False
    loaded: bool = False

    @rx.event
    def load(self):
        """Show the apps of the moment, and from now on every change."""
        host = running_host()
        self.enabled = host.is_development
        self.loaded = True
        if self.enabled:
            host.watch_catalog(current_token(), EventCall.of(DevState.changed))
            self._show()

    @rx.event
    def changed(self, app_id: str):
        """An app came, went or changed."""
        if running_host().is_development:
            self._show()

    def _show(self) -> None:
        wrong = running_host().observed.wrong_settings
        records = sorted(
            running_host().catalog,
            key=lambda r: (r.failure is None and r.id not in wrong, r.id),
        )
        self.rows = [_row(record) for record in records[:SHOWN]]
        self.total = len(records)
        self.failing = sum(r.failure is not None or r.id in wrong for r in records)


def _row(record: AppRecord) -> AppRow:
    wrong = running_host().observed.wrong_settings.get(record.id)
    status, color = _status(record, wrong is not None)
    problems = record.failure.problems if record.failure else ()
    return AppRow(
        id=record.id,
        name=record.name,
        href=f"/apps/{record.url}",
        status=status,
        color=color,
        version=record.metadata.version or "",
        load=_load(record),
        loaded_at=record.loaded_at.isoformat() if record.loaded_at else "",
        problems=[
            ProblemRow(
                place=f"client_apps/{record.id}/{p.place}",
                message=p.message,
                remedy=p.remedy,
                detail=p.detail,
                rule=p.rule,
            )
            for p in problems
        ]
        + [
            ProblemRow(
                place=f"settings/{record.id}.toml",
                message=p.message,
                remedy=p.remedy,
                detail="",
                rule="",
            )
            for p in (wrong,)
            if p is not None
        ],
    )


def _load(record: AppRecord) -> str:
    """Which load this was, since the start, and how long it took."""
    if record.loaded_at is None or record.load_ms is None:
        return ""
    return f"load {record.number}, took {record.load_ms:.0f} ms, at "


def _status(record: AppRecord, wrong_settings: bool) -> tuple[str, str]:
    if record.failure is not None:
        return ("last good version runs", "orange") if record.version else ("broken", "red")
    if wrong_settings:
        return "settings do not fit", "orange"
    return ("loaded", "green") if record.version else ("not opened yet", "gray")


def dev() -> rx.Component:
    """Return the page for developers."""
    return page(
        rx.cond(
            DevState.loaded,
            rx.cond(DevState.enabled, _apps(), _only_in_development()),
            loading(),
        ),
        title="Apps on disk",
    )


def _apps() -> rx.Component:
    total, shown = DevState.total, DevState.rows.length()
    return rx.cond(
        total > 0,
        rx.vstack(
            rx.text(
                f"{total} on disk, {DevState.failing} with problems. ",
                rx.cond(
                    total > shown, f"The first {shown} are shown, those with problems first.", ""
                ),
                color="var(--gray-11)",
                role="status",
            ),
            rx.foreach(DevState.rows, _card),
            spacing="3",
            width="100%",
        ),
        no_apps(),
    )


def _only_in_development() -> rx.Component:
    return empty("lock", "Only in development mode", "Start the server with --dev to see this.")


def _card(row: rx.Var[AppRow]) -> rx.Component:
    return rx.card(
        rx.flex(
            rx.vstack(
                rx.link(row["name"], href=row["href"], weight="bold", size="3"),
                rx.code(row["id"], variant="ghost", color="var(--gray-11)", size="2"),
                spacing="1",
                min_width="0",
                overflow_wrap="anywhere",
            ),
            rx.flex(
                rx.cond(
                    row["loaded_at"] != "",
                    rx.text(
                        row["load"],
                        LocalTime.create(at=row["loaded_at"], form="seconds"),
                        size="2",
                        color="var(--gray-11)",
                    ),
                ),
                rx.cond(
                    row["version"] != "",
                    rx.text("version ", row["version"], size="2", color="var(--gray-11)"),
                ),
                rx.badge(row["status"], color_scheme=row["color"]),
                column_gap="var(--space-4)",
                row_gap="var(--space-1)",
                align="center",
                wrap="wrap",
            ),
            spacing="3",
            justify="between",
            wrap="wrap",
            width="100%",
        ),
        rx.foreach(row["problems"].to(list[ProblemRow]), _problem),
        width="100%",
    )


def _problem(problem: rx.Var[ProblemRow]) -> rx.Component:
    return rx.callout.root(
        rx.callout.text(
            rx.code(problem["place"], weight="bold"),
            " ",
            problem["message"],
            rule_id(problem["rule"]),
            as_="div",
        ),
        rx.text(problem["remedy"], size="2", color="var(--gray-11)"),
        traceback(problem["detail"]),
        color_scheme="red",
        size="1",
        margin_top="var(--space-3)",
        overflow_wrap="anywhere",
        # Without the column for an icon that a callout keeps free.
        display="flex",
        flex_direction="column",
        align_items="stretch",
    )
