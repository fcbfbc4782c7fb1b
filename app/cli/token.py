"""`python -m app token …`: API tokens, on the data folder of a server or over its API."""

from __future__ import annotations

from typing import Annotated

import typer

from app.cli.on_data import DATA, AsJson, Data, Remote, find_organisation, on_data, tell
from app.cli.remote import people
from app.core import accounts
from app.core.accounts import ApiToken, NewApiToken, Scope
from app.core.context import Core

token = typer.Typer(name="token", no_args_is_help=True, help="Create, list and revoke API tokens.")

Email = Annotated[str, typer.Argument(help="E-mail address of the user that the token acts for.")]


@token.command()
def create(
    email: Email,
    scope: Annotated[list[Scope], typer.Option(help="What the token may do; may be repeated.")],
    name: Annotated[str, typer.Option(help="What the token is for.")] = "command line",
    days: Annotated[int, typer.Option(help="How long the token is valid.")] = 30,
    organisation: Annotated[
        str | None, typer.Option(help="Name of the organisation (default: the user's only one).")
    ] = None,
    data: Data = DATA,
    as_json: AsJson = False,
) -> None:
    """Create a token and print it; it is shown only once."""

    async def work(core: Core) -> NewApiToken:
        owner = await accounts.user_by_email(core, email)
        homes = await accounts.organisations_of(core, owner.id)
        alone = homes[0].id if len(homes) == 1 and organisation is None else None
        home = alone or (await find_organisation(core, organisation)).id
        actor = await accounts.actor_of(core, owner.id, home)
        return await accounts.create_token(core, actor, name, scope, days)

    made = on_data(data, as_json, work)
    values = {**_plain(made.token), "token": made.secret}
    tell(made.secret, values, as_json=as_json)


@token.command("list")
def list_tokens(
    email: Email, data: Data = DATA, server: Remote = "", as_json: AsJson = False
) -> None:
    """List a user's tokens, without their secrets."""
    if server:
        people.list_tokens(server, as_json, email)
        return

    async def work(core: Core) -> list[ApiToken]:
        owner = await accounts.user_by_email(core, email)
        return await accounts.tokens_of(core, owner.id)

    found = on_data(data, as_json, work)
    lines = [
        f"{one.id}  {one.name}  {', '.join(sorted(one.scopes))}  until {one.expires_at:%Y-%m-%d}"
        for one in found
    ]
    text = "\n".join(lines) or "There are no tokens."
    tell(text, {"tokens": [_plain(one) for one in found]}, as_json=as_json)


@token.command()
def revoke(
    email: Email,
    token_id: Annotated[str, typer.Argument(help="Id of the token, from `token list`.")],
    data: Data = DATA,
    server: Remote = "",
    as_json: AsJson = False,
) -> None:
    """Revoke a token; a running server refuses it from then on."""
    if server:
        people.revoke_token(server, as_json, email, token_id)
        return

    async def work(core: Core) -> None:
        owner = await accounts.user_by_email(core, email)
        await accounts.revoke_token(core, owner.id, token_id)

    on_data(data, as_json, work)
    tell("The token is revoked.", {"revoked": token_id}, as_json=as_json)


def _plain(one: ApiToken) -> dict[str, object]:
    return {
        "id": one.id,
        "name": one.name,
        "scopes": sorted(one.scopes),
        "expires": one.expires_at.isoformat(),
        "last_used": one.used_at.isoformat() if one.used_at else None,
    }
