"""`python -m app session …`: where people are signed in, on a data folder or over the API."""

from __future__ import annotations

from typing import Annotated

import typer

from app.cli.on_data import DATA, AsJson, Data, Remote, on_data, tell
from app.cli.remote import people
from app.core import accounts
from app.core.accounts import Login
from app.core.context import Core
from app.kernel.errors import NotFound

session = typer.Typer(
    name="session", no_args_is_help=True, help="See where somebody is signed in; sign them out."
)

Email = Annotated[str, typer.Argument(help="E-mail address of the user.")]


@session.command("list")
def list_sessions(
    email: Email, data: Data = DATA, server: Remote = "", as_json: AsJson = False
) -> None:
    """List the browsers in which somebody is signed in."""
    if server:
        people.list_sessions(server, as_json, email)
        return
    found = on_data(data, as_json, lambda core: _sessions(core, email))
    lines = [
        f"{one.id}  {one.browser}  {one.address}  {one.seen_at:%Y-%m-%d %H:%M} UTC" for one in found
    ]
    values = {
        "sessions": [
            {
                "id": one.id,
                "browser": one.browser,
                "address": one.address,
                "seen_at": one.seen_at.isoformat(),
            }
            for one in found
        ]
    }
    tell("\n".join(lines) or f"{email} is not signed in anywhere.", values, as_json=as_json)


@session.command()
def end(
    email: Email,
    session_id: Annotated[
        str | None, typer.Argument(metavar="ID", help="Only this session (see `session list`).")
    ] = None,
    data: Data = DATA,
    server: Remote = "",
    as_json: AsJson = False,
) -> None:
    """Sign somebody out everywhere, or in one browser; open pages end at once."""
    if server:
        people.sign_out(server, as_json, email, session_id)
        return

    async def work(core: Core) -> int:
        found = await _sessions(core, email)
        chosen = [one for one in found if session_id in (None, one.id)]
        if session_id is not None and not chosen:
            raise NotFound(f"{email} has no session {session_id}")
        for one in chosen:
            await accounts.end_login(core, None, one.id)
        return len(chosen)

    ended = on_data(data, as_json, work)
    tell(people.signed_out(email, ended), {"ended": ended}, as_json=as_json)


async def _sessions(core: Core, email: str) -> list[Login]:
    found = await accounts.user_by_email(core, email)
    return await accounts.logins_of(core, found.id)
