"""Inviting people, on `/admin/users`: the form, the link, and the invitations that are open."""

import reflex as rx

from app.browser.parts.local_time import LocalTime
from app.web.admin.shell import choice, icon_of, table
from app.web.admin.users.users_rows import InvitationRow
from app.web.admin.users.users_state import UsersState


def open_invitations() -> rx.Component:
    """Return the invitations that nobody accepted yet, if there are any."""
    return rx.cond(
        UsersState.invitations.length() > 0,
        table(
            "Open invitations",
            ("For", "Role", "Made by", "Works until", "Link"),
            rx.foreach(UsersState.invitations, _open),
            min_width="36rem",
        ),
    )


def _open(row: rx.Var[InvitationRow]) -> rx.Component:
    return rx.table.row(
        rx.table.row_header_cell(row["whom"]),
        rx.table.cell(row["role"]),
        rx.table.cell(row["made_by"]),
        rx.table.cell(LocalTime.create(at=row["until"]), white_space="nowrap"),
        rx.table.cell(
            rx.button(
                "Take back …",
                variant="soft",
                color_scheme="red",
                size="1",
                aria_label=f"Take back the invitation of {row['whom']}",
                on_click=UsersState.take_back(row["id"]),
            )
        ),
        custom_attrs={"data-invitation": row["id"]},
    )


def invitation_form() -> rx.Component:
    """Return the form that invites somebody."""
    return rx.form(
        rx.flex(
            rx.input(
                name="email",
                type="email",
                placeholder="E-mail address (optional)",
                aria_label="E-mail address of whoever is invited; optional",
                flex="1 1 16rem",
                max_width="24rem",
            ),
            rx.el.label(
                rx.hstack(
                    rx.text("as", size="2"),
                    choice(
                        rx.foreach(UsersState.roles, lambda role: rx.el.option(role, value=role)),
                        name="role",
                        aria_label="Role",
                    ),
                    align="center",
                    spacing="2",
                )
            ),
            rx.button(icon_of("user-plus"), "Make a link", type="submit"),
            spacing="3",
            align="center",
            wrap="wrap",
        ),
        on_submit=UsersState.invite,
        # Made anew, and so empty, when it is done; it may be asked for a password before.
        key=UsersState.invited.to_string(),
    )


def new_link() -> rx.Component:
    """Return a link that was just made: an invitation, or for a new password."""
    return rx.callout.root(
        rx.flex(
            rx.text(
                rx.cond(
                    UsersState.link_for != "",
                    f"With this link {UsersState.link_for} can choose a new password. Whoever has "
                    "it can sign in as that user: it works once, for a day, and is only shown now.",
                    "One person can join with this link. It works once, for 7 days, and is only "
                    "shown now.",
                ),
                weight="medium",
            ),
            rx.icon_button(
                icon_of("x"),
                aria_label="Dismiss the link",
                variant="ghost",
                color_scheme="gray",
                on_click=UsersState.forget_link,
            ),
            justify="between",
            spacing="3",
        ),
        rx.flex(
            rx.input(
                value=UsersState.link,
                read_only=True,
                aria_label="Link",
                id="invitation",
                flex_grow="1",
            ),
            rx.button(icon_of("copy"), "Copy the link", on_click=UsersState.copied),
            spacing="3",
            wrap="wrap",
            margin_top="var(--space-2)",
        ),
        display="block",
        role="status",
    )
