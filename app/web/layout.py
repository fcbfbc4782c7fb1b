"""What the core's pages share: header, column, empty lists, what scrolls sideways."""

import reflex as rx

from app.web.navigation import admin_link


def page(*children: rx.Component, title: str | rx.Var[str], **props) -> rx.Component:
    """Return a page of the core with its header."""
    return rx.box(
        _header(),
        rx.el.main(
            _column(
                rx.vstack(
                    rx.heading(title, as_="h1", size="7"),
                    *children,
                    spacing="5",
                    align="stretch",
                    width="100%",
                ),
                padding="var(--space-6) var(--space-4)",
            ),
        ),
        min_height="100vh",
        background="var(--gray-1)",
        **props,
    )


def _column(*children: rx.Component, **props) -> rx.Component:
    """The column that header and content share."""
    return rx.container(*children, size="4", **props)


def _header() -> rx.Component:
    return rx.el.header(
        _column(
            rx.flex(
                rx.link(
                    rx.hstack(
                        _mark(),
                        rx.text("Graft", weight="bold", size="4", as_="span"),
                        align="center",
                        spacing="2",
                    ),
                    href="/",
                    underline="none",
                    color="var(--gray-12)",
                    aria_label="Graft, all apps",
                ),
                rx.spacer(),
                admin_link(),
                # A page of its own, outside of Reflex: its forms work with a cookie no script can
                # read.
                rx.el.a(
                    rx.icon("circle-user-round", size=20),
                    href="/account",
                    reload_document=True,
                    aria_label="Your account",
                    color="var(--gray-11)",
                    line_height="0",
                ),
                rx.color_mode.button(aria_label="Switch between light and dark"),
                align="center",
                spacing="4",
            ),
            padding="var(--space-2) var(--space-4)",
        ),
        border_bottom="1px solid var(--gray-4)",
        background="var(--color-panel-solid)",
    )


def _mark() -> rx.Component:
    """The scion on its rootstock."""
    return rx.el.svg(
        rx.el.path(
            d="M12 22V11", stroke="currentColor", stroke_width="2.2", stroke_linecap="round"
        ),
        rx.el.path(
            d="M12 12c0-5 3-8 8-8 0 5-3 8-8 8Z", fill="var(--accent-9)", stroke="var(--accent-9)"
        ),
        rx.el.path(
            d="M12 15c0-3-2-5-6-5 0 3 2 5 6 5Z", fill="var(--accent-6)", stroke="var(--accent-6)"
        ),
        view_box="0 0 24 24",
        width="26",
        height="26",
        fill="none",
        aria_hidden="true",
    )


def empty(icon: str, title: str, *text: rx.Component | rx.Var[str] | str) -> rx.Component:
    """Return what a list shows when there is nothing in it; `icon` is a Lucide name."""
    return rx.flex(
        rx.icon(icon, size=40, color="var(--gray-9)", aria_hidden="true"),
        rx.heading(title, as_="h2", size="4"),
        rx.text(
            *text, color="var(--gray-11)", align="center", max_width="36rem", text_wrap="balance"
        ),
        direction="column",
        align="center",
        spacing="3",
        padding_y="var(--space-8)",
        width="100%",
    )


def sideways(*children: rx.Component, label: str | rx.Var[str], **props) -> rx.Component:
    """Return a box that scrolls sideways on narrow screens, and shows that it does
    (assets/scrolling.css); `label` is what screen readers call it.
    """
    return rx.box(
        *children,
        class_name="graft-sideways",
        aria_label=label,
        # Reached by keyboard, because it may need to be scrolled.
        **{"tab_index": 0, "role": "region", **props},
    )


def rule_id(rule: rx.Var[str]) -> rx.Component:
    """Return the id of the rule that a problem breaks, to follow its message; nothing without."""
    return rx.cond(
        rule != "",
        rx.code(
            rule,
            variant="ghost",
            color="var(--gray-11)",
            margin_inline_start="var(--space-2)",
            white_space="nowrap",
        ),
    )


def traceback(detail: rx.Var[str]) -> rx.Component:
    """Return the traceback of a problem, folded; nothing when there is none."""
    text = rx.el.pre(
        detail,
        color="var(--gray-12)",
        font_size="0.75rem",
        margin="0",
        padding="var(--space-2)",
        width="max-content",
    )
    return rx.cond(
        detail != "",
        rx.el.details(
            rx.el.summary(rx.text("Traceback", as_="span", size="2"), cursor="pointer"),
            sideways(
                text,
                label="Traceback",
                # Several can be on a page, too many to be landmarks.
                role="group",
                margin_top="var(--space-1)",
                max_height="16rem",
            ),
        ),
    )


def no_apps() -> rx.Component:
    """Return what a developer is shown when there are no apps."""
    return empty(
        "sprout",
        "No apps yet",
        "Make one with ",
        rx.code("python -m app new <client>/<app>"),
        ". It appears here by itself.",
    )


def loading(columns="1") -> rx.Component:
    """Return what is shown until a list is known; `columns` is that of a grid."""
    return rx.grid(
        *[rx.skeleton(height="6rem") for _ in range(6)],
        columns=columns,
        spacing="4",
        aria_label="Loading",
        role="status",
    )


def not_found() -> rx.Component:
    """Return the page of an address that nothing is at."""
    return page(
        rx.text("There is nothing at this address. It may be mistyped, or the page was removed."),
        rx.link("All apps", href="/"),
        title="There is no such page",
    )
