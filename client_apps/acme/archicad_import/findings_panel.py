"""What the checks found."""

# Pages read vars from state classes: there `State.rows` is a Var, which annotations do not say.
# mypy: disable-error-code="attr-defined"
# pyright: reportAttributeAccessIssue=false, reportIndexIssue=false
# pyright: reportOperatorIssue=false, reportArgumentType=false, reportReturnType=false

import reflex as rx

from .checks import SEVERITIES
from .schedule_state import ALL_SEVERITIES, ScheduleState
from .widgets import MUTED, icon, nothing, sideways

_LOOKS = {
    "error": ("circle-x", "red", "Errors"),
    "warning": ("triangle-alert", "amber", "Warnings"),
    "note": ("info", "gray", "Notes"),
}


def findings_panel() -> rx.Component:
    """Findings by severity, a page at a time."""
    return rx.cond(
        ScheduleState.total_findings > 0,
        rx.flex(
            _choice(),
            rx.cond(
                ScheduleState.findings.length() > 0,
                _list(),
                nothing("circle-check", "None of this kind", "Other findings are there."),
            ),
            rx.cond(
                ScheduleState.findings_cut != "",
                rx.text(ScheduleState.findings_cut, size="2", color=MUTED),
            ),
            _pages(),
            direction="column",
            spacing="3",
        ),
        nothing("circle-check", "Nothing to complain about", "All rooms passed every check."),
    )


def _choice() -> rx.Component:
    return rx.segmented_control.root(
        rx.segmented_control.item("All", value=ALL_SEVERITIES),
        *[
            rx.segmented_control.item(
                _LOOKS[severity][2],
                # A telephone has no room for the numbers.
                rx.text.span(
                    f" ({ScheduleState.counts[severity]})",
                    display=rx.breakpoints(initial="none", xs="inline"),
                ),
                value=severity,
            )
            for severity in SEVERITIES
        ],
        value=ScheduleState.severity,
        on_change=ScheduleState.show_severity,
        aria_label="Which findings",
        size="1",
        align_self="start",
        max_width="100%",
    )


def _list() -> rx.Component:
    return sideways(
        rx.table.root(
            rx.table.header(
                rx.table.row(
                    *[
                        rx.table.column_header_cell(title)
                        for title in ("Severity", "Zone", "Line", "Finding")
                    ]
                )
            ),
            rx.table.body(rx.foreach(ScheduleState.findings, _row)),
            size="1",
            variant="surface",
        ),
        label="Findings",
    )


def _row(finding: rx.Var[dict[str, str]]) -> rx.Component:
    return rx.table.row(
        rx.table.cell(
            rx.match(
                finding["severity"],
                *[(severity, _badge(severity)) for severity in SEVERITIES[:-1]],
                _badge(SEVERITIES[-1]),
            )
        ),
        rx.table.cell(finding["zone"], overflow_wrap="anywhere", min_width="4rem"),
        rx.table.cell(finding["line"]),
        rx.table.cell(finding["message"], overflow_wrap="anywhere"),
        align="center",
    )


def _badge(severity: str) -> rx.Component:
    icon_name, color, _ = _LOOKS[severity]
    return rx.badge(icon(icon_name, 14), severity.capitalize(), color_scheme=color)


def _pages() -> rx.Component:
    page, pages = ScheduleState.findings_page, ScheduleState.findings_pages
    return rx.cond(
        pages > 1,
        rx.flex(
            _turn("chevron-left", "Previous findings", -1, page <= 1),
            rx.text(f"Page {page} of {pages}", size="2", role="status"),
            _turn("chevron-right", "Next findings", 1, page >= pages),
            align="center",
            spacing="2",
        ),
    )


def _turn(icon_name: str, label: str, pages: int, disabled: rx.Var[bool]) -> rx.Component:
    return rx.icon_button(
        icon(icon_name),
        on_click=ScheduleState.turn(pages),
        disabled=disabled,
        aria_label=label,
        variant="soft",
        size="1",
    )
