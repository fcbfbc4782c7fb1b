"""Deploying an app, and deciding which version of it is served, if any."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from app.cli.remote.client import (
    LOCAL,
    WRONG,
    AppArgument,
    JsonOption,
    NoteOption,
    RevisionOption,
    Server,
    on_server,
    seen,
)

ToOption = Annotated[
    str, typer.Option("--to", envvar="GRAFT_URL", help="Address of the server.", metavar="URL")
]


def deploy(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="A package.")],
    to: ToOption = LOCAL,
    preview: Annotated[
        bool, typer.Option(help="Only begin a preview, and print its link.")
    ] = False,
    note: NoteOption = "",
    as_json: JsonOption = False,
) -> None:
    """Upload a package and promote it, or begin a preview of it.

    The same package again is the same version, so this can be repeated.
    """
    with Server(to, as_json) as server:
        uploaded = server.upload(file, {"preview": preview, "note": note})
        server.warn(uploaded["warnings"])
        version = uploaded["version"]
        app_id, number = version["app_id"], version["number"]
        if preview:
            link = f"{server.url}{uploaded['preview']['link']}"
            server.tell({**uploaded, "link": link}, f"Version {number} of {app_id}: {link}")
            return
        body = {"number": number, "note": note}
        app = server.call("POST", f"/apps/{app_id}/promote", json=body)
        new = "" if uploaded["new"] else " (the same package was there already)"
        served = f"{app_id} serves version {number}{new}: {server.url}/apps/{app['url']}"
        server.tell({**uploaded, "app": app}, served)


@on_server
def promote(
    server: Server,
    app_id: AppArgument,
    number: Annotated[
        int | None, typer.Option("--to", metavar="N", help="Version; default: the newest.")
    ] = None,
    note: NoteOption = "",
    revision: RevisionOption = None,
) -> None:
    """Serve a version to everybody, in every open page."""
    wanted = number or server.app(app_id)["newest"]
    body = {"number": wanted, "note": note, **seen(revision)}
    app = server.call("POST", f"/apps/{app_id}/promote", json=body)
    server.tell(app, f"{app_id} serves version {app['current']}.")


@on_server
def rollback(
    server: Server,
    app_id: AppArgument,
    number: Annotated[
        int | None,
        typer.Option("--to", metavar="N", help="Version; default: the one served before."),
    ] = None,
    note: NoteOption = "",
    revision: RevisionOption = None,
) -> None:
    """Serve an earlier version again, exactly as it was."""
    body = {"to": number, "note": note, **seen(revision)}
    app = server.call("POST", f"/apps/{app_id}/rollback", json=body)
    server.tell(app, f"{app_id} serves version {app['current']}.")


@on_server
def enable(server: Server, app_id: AppArgument, revision: RevisionOption = None) -> None:
    """Switch an app on."""
    _change(server, "POST", f"/apps/{app_id}/enable", f"{app_id} is on.", json=seen(revision))


@on_server
def disable(server: Server, app_id: AppArgument, revision: RevisionOption = None) -> None:
    """Switch an app off, everywhere and at once; what people did in it is kept."""
    _change(server, "POST", f"/apps/{app_id}/disable", f"{app_id} is off.", json=seen(revision))


@on_server
def delete(
    server: Server,
    app_id: AppArgument,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    revision: RevisionOption = None,
) -> None:
    """Delete an app for everybody; `undelete` brings it back within 30 days."""
    if not yes and server.as_json:
        server.fail(WRONG, {"detail": "nobody can be asked with --json: say --yes to delete"})
    if not yes:
        app, used = server.app(app_id), server.call("GET", f"/apps/{app_id}/usage")
        people = "1 person has" if used["people"] == 1 else f"{used['people']} people have"
        typer.confirm(f"Delete {app['name']}? {people} it open now.", abort=True)
        revision = app["revision"] if revision is None else revision
    done = f"{app_id} is deleted. `undelete {app_id}` brings it back within 30 days."
    _change(server, "DELETE", f"/apps/{app_id}", done, params=seen(revision))


@on_server
def undelete(server: Server, app_id: AppArgument, revision: RevisionOption = None) -> None:
    """Bring a deleted app back."""
    _change(server, "POST", f"/apps/{app_id}/undelete", f"{app_id} is back.", json=seen(revision))


def _change(server: Server, method: str, path: str, done: str, **options: Any) -> None:
    server.tell(server.call(method, path, **options), done)
