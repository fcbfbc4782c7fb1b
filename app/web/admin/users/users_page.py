"""`/admin/users`: the members of an organisation, their roles and accounts."""

import reflex as rx

from app.core.accounts import MAX_NAME
from app.web.admin.apps.views.dialogs import question_dialog
from app.web.admin.shell import (
    admin_page,
    contents,
    icon_of,
    more_button,
    muted,
    search_field,
    section,
    table,
)
from app.web.admin.users.invite_panel import invitation_form, new_link, open_invitations
from app.web.admin.users.users_rows import MemberRow, OrganisationRow
from app.web.admin.users.users_state import (
    ROLES,
    QuestionState,
    UsersState,
)


def users_page() -> rx.Component:
    """Return the page."""
    return admin_page(
        rx.box(
            contents(UsersState, ("list", _content())),
            # A link is shown until somebody leaves the page, also when a connection comes back.
            on_unmount=UsersState.forget_link,
        ),
        question_dialog(QuestionState),
        place="users",
        title="Users",
    )


def _content() -> rx.Component:
    return rx.flex(
        rx.cond(UsersState.link != "", new_link()),
        section("Invite somebody", invitation_form(), open_invitations()),
        section(
            "Members",
            _search(),
            rx.cond(
                UsersState.matching > 0,
                table(
                    "Members",
                    ("Name", "E-mail address", *[role.capitalize() for role in ROLES], "Account"),
                    rx.foreach(UsersState.members, _member),
                    min_width="44rem",
                ),
            ),
            muted(_told(), role="status"),
            rx.cond(
                UsersState.matching > UsersState.members.length(),
                more_button("Show more", UsersState.more),
            ),
        ),
        direction="column",
        spacing="5",
    )


def _search() -> rx.Component:
    return rx.flex(
        search_field(
            "Search members",
            UsersState.search.debounce(150),
            placeholder="Name, address or role",
            default_value=UsersState.query,
            # Anew for each organisation, so that it is empty then.
            key=UsersState.organisation,
        ),
        rx.cond(UsersState.others.length() > 0, _organisations()),
        rx.cond(UsersState.operates, _new_organisation()),
        spacing="3",
        wrap="wrap",
        align="center",
    )


def _organisations() -> rx.Component:
    return rx.popover.root(
        rx.popover.trigger(
            rx.button(icon_of("building-2"), "Another organisation", variant="soft")
        ),
        rx.popover.content(
            rx.flex(
                search_field(
                    "Search organisations",
                    UsersState.find_organisation.debounce(150),
                    placeholder="Organisation",
                ),
                rx.foreach(UsersState.others, _organisation),
                direction="column",
                spacing="2",
            ),
            aria_label="Choose an organisation",
            width="18rem",
        ),
    )


def _organisation(row: rx.Var[OrganisationRow]) -> rx.Component:
    return rx.popover.close(
        rx.button(
            row["name"],
            variant="ghost",
            on_click=UsersState.choose_organisation(row["id"]),
            margin="0",
        )
    )


def _new_organisation() -> rx.Component:
    return rx.popover.root(
        rx.popover.trigger(rx.button(icon_of("plus"), "New organisation", variant="soft")),
        rx.popover.content(
            rx.form(
                rx.flex(
                    rx.input(
                        name="name",
                        placeholder="Name",
                        aria_label="Name of the new organisation",
                        required=True,
                        max_length=MAX_NAME,
                    ),
                    rx.button("Create", type="submit"),
                    spacing="3",
                ),
                on_submit=UsersState.create_organisation,
            ),
            aria_label="Create an organisation",
            width="22rem",
        ),
        open=UsersState.naming,
        on_open_change=UsersState.set_naming,
    )


def _told() -> rx.Var[str]:
    shown = UsersState.members.length()
    people = rx.cond(UsersState.total == 1, "1 member", f"{UsersState.total} members")
    return rx.cond(
        UsersState.query != "",
        f"{UsersState.matching} of {people} of {UsersState.organisation} match.",
        rx.cond(
            UsersState.matching > shown,
            f"{people} of {UsersState.organisation}; {shown} are shown.",
            f"{people} of {UsersState.organisation}.",
        ),
    )


def _member(row: rx.Var[MemberRow]) -> rx.Component:
    return rx.table.row(
        rx.table.row_header_cell(
            row["name"],
            rx.cond(row["disabled"], rx.badge("switched off", color_scheme="gray", margin_x="1")),
        ),
        rx.table.cell(row["email"]),
        *[
            rx.table.cell(
                rx.checkbox(
                    checked=row["roles"].to(list[str]).contains(role),
                    disabled=~UsersState.roles.contains(role),
                    on_change=lambda given, role=role: UsersState.toggle(row["id"], role, given),
                    aria_label=f"{row['name']} is {role}",
                )
            )
            for role in ROLES
        ],
        rx.table.cell(rx.cond(row["own"], muted("yours"), _account(row))),
        custom_attrs={"data-user": row["id"]},
    )


def _account(row: rx.Var[MemberRow]) -> rx.Component:
    return rx.dropdown_menu.root(
        rx.dropdown_menu.trigger(
            rx.icon_button(
                icon_of("ellipsis"),
                variant="soft",
                size="1",
                aria_label=f"Account of {row['name']}",
            )
        ),
        rx.dropdown_menu.content(
            rx.dropdown_menu.item(
                "Link for a new password", on_select=UsersState.password_link(row["id"])
            ),
            rx.dropdown_menu.item(
                "Sign out everywhere …", on_select=UsersState.sign_out(row["id"])
            ),
            rx.cond(
                row["disabled"],
                rx.dropdown_menu.item("Switch on", on_select=UsersState.switch_on(row["id"])),
                rx.dropdown_menu.item(
                    "Switch off …", color="red", on_select=UsersState.switch_off(row["id"])
                ),
            ),
        ),
    )
