"""Small pieces that several pages use."""

# Pages read vars from state classes: there `State.rows` is a Var, which annotations do not say.
# mypy: disable-error-code="attr-defined"
# pyright: reportAttributeAccessIssue=false, reportIndexIssue=false
# pyright: reportOperatorIssue=false, reportArgumentType=false, reportReturnType=false

from typing import Any

import reflex as rx

MUTED = "var(--gray-11)"


def icon(name: str, size: int = 16, **props: Any) -> rx.Component:
    """An icon beside a text that says the same."""
    return rx.icon(name, size=size, aria_hidden="true", flex_shrink="0", **props)


def labelled(upload: rx.Component, label: str) -> rx.Component:
    """An upload zone whose file field has a name for screen readers; Reflex takes none for it."""
    waiting = [upload]
    while waiting:
        part = waiting.pop()
        if str(getattr(part, "type", "")) == '"file"':
            part.custom_attrs["aria-label"] = label
        waiting += [child for child in part.children if isinstance(child, rx.Component)]
    return upload


def page_frame(*children: rx.Component) -> rx.Component:
    """The outer layout of a page."""
    return rx.el.main(
        rx.container(
            rx.flex(*children, direction="column", spacing="5"),
            size="4",
            padding_x="var(--space-4)",
            padding_y="var(--space-5)",
        )
    )


def failure(title: Any, text: Any, *actions: rx.Component) -> rx.Component:
    """Something did not work: what, why, and what can be done."""
    return rx.callout.root(
        rx.callout.icon(icon("triangle-alert")),
        rx.flex(
            rx.text(title, weight="bold", as_="div"),
            rx.text(text, as_="div", overflow_wrap="anywhere"),
            *actions,
            direction="column",
            spacing="2",
            align="start",
        ),
        color_scheme="red",
        role="alert",
    )


def loading(label: str, *heights: str) -> rx.Component:
    """Grey shapes of what is about to come."""
    return rx.flex(
        *[rx.skeleton(height=height) for height in heights],
        direction="column",
        spacing="3",
        aria_busy="true",
        aria_label=label,
        role="status",
    )


def nothing(icon_name: str, title: Any, text: Any, *actions: rx.Component) -> rx.Component:
    """An empty place that says how to fill it."""
    return rx.flex(
        icon(icon_name, 36, color="var(--gray-9)"),
        rx.heading(title, as_="h3", size="3"),
        rx.text(text, color=MUTED, align="center"),
        *actions,
        direction="column",
        align="center",
        spacing="2",
        padding_y="var(--space-6)",
    )


def sideways(*children: rx.Component, label: str, **props: Any) -> rx.Component:
    """A box that scrolls sideways on narrow screens, also with the keyboard."""
    return rx.box(
        *children,
        class_name="graft-sideways",
        tab_index=0,
        role="group",
        aria_label=label,
        **props,
    )


def simple_table(
    columns: dict[str, str], rows: rx.Var[Any], label: str, *numeric: str
) -> rx.Component:
    """A table of texts: `columns` maps keys of a row to headings; `numeric` ones stand right."""

    def align(key: str) -> str:
        return "right" if key in numeric else "left"

    def wrap(key: str) -> dict[str, str]:
        # A number that goes on in the next line is read as two.
        return {"white_space": "nowrap"} if key in numeric else {"overflow_wrap": "anywhere"}

    return sideways(
        rx.table.root(
            rx.table.header(
                rx.table.row(
                    *[
                        rx.table.column_header_cell(title, text_align=align(key))
                        for key, title in columns.items()
                    ]
                )
            ),
            rx.table.body(
                rx.foreach(
                    rows,
                    lambda row: rx.table.row(
                        *[
                            rx.table.cell(row[key], text_align=align(key), **wrap(key))
                            for key in columns
                        ]
                    ),
                )
            ),
            size="1",
        ),
        label=label,
        # Long tables scroll inside.
        max_height="26rem",
    )
