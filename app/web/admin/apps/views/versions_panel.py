"""The versions of an app, and what differs between them."""

import reflex as rx

from app.browser.parts.local_time import LocalTime
from app.web.admin.apps.states.detail_state import DetailState
from app.web.admin.apps.states.diff_state import BlockRow, DiffState, FileRow
from app.web.admin.apps.states.operation_state import OperationState
from app.web.admin.apps.states.preview_state import PreviewState
from app.web.admin.rows import VersionRow
from app.web.admin.shell import MUTED, choice, icon_of, more_button, muted, section
from app.web.layout import sideways

_COLORS = (
    ("added", "var(--green-a3)"),
    ("removed", "var(--red-a3)"),
    ("place", "var(--blue-a3)"),
)


def versions_panel() -> rx.Component:
    """Return the tab."""
    return rx.flex(
        rx.flex(
            rx.foreach(DetailState.versions, _version),
            direction="column",
            spacing="3",
            role="list",
            aria_label="Versions",
        ),
        rx.cond(
            DetailState.older_versions,
            more_button("Show older versions", DetailState.more("versions")),
        ),
        rx.cond(DetailState.numbers.length() > 1, _comparison()),
        direction="column",
        spacing="5",
    )


def _version(row: rx.Var[VersionRow]) -> rx.Component:
    return rx.card(
        rx.flex(
            rx.flex(
                rx.hstack(
                    rx.heading(f"Version {row['number']}", as_="h2", size="3"),
                    rx.text(row["version"], size="2"),
                    rx.badge(row["state"], color_scheme=row["color"].to(str)),
                    rx.cond(row["previewed"], rx.badge("in preview", color_scheme="blue")),
                    rx.badge(
                        row["signature"],
                        color_scheme=rx.cond(row["trusted"], "green", "amber"),
                        variant="outline",
                    ),
                    align="center",
                    spacing="3",
                    wrap="wrap",
                ),
                _buttons(row),
                justify="between",
                align="center",
                spacing="3",
                wrap="wrap",
            ),
            muted("Uploaded by ", row["by"], ", ", LocalTime.create(at=row["at"])),
            rx.cond(row["note"] != "", rx.text(row["note"], size="2")),
            rx.cond(
                row["waits"] != "",
                muted(
                    "It asks for ",
                    row["waits"],
                    ", which the app has not been granted. Grant it under Access, then promote "
                    "this version.",
                ),
            ),
            rx.foreach(
                row["problems"].to(list[str]),
                lambda line: rx.text(line, size="2", color="var(--red-11)"),
            ),
            direction="column",
            spacing="2",
        ),
        role="listitem",
        custom_attrs={"data-version": row["number"]},
    )


def _buttons(row: rx.Var[VersionRow]) -> rx.Component:
    def operation(name: str, icon: str, label: str) -> rx.Component:
        return rx.button(
            icon_of(icon),
            label,
            aria_label=f"{label} version {row['number']}",
            size="1",
            on_click=OperationState.ask(
                name, DetailState.app_id, row["number"], DetailState.app["revision"]
            ),
        )

    return rx.flex(
        rx.cond(
            DetailState.rights["activate"] & ~DetailState.app["deleted"],
            rx.match(
                row["promote"],
                ("promote", operation("promote", "rocket", "Promote")),
                ("rollback", operation("rollback", "history", "Roll back to this")),
                rx.fragment(),
            ),
        ),
        rx.cond(
            DetailState.rights["preview"] & ~row["current"].to(bool) & ~DetailState.app["deleted"],
            rx.button(
                icon_of("eye"),
                "Preview",
                aria_label=f"Preview version {row['number']}",
                size="1",
                variant="soft",
                on_click=PreviewState.ask(DetailState.app_id, row["number"]),
            ),
        ),
        # A file of the server, not a page: outside of Reflex's own navigation.
        rx.el.a(
            rx.hstack(icon_of("download", 14), "Download", spacing="1", align="center"),
            href=row["package"],
            download="",
            reload_document=True,
            aria_label=f"Download version {row['number']}",
            font_size="var(--font-size-1)",
            color="var(--accent-11)",
        ),
        spacing="3",
        align="center",
        wrap="wrap",
    )


def _comparison() -> rx.Component:
    return section(
        "Differences",
        rx.form(
            rx.flex(
                _choice("older", "From version", DetailState.numbers[1]),
                _choice("newer", "to version", DetailState.numbers[0]),
                rx.button(icon_of("git-compare"), "Compare", type="submit", variant="soft"),
                spacing="3",
                align="center",
                wrap="wrap",
            ),
            on_submit=DiffState.compare,
            # Anew for each app, so that its own versions are chosen.
            key=DetailState.app_id,
        ),
        rx.cond(
            DiffState.shown != "",
            rx.flex(
                rx.heading(DiffState.shown, as_="h3", size="3", role="status", id="compared"),
                rx.foreach(DiffState.files, _file),
                rx.cond(DiffState.note != "", muted(DiffState.note)),
                direction="column",
                spacing="3",
            ),
        ),
    )


def _choice(name: str, label: str, chosen: object) -> rx.Component:
    return rx.el.label(
        rx.hstack(
            rx.text(label, size="2"),
            choice(
                rx.foreach(DetailState.numbers, lambda number: rx.el.option(number, value=number)),
                name=name,
                default_value=chosen,
            ),
            align="center",
            spacing="2",
        )
    )


def _file(file: rx.Var[FileRow]) -> rx.Component:
    return rx.card(
        rx.hstack(
            rx.code(file["path"], weight="bold", size="2"),
            rx.badge(file["change"]),
            align="center",
            spacing="3",
        ),
        rx.cond(file["note"] != "", muted(file["note"])),
        sideways(
            rx.foreach(file["blocks"].to(list[BlockRow]), _block),
            label=f"Differences in {file['path']}",
            margin_top="var(--space-2)",
        ),
    )


def _block(block: rx.Var[BlockRow]) -> rx.Component:
    return rx.el.pre(
        block["text"],
        margin="0",
        padding="0 var(--space-2)",
        font_size="0.75rem",
        min_width="max-content",
        color=rx.cond(block["kind"] == "place", MUTED, "var(--gray-12)"),
        background=rx.match(block["kind"], *_COLORS, "transparent"),
    )
