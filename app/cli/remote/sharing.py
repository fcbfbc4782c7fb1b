"""What an app may do, and who sees it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

import typer

from app.cli.remote.client import (
    WRONG,
    AppArgument,
    Server,
    on_server,
)
from app.cli.remote.people import organisation_id, user_id

Capabilities = Annotated[
    list[str],
    typer.Argument(
        metavar="CAPABILITY…",
        help="For example documents:write, or an origin: 'img https://tile.example.org'.",
    ),
]


@on_server
def grant(
    server: Server,
    app_id: AppArgument,
    capabilities: Capabilities,
) -> None:
    """Grant an app a capability; versions that waited for it can be promoted."""
    _grants(server, app_id, lambda held: held | set(capabilities))


@on_server
def revoke(
    server: Server,
    app_id: AppArgument,
    capabilities: Capabilities,
) -> None:
    """Revoke a capability of an app, at once."""
    _grants(server, app_id, lambda held: held - set(capabilities))


@on_server
def visibility(
    server: Server,
    app_id: AppArgument,
    everybody: Annotated[
        bool, typer.Option("--everybody", help="Everybody, in all organisations.")
    ] = False,
    nobody: Annotated[bool, typer.Option("--nobody", help="Nobody.")] = False,
    organisation: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME", help="Everybody in this organisation (name or id); may be repeated."
        ),
    ] = None,
    user: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME/EMAIL", help="Only this user of the organisation; may be repeated."
        ),
    ] = None,
) -> None:
    """Choose who can see and open an app; open pages of others close at once."""
    if sum((everybody, nobody, bool(organisation or user))) != 1:
        text = "say who can see it: --everybody, --nobody, or --organisation and --user"
        server.fail(WRONG, {"detail": text})
    seen_by: dict[str, list[str] | None] = {}
    for name in organisation or ():
        seen_by[organisation_id(server, name)] = None
    for one in user or ():
        name, _, email = one.rpartition("/")
        home = organisation_id(server, name)
        chosen = seen_by.setdefault(home, [])
        if chosen is None:
            text = f"--user {one}: all of {name} sees it already, by --organisation"
            server.fail(WRONG, {"detail": text})
        chosen.append(user_id(server, email, home))
    body: dict[str, Any] = {"organisations": None if everybody else seen_by}
    app = server.call("PUT", f"/apps/{app_id}/visibility", json=body)
    server.tell(app, f"Changed who can see {app_id}.")


def _grants(server: Server, app_id: str, change: Callable[[set[str]], set[str]]) -> None:
    known = server.app(app_id)
    body = {
        "capabilities": sorted(change(set(known["granted"]))),
        # What somebody else grants meanwhile must not be taken by that.
        "base_revision": known["revision"],
    }
    app = server.call("PUT", f"/apps/{app_id}/grants", json=body)
    server.tell(app, f"Capabilities of {app_id}: {', '.join(app['granted']) or 'none'}.")
