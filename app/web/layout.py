"""What the core's pages share: frame, header, link to the launcher, color mode."""

import reflex as rx


def page(*children: rx.Component, title: str, **props) -> rx.Component:
    """Return a page of the core with its header."""
    return rx.box(
        _header(),
        rx.container(
            rx.vstack(
                rx.heading(title, as_="h1", size="7"),
                *children,
                spacing="5",
                align="stretch",
                width="100%",
            ),
            size="4",
            padding_x=rx.breakpoints(initial="4", sm="5"),
            padding_y="6",
            as_child=False,
        ),
        min_height="100vh",
        background="var(--gray-1)",
        **props,
    )


def _header() -> rx.Component:
    return rx.el.header(
        rx.flex(
            rx.link(
                rx.hstack(_mark(), rx.text("Graft", weight="bold", size="4"), align="center"),
                href="/",
                underline="none",
                color="var(--gray-12)",
                aria_label="Graft, all apps",
            ),
            rx.spacer(),
            # A page of its own, outside of Reflex: its forms work with a cookie no script can read.
            rx.el.a(
                rx.icon("circle-user-round", size=20),
                href="/account",
                aria_label="Your account",
                color="var(--gray-11)",
                line_height="0",
            ),
            rx.color_mode.button(aria_label="Switch between light and dark"),
            align="center",
            spacing="4",
            padding_x=rx.breakpoints(initial="4", sm="5"),
            padding_y="2",
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


def empty(icon: str, title: str, *text: rx.Component | str) -> rx.Component:
    """Return what a list shows when there is nothing in it."""
    return rx.flex(
        rx.text(icon, size="8", aria_hidden="true"),
        rx.heading(title, as_="h2", size="4"),
        rx.text(*text, color="gray", align="center", max_width="36rem"),
        direction="column",
        align="center",
        spacing="3",
        padding="8",
        width="100%",
    )
