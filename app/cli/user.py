"""`python -m app user …`: accounts, on the data folder of a server or over its API."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from app.cli.on_data import DATA, AsJson, Data, Remote, find_organisation, on_data, tell
from app.cli.refusal import refuse
from app.cli.remote import people
from app.core import accounts
from app.core.accounts import (
    Invitation,
    Membership,
    NewLink,
    Organisation,
    Passwords,
    Person,
    Role,
    User,
)
from app.core.context import Core

user = typer.Typer(
    name="user", no_args_is_help=True, help="Users: invite, list, roles, switch off, passwords."
)

Email = Annotated[str, typer.Argument(help="E-mail address of the user.")]
Home = Annotated[
    str | None,
    typer.Option("--organisation", help="Name of the organisation (default: the only one)."),
]
Url = Annotated[
    str, typer.Option(envvar="GRAFT_URL", help="Address of the server, to begin the link with.")
]


@user.command()
def create(
    email: Annotated[str, typer.Argument(help="The e-mail address they sign in with.")],
    name: Annotated[str, typer.Option(help="Their name; needed with --password.")] = "",
    role: Annotated[Role, typer.Option(help="Their role in the organisation.")] = Role.MEMBER,
    organisation: Home = None,
    new_organisation: Annotated[
        bool,
        typer.Option("--new-organisation", help="Create the organisation if it does not exist."),
    ] = False,
    password: Annotated[
        bool, typer.Option("--password", help="Ask for a password now instead of printing a link.")
    ] = False,
    url: Url = "http://localhost:3000",
    data: Data = DATA,
    server: Remote = "",
    as_json: AsJson = False,
) -> None:
    """Add a user: print a link with which they set up their account, or ask for a password."""
    if server:
        if password:
            refuse("--password works only with the data folder", as_json=as_json)
        people.invite(server, as_json, email, role, organisation, new_organisation)
        return
    if password:
        name = name or typer.prompt("Name")
        secret = typer.prompt("Password", hide_input=True, confirmation_prompt=True)

    async def work(core: Core) -> dict[str, object]:
        home = await find_organisation(core, organisation, create=new_organisation)
        if password:
            person = Person(name, email, secret)
            made = await accounts.add_person(core, Passwords(), person, home.id, role)
            return {"id": made.id, "email": made.email, "role": role, "organisation": home.name}
        link = await accounts.invite(core, None, home.id, role, email)
        address = f"{url.rstrip('/')}/invite/{link.secret}"
        return {"link": address, "expires": link.expires_at.isoformat(), "organisation": home.name}

    made = on_data(data, as_json, work)
    if password:
        text = f"{made['email']} can sign in now, as {role.value} of {made['organisation']}."
    else:
        text = f"Give this link to {email}; it works once, for 7 days:\n{made['link']}"
    tell(text, made, as_json=as_json)


@user.command()
def invitations(
    organisation: Home = None, data: Data = DATA, server: Remote = "", as_json: AsJson = False
) -> None:
    """List the open invitations to an organisation."""
    if server:
        people.list_invitations(server, as_json, organisation)
        return

    async def work(core: Core) -> list[Invitation]:
        home = await find_organisation(core, organisation)
        return await accounts.open_invitations(core, home.id)

    found = on_data(data, as_json, work)
    lines = [
        f"{one.id}  {one.role.value}  {one.email or 'anybody with the link'}"
        f"  until {one.expires_at:%Y-%m-%d %H:%M} UTC"
        for one in found
    ]
    values = {
        "invitations": [
            {
                "id": one.id,
                "role": one.role,
                "email": one.email,
                "expires_at": one.expires_at.isoformat(),
            }
            for one in found
        ]
    }
    tell("\n".join(lines) or "There are no open invitations.", values, as_json=as_json)


@user.command("revoke-invitation")
def revoke_invitation(
    invitation: Annotated[
        str, typer.Argument(help="Id of the invitation (see `user invitations`).")
    ],
    organisation: Home = None,
    data: Data = DATA,
    server: Remote = "",
    as_json: AsJson = False,
) -> None:
    """Revoke an invitation: its link stops working."""
    if server:
        people.revoke_invitation(server, as_json, invitation, organisation)
        return

    async def work(core: Core) -> None:
        home = await find_organisation(core, organisation)
        await accounts.revoke_invitation(core, None, home.id, invitation)

    on_data(data, as_json, work)
    text = "The invitation's link no longer works."
    tell(text, {"revoked": invitation}, as_json=as_json)


@user.command("reset-password")
def reset_password(
    email: Email,
    url: Url = "http://localhost:3000",
    data: Data = DATA,
    server: Remote = "",
    as_json: AsJson = False,
) -> None:
    """Print a link with which somebody chooses a new password."""
    if server:
        people.password_link(server, as_json, email)
        return

    async def work(core: Core) -> NewLink:
        found = await accounts.user_by_email(core, email)
        return await accounts.password_link(core, None, found.id)

    link = on_data(data, as_json, work)
    address = f"{url.rstrip('/')}/password/{link.secret}"
    values = {"link": address, "expires": link.expires_at.isoformat()}
    text = f"Give this link to {email}; it works once, for 24 hours:\n{address}"
    tell(text, values, as_json=as_json)


@user.command("list")
def list_users(
    organisation: Annotated[
        str | None,
        typer.Option(help="Only this organisation (default: all; with --server: yours)."),
    ] = None,
    data: Data = DATA,
    server: Remote = "",
    as_json: AsJson = False,
) -> None:
    """List everybody, by organisation."""
    if server:
        people.list_users(server, as_json, organisation)
        return

    async def work(core: Core) -> list[tuple[str, Membership]]:
        homes = await accounts.all_organisations(core)
        if organisation is not None:
            homes = [await find_organisation(core, organisation)]
        return [
            (home.name, one) for home in homes for one in await accounts.members_of(core, home.id)
        ]

    found = on_data(data, as_json, work)
    rows = [
        {
            "organisation": home,
            "id": one.user.id,
            "name": one.user.name,
            "email": one.user.email,
            "roles": sorted(one.roles),
            "disabled": one.disabled,
        }
        for home, one in found
    ]
    lines = [
        f"{home}: {one.user.name} <{one.user.email}> {', '.join(sorted(one.roles))}"
        f"{' (off)' if one.disabled else ''}"
        for home, one in found
    ]
    tell("\n".join(lines) or "There are no users yet.", {"users": rows}, as_json=as_json)


@user.command()
def roles(
    email: Email,
    role: Annotated[list[Role], typer.Argument(help="All roles that they will have.")],
    organisation: Home = None,
    data: Data = DATA,
    server: Remote = "",
    as_json: AsJson = False,
) -> None:
    """Set somebody's roles in an organisation; they lose roles that are not named."""
    if server:
        people.set_roles(server, as_json, email, role, organisation)
        return

    async def work(core: Core) -> Organisation:
        found = await accounts.user_by_email(core, email)
        home = await find_organisation(core, organisation)
        await accounts.set_roles(core, None, home.id, found.id, role)
        return home

    home = on_data(data, as_json, work)
    names = sorted(set(role))
    text = f"{email} is now {', '.join(names)} of {home.name}."
    tell(text, {"roles": names, "organisation": home.name}, as_json=as_json)


@user.command()
def disable(email: Email, data: Data = DATA, server: Remote = "", as_json: AsJson = False) -> None:
    """Switch an account off: it is signed out, and neither it nor its tokens work."""
    _switch(email, data, server, as_json, on=False)


@user.command()
def enable(email: Email, data: Data = DATA, server: Remote = "", as_json: AsJson = False) -> None:
    """Switch an account on again."""
    _switch(email, data, server, as_json, on=True)


@user.command()
def organisations(data: Data = DATA, server: Remote = "", as_json: AsJson = False) -> None:
    """List the organisations, with the ids that `visibility` takes."""
    if server:
        people.list_organisations(server, as_json)
        return
    found = on_data(data, as_json, accounts.all_organisations)
    lines = [f"{one.id}  {one.name}" for one in found]
    values = {"organisations": [{"id": one.id, "name": one.name} for one in found]}
    tell("\n".join(lines) or "There is none.", values, as_json=as_json)


@user.command("create-organisation")
def create_organisation(
    name: Annotated[str, typer.Argument(help="Its name; no other organisation may have it.")],
    data: Data = DATA,
    server: Remote = "",
    as_json: AsJson = False,
) -> None:
    """Create an organisation without any users; add them with `user create`."""
    if server:
        people.create_organisation(server, as_json, name)
        return
    made = on_data(data, as_json, lambda core: accounts.create_organisation(core, name))
    text = f"The organisation {made.name} has the id {made.id}."
    tell(text, {"id": made.id, "name": made.name}, as_json=as_json)


def _switch(email: str, data: Path, server: str, as_json: bool, *, on: bool) -> None:
    if server:
        people.switch(server, as_json, email, on)
        return

    async def work(core: Core) -> User:
        found = await accounts.user_by_email(core, email)
        change = accounts.enable_user if on else accounts.disable_user
        await change(core, None, found.id)
        return found

    found = on_data(data, as_json, work)
    text = f"{found.email} is {'on' if on else 'off'}."
    tell(text, {"id": found.id, "disabled": not on}, as_json=as_json)
