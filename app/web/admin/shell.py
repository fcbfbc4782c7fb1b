"""What the admin pages share: their navigation, the banner, small parts."""

from typing import Any

import reflex as rx

from app.web.admin.confirm_dialog import confirm_dialog
from app.web.layout import empty, loading, page, sideways
from app.web.navigation import NavigationState

MUTED = "var(--gray-11)"
# A warning that is on every page leaves room for the page on a telephone.
_COMPACT = {
    "@media (max-width: 519px)": {
        "padding": "var(--space-2)",
        "& .rt-CalloutText": {
            "font_size": "var(--font-size-1)",
            "line_height": "var(--line-height-1)",
        },
    }
}
_PLACES = (
    ("apps", "Apps", "/admin/apps", "layout-grid"),
    ("users", "Users", "/admin/users", "users"),
    ("nodes", "Nodes", "/admin/nodes", "server"),
    ("audit", "Audit log", "/admin/audit", "scroll-text"),
)


def admin_page(*children: rx.Component, place: str, title: str | rx.Var[str]) -> rx.Component:
    """Return an admin page.

    Args:
        children: its content.
        place: which of the places of the navigation it is.
        title: its heading.
    """
    return page(
        _navigation(place),
        _safe_mode(),
        _takes_nothing(),
        _unsigned(),
        _unconfined(),
        *children,
        confirm_dialog(),
        title=title,
    )


def _navigation(place: str) -> rx.Component:
    return rx.el.nav(
        rx.flex(
            *[
                rx.cond(NavigationState.places.contains(name), _place(name == place, *shown))
                for name, *shown in _PLACES
            ],
            wrap="wrap",
            spacing="2",
        ),
        aria_label="Administration",
    )


def _place(is_here: bool, label: str, href: str, icon: str) -> rx.Component:
    color = "var(--accent-12)" if is_here else MUTED
    return rx.link(
        rx.hstack(
            # All places fit in one line on a telephone, without pictures.
            rx.icon(
                icon,
                size=16,
                aria_hidden="true",
                display=rx.breakpoints(initial="none", xs="inline"),
            ),
            rx.text(label, as_="span", size="2"),
            spacing="2",
            align="center",
        ),
        href=href,
        underline="none",
        padding_x=rx.breakpoints(initial="var(--space-2)", xs="var(--space-3)"),
        padding_y="var(--space-1)",
        border_radius="var(--radius-3)",
        color=color,
        background="var(--accent-4)" if is_here else "transparent",
        _hover={"color": color, "background": "var(--accent-4)"},
        **({"aria_current": "page"} if is_here else {}),
    )


def _safe_mode() -> rx.Component:
    return _warning(
        NavigationState.safe_mode,
        "This server runs in safe mode: no app runs. You can still switch apps off, roll them back "
        "or upload a better version; restart the server without --safe-mode to bring them back.",
    )


def _takes_nothing() -> rx.Component:
    return _warning(
        NavigationState.takes_nothing,
        "This server trusts no signing key, so it refuses every package. Set GRAFT_TRUSTED_KEYS to "
        "the public keys of the people who sign packages, and restart it.",
    )


def _unsigned() -> rx.Component:
    return _warning(
        NavigationState.unsigned,
        "This server accepts unsigned packages: anyone who may upload can run any code on it. Once "
        "yours are signed, restart it without --allow-unsigned.",
    )


def _unconfined() -> rx.Component:
    missing = NavigationState.missing_layers
    return _warning(
        missing != "",
        f"The kernel of this server lacks {missing}, so code in a package could escape its sandbox "
        "during the dry run. Accept packages only from people whom you would let log in to the "
        "machine.",
    )


def _warning(shown: Any, text: str) -> rx.Component:
    return rx.cond(
        shown,
        rx.callout(
            text,
            icon="shield-alert",
            color_scheme="amber",
            size="1",
            role="alert",
            style=_COMPACT,
        ),
    )


def contents(state: Any, *shown: tuple[str, rx.Component]) -> rx.Component:
    """Return what a page shows, or why it shows nothing.

    Args:
        state: its `PageState`, with an event `load`.
        shown: what there is to show, by `place`.
    """
    return rx.match(
        state.place,
        *shown,
        ("development", only_production()),
        ("refused", refused()),
        ("broken", broken(state.trouble, state.load)),
        loading(),
    )


def broken(trouble: rx.Var[str], again: Any) -> rx.Component:
    """Return what is shown when something cannot be read at the moment."""
    return rx.flex(
        empty("cloud-off", "This cannot be shown at the moment", trouble),
        rx.button(icon_of("refresh-cw"), "Try again", on_click=again),
        direction="column",
        align="center",
        role="alert",
    )


def only_production() -> rx.Component:
    """Return what is shown in development mode."""
    return empty(
        "sprout",
        "Nothing to administer in development mode",
        "In development mode, the apps are those in the client_apps folder. Start the server "
        "without --dev to administer installed apps.",
    )


def refused() -> rx.Component:
    """Return what is shown to who may not be here."""
    return empty(
        "lock",
        "This is for administrators",
        "Ask an administrator of your organisation if you need something here.",
    )


def badges(app: Any, **props: object) -> rx.Component:
    """Return what state an app is in; `app` is a var of an `AppRow`."""
    return rx.fragment(
        rx.cond(app["waits"], rx.badge("a version waits for capabilities", color_scheme="amber")),
        rx.cond(app["unset"], rx.badge("settings do not fit", color_scheme="amber")),
        rx.cond(app["unsigned"], rx.badge("not signed", color_scheme="amber", variant="outline")),
        rx.badge(app["state"], color_scheme=app["color"].to(str), **props),
    )


def muted(*content: object, **props: object) -> rx.Component:
    """Return small text that stands back."""
    return rx.text(*content, color=MUTED, **{"size": "2", **props})


def icon_of(name: str, size: int = 16) -> rx.Component:
    """Return an icon that screen readers leave out."""
    return rx.icon(name, size=size, aria_hidden="true")


def more_button(label: str, on_click: Any) -> rx.Component:
    """Return what shows more of a list."""
    return rx.button(label, variant="soft", on_click=on_click, align_self="center")


def section(title: str, *children: rx.Component) -> rx.Component:
    """Return a part of a page with a heading."""
    return rx.el.section(
        rx.heading(title, as_="h2", size="4", margin_bottom="var(--space-3)"),
        rx.flex(*children, direction="column", spacing="3"),
    )


def choice(*options: rx.Component, **props: Any) -> rx.Component:
    """Return a field where one of several options is chosen; the browser's own, for its keyboard
    and its touch screens.
    """
    return rx.el.select(
        *options,
        **{
            "height": "var(--space-6)",
            "max_width": "100%",
            "padding": "0 var(--space-2)",
            "border_radius": "var(--radius-2)",
            "border": "1px solid var(--gray-7)",
            "background": "var(--color-surface)",
            "color": "var(--gray-12)",
            "font_size": "var(--font-size-2)",
            **props,
        },
    )


def search_field(label: str, on_change: Any, **props: Any) -> rx.Component:
    """Return a field to search with; `label` is what screen readers call it."""
    return rx.input(
        rx.input.slot(icon_of("search")),
        type="search",
        aria_label=label,
        on_change=on_change,
        **{"width": "100%", "max_width": "24rem", **props},
    )


def table(
    label: str, columns: tuple[str, ...], rows: rx.Component, min_width: str = "0"
) -> rx.Component:
    """Return a table that scrolls by itself on narrow screens."""
    return sideways(
        rx.table.root(
            rx.table.header(
                rx.table.row(*[rx.table.column_header_cell(column) for column in columns])
            ),
            rx.table.body(rows),
            size="1",
            variant="surface",
            style={"& table": {"min_width": min_width}},
        ),
        label=label,
    )
