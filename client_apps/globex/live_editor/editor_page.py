"""The page of one report."""

# Pages read vars from state classes: there `State.rows` is a Var, which annotations do not say.
# mypy: disable-error-code="attr-defined"
# pyright: reportAttributeAccessIssue=false, reportIndexIssue=false
# pyright: reportOperatorIssue=false, reportArgumentType=false, reportReturnType=false

import reflex as rx
from reflex.event import EventSpec

from app.sdk import ClientApp

from .fields import announcement, done_field, notes, status_field, text_area, text_field
from .history_panel import history_panel
from .state import EditorState
from .views import ItemView, Person

_UNSEEN = {
    "position": "absolute",
    "width": "1px",
    "height": "1px",
    "clip_path": "inset(50%)",
    "overflow": "hidden",
    "white_space": "nowrap",
}


def editor_page() -> rx.Component:
    """The report that the address names, or why there is none."""
    return rx.el.main(
        rx.container(
            rx.match(
                EditorState.phase,
                ("ready", _report()),
                ("missing", _nothing("file-question", "There is no such report.")),
                ("deleted", _nothing("trash-2", "This report was deleted.")),
                ("failed", _nothing("triangle-alert", EditorState.problem)),
                _loading(),
            ),
            size="3",
            padding_x="var(--space-4)",
            padding_y="var(--space-5)",
        )
    )


def _report() -> rx.Component:
    sheet = EditorState.sheet
    return rx.flex(
        _bar(),
        # Those who see it read the title in its field.
        rx.heading(sheet.title.value, as_="h1", style=_UNSEEN),
        _state_of_saving(),
        text_field(sheet.title, "title"),
        rx.grid(
            status_field(sheet.status),
            text_field(sheet.site, "site", "Where"),
            columns=rx.breakpoints(initial="1", sm="2"),
            spacing="4",
        ),
        text_area(sheet.summary, "What matters, in a few sentences"),
        rx.heading("Sections", as_="h2", size="4"),
        rx.cond(
            sheet.sections.length() > 0,
            rx.el.ol(
                rx.foreach(sheet.sections, _section),
                list_style="none",
                padding="0",
                margin="0",
                display="flex",
                flex_direction="column",
                gap="var(--space-4)",
            ),
            rx.text("There are no sections yet.", color="var(--gray-11)"),
        ),
        rx.button(
            rx.icon("plus", size=16, aria_hidden="true"),
            "Add section",
            on_click=EditorState.add_section,
            variant="soft",
            align_self="flex-start",
        ),
        direction="column",
        spacing="4",
    )


def _bar() -> rx.Component:
    return rx.flex(
        rx.link(
            rx.flex(
                rx.icon("arrow-left", size=16, aria_hidden="true"),
                "Reports",
                align="center",
                spacing="1",
            ),
            href=ClientApp.link("/"),
        ),
        rx.flex(
            rx.flex(
                rx.foreach(EditorState.here, _person),
                spacing="2",
                role="list",
                aria_label="Who is here",
            ),
            history_panel(),
            spacing="4",
            align="center",
        ),
        justify="between",
        align="center",
        wrap="wrap",
        spacing="3",
    )


def _person(person: rx.Var[Person]) -> rx.Component:
    who = rx.cond(person.is_me, f"{person.name} (you)", person.name)
    where = rx.cond(person.where != "", f"{who}, in {person.where}", who)
    return rx.tooltip(
        rx.box(
            rx.avatar(
                fallback=person.initials,
                color_scheme=person.color,
                variant="soft",
                high_contrast=True,
                radius="full",
                size="2",
                # The others have a ring, as the field has that they are in.
                box_shadow=rx.cond(person.is_me, "none", f"0 0 0 2px var(--{person.color}-9)"),
            ),
            role="listitem",
            aria_label=where,
            tab_index=0,
        ),
        content=where,
    )


def _state_of_saving() -> rx.Component:
    """What was saved or changed by others, told to screen readers as it happens."""
    return rx.flex(
        rx.text(
            announcement(),
            role="status",
            aria_live="polite",
            size="2",
            color="var(--gray-11)",
            min_height="1.5em",
        ),
        rx.cond(
            EditorState.questions > 0,
            rx.badge(f"To decide: {EditorState.questions}", color_scheme="amber"),
        ),
        rx.cond(
            EditorState.problem != "",
            rx.callout.root(
                rx.callout.icon(rx.icon("triangle-alert", size=16)),
                rx.callout.text(EditorState.problem),
                rx.button("Try again", on_click=EditorState.retry, size="1", variant="soft"),
                color_scheme="red",
                role="alert",
                size="1",
            ),
        ),
        spacing="3",
        align="center",
        wrap="wrap",
    )


def _section(section: rx.Var[ItemView]) -> rx.Component:
    return rx.el.li(
        rx.card(
            rx.flex(
                rx.flex(
                    rx.text(f"{section.number}.", weight="bold", color="var(--gray-11)"),
                    _section_buttons(section),
                    justify="between",
                    align="center",
                ),
                notes(section.whole),
                notes(section.place),
                text_field(section.heading, "heading", "Heading"),
                text_area(section.text, "What was found", rows="3"),
                rx.grid(
                    text_field(section.responsible, "responsible", "Name"),
                    done_field(section.done),
                    columns=rx.breakpoints(initial="1", sm="3fr 1fr"),
                    spacing="4",
                ),
                direction="column",
                spacing="3",
            ),
        ),
        key=section.id,
        aria_label=section.name,
    )


def _section_buttons(section: rx.Var[ItemView]) -> rx.Component:
    def button(icon: str, verb: str, event: EventSpec, disabled: object) -> rx.Component:
        return rx.icon_button(
            rx.icon(icon, size=16, aria_hidden="true"),
            aria_label=f"{verb} {section.name}",
            on_click=event,
            disabled=disabled,
            variant="ghost",
            color_scheme="gray",
            margin="0",
        )

    move = EditorState.move_section
    return rx.flex(
        button("arrow-up", "Move up", move(section.id, -1), section.first),
        button("arrow-down", "Move down", move(section.id, 1), section.last),
        button("trash-2", "Remove", EditorState.remove_section(section.id), False),
        spacing="2",
    )


def _nothing(icon: str, text: str | rx.Var[str]) -> rx.Component:
    return rx.flex(
        rx.icon(icon, size=40, color="var(--gray-9)", aria_hidden="true"),
        rx.heading(text, as_="h1", size="4"),
        rx.link("All reports", href=ClientApp.link("/")),
        direction="column",
        align="center",
        spacing="3",
        padding_y="var(--space-9)",
        role="status",
    )


def _loading() -> rx.Component:
    return rx.flex(
        rx.skeleton(height="2.5rem"),
        rx.skeleton(height="2.5rem"),
        rx.skeleton(height="8rem"),
        direction="column",
        spacing="4",
        aria_busy="true",
        aria_label="Loading the report",
    )
