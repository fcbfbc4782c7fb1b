"""`python -m app preview …`: showing a version to some people before all others."""

from __future__ import annotations

from typing import Annotated

import typer

from app.cli.remote.client import (
    AppArgument,
    Server,
    on_server,
    part,
    when,
)

preview = typer.Typer(
    name="preview", no_args_is_help=True, help="Show a version to some people first."
)


@preview.command()
@on_server
def start(
    server: Server,
    app_id: AppArgument,
    number: Annotated[
        int | None, typer.Option("--to", metavar="N", help="Version (default: the newest).")
    ] = None,
    user: Annotated[
        list[str] | None,
        typer.Option(
            help="E-mail address or id of somebody who gets it without the link; may be repeated."
        ),
    ] = None,
    days: Annotated[float, typer.Option(help="How long it lasts.")] = 7,
) -> None:
    """Start a preview and print its link: whoever opens it gets that version."""
    wanted = number or server.app(app_id)["newest"]
    body = {"number": wanted, "users": user or [], "days": days}
    started = server.call("POST", f"/apps/{app_id}/previews", json=body)
    link = f"{server.url}{started['link']}"
    server.tell({**started, "link": link}, f"Version {wanted} of {app_id}: {link}")


@preview.command("list")
@on_server
def list_previews(server: Server, app_id: AppArgument) -> None:
    """List the current previews."""
    found = server.call("GET", f"/apps/{app_id}/previews")
    rows = [
        (one["id"], one["number"], one["started_by_name"], when(one["expires_at"])) for one in found
    ]
    server.table(found, ("id", "version", "by", "until (UTC)"), rows, "There are no previews.")


@preview.command()
@on_server
def end(
    server: Server,
    app_id: AppArgument,
    preview_id: Annotated[str, typer.Argument(help="Id of the preview, from `preview list`.")],
) -> None:
    """End a preview: its people get the version that everybody has."""
    app = server.call("DELETE", f"/apps/{app_id}/previews/{part(preview_id)}")
    server.tell(app, "The preview has ended.")
