"""`/admin/audit`: who did what, when and from where."""

import reflex as rx

from app.browser.parts.local_time import LocalTime, LocalTimeField
from app.core.audit import Outcome
from app.web.admin.audit.audit_state import AuditState, EntryRow
from app.web.admin.shell import admin_page, choice, contents, icon_of, muted, table


def audit_page() -> rx.Component:
    """Return the page."""
    return admin_page(
        contents(AuditState, ("list", _content())),
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
            muted("No entries match.", role="status"),
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
            _labelled("From", LocalTimeField.create(name="since"), "15rem"),
            _labelled("Until", LocalTimeField.create(name="until"), "15rem"),
            _labelled("Who", rx.input(name="actor", placeholder="Name or address")),
            _labelled("What", rx.input(name="action", placeholder="app.*")),
            _labelled("On what (app or id)", rx.input(name="target", placeholder="example/*")),
            _labelled(
                "Outcome",
                choice(
                    rx.el.option("any", value=""),
                    *[rx.el.option(outcome.value, value=outcome.value) for outcome in Outcome],
                    name="outcome",
                    width="100%",
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


def _labelled(label: str, control: rx.Component, width: str = "9rem") -> rx.Component:
    return rx.el.label(
        rx.text(label, size="1", color="var(--gray-11)", margin_bottom="var(--space-1)"),
        control,
        flex=f"1 1 {width}",
        max_width=rx.breakpoints(initial="none", sm="16rem"),
    )


def _entry(row: rx.Var[EntryRow]) -> rx.Component:
    return rx.table.row(
        rx.table.cell(LocalTime.create(at=row["at"]), white_space="nowrap"),
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
