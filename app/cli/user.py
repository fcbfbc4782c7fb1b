"""`python -m app user …`: accounts, from the machine that has the data folder."""

from __future__ import annotations

from typing import Annotated

import typer

from app.cli.on_data import DATA, AsJson, Data, find_organisation, on_data, tell
from app.core import accounts
from app.core.accounts import Membership, NewLink, Passwords, Person, Role
from app.core.context import Core

user = typer.Typer(no_args_is_help=True, help="Create and list the people who may sign in.")


@user.command()
def create(
    email: Annotated[str, typer.Argument(help="The address they sign in with.")],
    name: Annotated[str, typer.Option(help="Their name; needed with --password.")] = "",
    role: Annotated[Role, typer.Option(help="What they are in the organisation.")] = Role.MEMBER,
    organisation: Annotated[
        str | None, typer.Option(help="Name of the organisation; default the only one.")
    ] = None,
    new_organisation: Annotated[
        bool, typer.Option("--new-organisation", help="Make the organisation if it is not there.")
    ] = False,
    password: Annotated[
        bool, typer.Option("--password", help="Ask for a password now, in place of a link.")
    ] = False,
    url: Annotated[
        str, typer.Option(help="Address of the server, for the link.")
    ] = "http://localhost:3000",
    data: Data = DATA,
    as_json: AsJson = False,
) -> None:
    """Let somebody in: print a link with which they make their account, or ask for a password."""
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


@user.command("reset-password")
def reset_password(
    email: Annotated[str, typer.Argument(help="Address of the user.")],
    url: Annotated[
        str, typer.Option(help="Address of the server, for the link.")
    ] = "http://localhost:3000",
    data: Data = DATA,
    as_json: AsJson = False,
) -> None:
    """Print a link with which somebody chooses a new password."""

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
        str | None, typer.Option(help="Only of this organisation; default all.")
    ] = None,
    data: Data = DATA,
    as_json: AsJson = False,
) -> None:
    """List everybody, by organisation."""

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
        }
        for home, one in found
    ]
    lines = [
        f"{home}: {one.user.name} <{one.user.email}> {', '.join(sorted(one.roles))}"
        for home, one in found
    ]
    tell("\n".join(lines) or "There is nobody yet.", {"users": rows}, as_json=as_json)
