"""`/admin/users`: the members of the organisation and their roles; inviting somebody."""

from typing import TypedDict

import reflex as rx

from app.core.accounts import Role
from app.platform.permissions import Action, Requester, may
from app.web.admin.access import administration, enter, requester, told
from app.web.admin.shell import admin_page, icon_of, muted, only_production, refused, section, table
from app.web.layout import loading

SHOWN = 200
ROLES = tuple(role.value for role in Role)


class MemberRow(TypedDict):
    """One member."""

    id: str
    name: str
    email: str
    roles: list[str]


class UsersState(rx.State):
    """The members. Empty in sessions that did not open the page."""

    place: str = ""  # list | development | refused
    organisation: str = ""
    members: list[MemberRow] = []
    total: int = 0
    roles: list[str] = []  # those that the administrator may give
    link: str = ""

    @rx.event
    @told
    async def load(self):
        """Show the members."""
        self.link = ""
        who, place = await enter(Action.USERS)
        if who is None:
            self.place = place
            return
        await self._show(who)

    @rx.event
    @told
    async def toggle(self, user_id: str, role: str, given: bool):
        """Give somebody a role, or take it."""
        who = await requester(Action.USERS, str(user_id)[:60])
        people = administration().platform.people
        await people.set_role(who, str(user_id), str(role), given=bool(given))
        await self._show(who)

    @rx.event
    @told
    async def invite(self, form: dict[str, str]):
        """Make an invitation."""
        who = await requester(Action.USERS)
        role, email = str(form.get("role", "")), str(form.get("email", "")).strip()
        made = await administration().platform.people.invite(who, role, email)
        self.link = f"{self.router.url.origin}/invite/{made.secret}"

    @rx.event
    def copied(self):
        """The link was copied."""
        return [rx.set_clipboard(self.link), rx.toast.success("The link is copied.")]

    async def _show(self, who: Requester) -> None:
        found = await administration().platform.people.members(who)
        operates = may(who, Action.OPERATE)
        self.organisation = who.actor.organisation.name
        self.roles = [role for role in ROLES if operates or role != Role.OPERATOR]
        self.total = len(found)
        self.members = [
            MemberRow(
                id=member.user.id,
                name=member.user.name,
                email=member.user.email,
                roles=sorted(member.roles),
            )
            for member in found[:SHOWN]
        ]
        self.place = "list"


def users_page() -> rx.Component:
    """Return the page."""
    return admin_page(
        rx.match(
            UsersState.place,
            ("list", _content()),
            ("development", only_production()),
            ("refused", refused()),
            loading(),
        ),
        place="users",
        title="Users",
    )


def _content() -> rx.Component:
    return rx.flex(
        section(
            "Members",
            muted(f"Of {UsersState.organisation}: {UsersState.total}."),
            table(
                "Members",
                ("Name", "Address", *[role.capitalize() for role in ROLES]),
                rx.foreach(UsersState.members, _member),
            ),
        ),
        section("Invite somebody", _invitation()),
        direction="column",
        spacing="5",
    )


def _member(row: rx.Var[MemberRow]) -> rx.Component:
    return rx.table.row(
        rx.table.row_header_cell(row["name"]),
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
    )


def _invitation() -> rx.Component:
    return rx.flex(
        rx.form(
            rx.flex(
                rx.input(
                    name="email",
                    type="email",
                    placeholder="Address (optional)",
                    aria_label="Address of whoever is invited; optional",
                    min_width="16rem",
                ),
                rx.el.label(
                    rx.hstack(
                        rx.text("as", size="2"),
                        rx.el.select(
                            rx.foreach(
                                UsersState.roles, lambda role: rx.el.option(role, value=role)
                            ),
                            name="role",
                            aria_label="Role",
                            padding="var(--space-1) var(--space-2)",
                            border_radius="var(--radius-2)",
                            border="1px solid var(--gray-7)",
                            background="var(--color-surface)",
                            color="var(--gray-12)",
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
        ),
        rx.cond(
            UsersState.link != "",
            rx.callout.root(
                rx.text(
                    "This link works once, for 7 days, and is shown only now.", weight="medium"
                ),
                rx.flex(
                    rx.input(
                        value=UsersState.link,
                        read_only=True,
                        aria_label="Link of the invitation",
                        id="invitation",
                        flex_grow="1",
                    ),
                    rx.button(icon_of("copy"), "Copy the link", on_click=UsersState.copied),
                    spacing="3",
                    wrap="wrap",
                ),
                display="block",
                role="status",
            ),
        ),
        direction="column",
        spacing="3",
    )
