"""`/admin/audit`: who did what, when and from where."""

import json
from typing import TypedDict
from urllib.parse import urlencode

import reflex as rx

from app.core import accounts
from app.core.audit import Entry, Outcome
from app.platform.permissions import Action, Requester
from app.web.admin.access import administration, enter, requester, told
from app.web.admin.audit_filter import FIELDS, filter_of
from app.web.admin.rows import when
from app.web.admin.shell import admin_page, icon_of, muted, only_production, refused, table
from app.web.layout import loading

PAGE = 50
MEMBERS = 200
EXPORT = "/admin/audit.csv"


class EntryRow(TypedDict):
    """One entry."""

    at: str
    who: str
    action: str
    target: str
    refused: bool
    detail: str
    origin: str


class PersonOption(TypedDict):
    """Somebody who can be chosen in the filter."""

    id: str
    name: str


class AuditState(rx.State):
    """One page of the log. Empty in sessions that did not open it."""

    place: str = ""  # list | development | refused
    entries: list[EntryRow] = []
    people: list[PersonOption] = []
    export: str = EXPORT
    older: int = 0
    is_first: bool = True
    _wanted: dict[str, str] = {}

    @rx.event
    @told
    async def load(self):
        """Show the newest entries."""
        who, place = await enter(Action.AUDIT)
        if who is None:
            self.place = place
            return
        self._wanted = {}
        home = who.actor.organisation.id
        members = await accounts.members_of(administration().core, home)
        self.people = [
            PersonOption(id=member.user.id, name=member.user.name) for member in members[:MEMBERS]
        ]
        await self._show(who, None)
        self.place = "list"

    @rx.event
    @told
    async def search(self, form: dict[str, str]):
        """Show the newest entries that fit."""
        who = await requester(Action.AUDIT)
        self._wanted = {name: str(form[name])[:200] for name in FIELDS if form.get(name)}
        await self._show(who, None)

    @rx.event
    @told
    async def go_on(self):
        """Show the next page."""
        await self._show(await requester(Action.AUDIT), self.older or None)

    @rx.event
    @told
    async def go_back(self):
        """Show the first page."""
        await self._show(await requester(Action.AUDIT), None)

    async def _show(self, who: Requester, before: int | None) -> None:
        found = await administration().platform.audit.query(
            who, filter_of(self._wanted), limit=PAGE, before=before
        )
        self.entries = [_row(entry) for entry in found.entries]
        self.older, self.is_first = found.next or 0, before is None
        self.export = f"{EXPORT}?{urlencode(self._wanted)}" if self._wanted else EXPORT


def _row(entry: Entry) -> EntryRow:
    return EntryRow(
        at=when(entry.at),
        who=entry.actor_name,
        action=entry.action,
        target=entry.target,
        refused=entry.outcome is Outcome.REFUSED,
        detail=json.dumps(dict(entry.detail), ensure_ascii=False)[:500] if entry.detail else "",
        origin=", ".join(filter(None, (entry.ip, entry.node))),
    )


def audit_page() -> rx.Component:
    """Return the page."""
    return admin_page(
        rx.match(
            AuditState.place,
            ("list", _content()),
            ("development", only_production()),
            ("refused", refused()),
            loading(),
        ),
        place="audit",
        title="Audit log",
    )


def _content() -> rx.Component:
    return rx.flex(
        _filter(),
        rx.cond(
            AuditState.entries.length() > 0,
            table(
                "Audit log",
                ("When", "Who", "What", "On what", "From", "Details"),
                rx.foreach(AuditState.entries, _entry),
                min_width="64rem",
            ),
            muted("Nothing fits.", role="status"),
        ),
        rx.flex(
            rx.cond(
                ~AuditState.is_first,
                rx.button("Newest", variant="soft", on_click=AuditState.go_back),
            ),
            rx.cond(
                AuditState.older > 0,
                rx.button("Older", variant="soft", on_click=AuditState.go_on),
            ),
            spacing="3",
        ),
        direction="column",
        spacing="4",
    )


def _filter() -> rx.Component:
    return rx.form(
        rx.flex(
            _labelled("From (UTC)", rx.input(name="since", type="datetime-local")),
            _labelled("Until (UTC)", rx.input(name="until", type="datetime-local")),
            _labelled(
                "Who",
                _select(
                    "actor",
                    rx.foreach(
                        AuditState.people,
                        lambda person: rx.el.option(person["name"], value=person["id"]),
                    ),
                ),
            ),
            _labelled("What", rx.input(name="action", placeholder="app.*")),
            _labelled("On what", rx.input(name="target", placeholder="acme/*")),
            _labelled(
                "Outcome",
                _select(
                    "outcome",
                    *[rx.el.option(outcome.value, value=outcome.value) for outcome in Outcome],
                ),
            ),
            rx.button(icon_of("search"), "Show", type="submit"),
            # A file of the server, not a page.
            rx.el.a(
                rx.hstack(icon_of("download", 14), "Export as CSV", spacing="1", align="center"),
                href=AuditState.export,
                download="",
                reload_document=True,
                color="var(--accent-11)",
                font_size="var(--font-size-2)",
            ),
            spacing="3",
            align="end",
            wrap="wrap",
        ),
        on_submit=AuditState.search,
        aria_label="Filter",
    )


def _labelled(label: str, control: rx.Component) -> rx.Component:
    return rx.el.label(
        rx.text(label, size="1", color="var(--gray-11)", margin_bottom="var(--space-1)"), control
    )


def _select(name: str, *options: rx.Component) -> rx.Component:
    return rx.el.select(
        rx.el.option("any", value=""),
        *options,
        name=name,
        height="var(--space-6)",
        padding="0 var(--space-2)",
        border_radius="var(--radius-2)",
        border="1px solid var(--gray-7)",
        background="var(--color-surface)",
        color="var(--gray-12)",
    )


def _entry(row: rx.Var[EntryRow]) -> rx.Component:
    return rx.table.row(
        rx.table.cell(row["at"], white_space="nowrap"),
        rx.table.row_header_cell(row["who"]),
        rx.table.cell(
            rx.code(row["action"]),
            " ",
            rx.cond(row["refused"], rx.badge("refused", color_scheme="red")),
        ),
        rx.table.cell(row["target"], overflow_wrap="anywhere"),
        rx.table.cell(row["origin"]),
        rx.table.cell(row["detail"], overflow_wrap="anywhere", max_width="24rem"),
    )
