"""The start page: import a schedule, open an earlier one."""

# Pages read vars from state classes: there `State.rows` is a Var, which annotations do not say.
# mypy: disable-error-code="attr-defined"
# pyright: reportAttributeAccessIssue=false, reportIndexIssue=false
# pyright: reportOperatorIssue=false, reportArgumentType=false, reportReturnType=false

import reflex as rx

from .import_state import UPLOAD_ID, ImportState
from .imports import MAX_UPLOAD
from .list_state import ImportRow, ListState
from .widgets import MUTED, failure, icon, labelled, loading, nothing, page_frame


def import_page() -> rx.Component:
    """Choose a file, watch it being read, find earlier imports."""
    return page_frame(
        rx.box(
            rx.heading("Room schedules", as_="h1", size="6"),
            rx.text("Import the zone schedule that ArchiCAD exports as XML.", color=MUTED),
        ),
        rx.cond(
            (ImportState.phase == "receiving") | (ImportState.phase == "reading"),
            _running(),
            rx.flex(
                rx.cond(ImportState.phase == "failed", _failed()),
                _choose(),
                direction="column",
                spacing="3",
            ),
        ),
        rx.el.section(
            rx.heading(
                "Earlier imports", as_="h2", size="4", id="earlier", margin_bottom="var(--space-3)"
            ),
            _earlier(),
            aria_labelledby="earlier",
        ),
    )


def _choose() -> rx.Component:
    zone = rx.upload.root(
        rx.flex(
            icon("file-up", 32, color="var(--accent-11)"),
            rx.flex(
                rx.text("Drop a schedule here, or", weight="medium", as_="span"),
                # Its click goes on to the zone, which asks for a file.
                rx.button("choose a file", variant="soft"),
                align="center",
                justify="center",
                spacing="2",
                wrap="wrap",
            ),
            rx.text(f"XML, up to {MAX_UPLOAD // 1024**2} MB", size="1", color=MUTED),
            direction="column",
            align="center",
            spacing="2",
        ),
        id=UPLOAD_ID,
        accept={"application/xml": [".xml"], "text/xml": [".xml"]},
        multiple=False,
        max_files=1,
        max_size=MAX_UPLOAD,
        on_drop=ImportState.receive(
            rx.upload_files_chunk(upload_id=UPLOAD_ID, on_upload_progress=ImportState.uploaded)
        ),
        no_keyboard=True,
        width="100%",
        border="2px dashed var(--accent-a8)",
        border_radius="var(--radius-4)",
        background="var(--accent-a2)",
        padding="var(--space-7) var(--space-4)",
        cursor="pointer",
        _hover={"background": "var(--accent-a3)"},
        drag_active_style={"background": "var(--accent-a4)"},
    )
    return rx.flex(
        labelled(zone, "Schedule to import, an XML file"),
        _samples(),
        direction="column",
        spacing="3",
    )


def _samples() -> rx.Component:
    return rx.flex(
        rx.text("No schedule at hand?", size="2", color=MUTED),
        rx.button(
            icon("download"),
            "Download a sample",
            on_click=ImportState.download_sample,
            variant="soft",
            size="1",
        ),
        rx.button(
            icon("download"),
            "Download a large one (50 MB)",
            on_click=ImportState.download_large_sample,
            loading=ImportState.making_sample,
            variant="soft",
            color_scheme="gray",
            size="1",
        ),
        spacing="3",
        align="center",
        wrap="wrap",
    )


def _running() -> rx.Component:
    return rx.card(
        rx.flex(
            rx.flex(
                rx.text(ImportState.file_name, weight="medium", overflow_wrap="anywhere"),
                rx.spacer(),
                rx.button(
                    "Cancel", on_click=ImportState.cancel, variant="soft", color_scheme="gray"
                ),
                spacing="3",
                align="center",
            ),
            rx.progress(
                value=ImportState.percent,
                aria_label=rx.cond(
                    ImportState.phase == "receiving", "Upload of the file", "Reading of the file"
                ),
            ),
            rx.text(ImportState.progress_text, size="2", color=MUTED, aria_live="polite"),
            direction="column",
            spacing="3",
        ),
        width="100%",
    )


def _failed() -> rx.Component:
    return failure(
        f"{ImportState.file_name}: {ImportState.problem}",
        ImportState.advice,
        rx.button("Dismiss", on_click=ImportState.dismiss, variant="soft", size="1"),
    )


def _earlier() -> rx.Component:
    return rx.match(
        ListState.phase,
        (
            "ready",
            rx.cond(
                ListState.earlier.length() > 0,
                _list(),
                nothing(
                    "folder-open",
                    "Nothing imported yet",
                    "Every schedule that somebody of your organisation imports is listed here.",
                ),
            ),
        ),
        (
            "failed",
            failure(
                "The list cannot be shown",
                ListState.problem,
                rx.button("Try again", on_click=ListState.open, variant="soft", size="1"),
            ),
        ),
        loading("Loading the earlier imports", "3.5rem", "3.5rem", "3.5rem"),
    )


def _list() -> rx.Component:
    return rx.flex(
        rx.el.ul(
            rx.foreach(ListState.earlier, _row),
            list_style="none",
            padding="0",
            margin="0",
            display="flex",
            flex_direction="column",
            gap="var(--space-2)",
        ),
        rx.cond(
            ListState.has_more,
            rx.button("Show more", on_click=ListState.more, variant="soft", align_self="start"),
        ),
        direction="column",
        spacing="3",
    )


def _row(row: rx.Var[ImportRow]) -> rx.Component:
    return rx.el.li(
        rx.card(
            rx.flex(
                rx.box(
                    rx.link(row.title, href=row.href, weight="medium", overflow_wrap="anywhere"),
                    rx.text(f"{row.imported} by {row.by}", size="1", color=MUTED),
                ),
                rx.spacer(),
                _delete(row),
                align="center",
                spacing="3",
            )
        ),
        key=row.id,
    )


def _delete(row: rx.Var[ImportRow]) -> rx.Component:
    return rx.alert_dialog.root(
        rx.alert_dialog.trigger(
            rx.icon_button(
                icon("trash-2"),
                aria_label=f"Delete {row.title}",
                variant="ghost",
                color_scheme="gray",
            )
        ),
        rx.alert_dialog.content(
            rx.alert_dialog.title("Delete this import?"),
            rx.alert_dialog.description(
                f"{row.title}, its rooms and the uploaded file are deleted for everybody."
            ),
            rx.flex(
                rx.alert_dialog.cancel(rx.button("Keep it", variant="soft", color_scheme="gray")),
                rx.alert_dialog.action(
                    rx.button("Delete", color_scheme="red", on_click=ListState.delete(row.id))
                ),
                spacing="3",
                justify="end",
                margin_top="var(--space-4)",
            ),
            max_width="28rem",
        ),
    )
