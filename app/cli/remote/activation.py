"""Deploying an app, and deciding which version of it is served, if any."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from app.cli.remote.client import (
    LOCAL,
    AppArgument,
    JsonOption,
    NoteOption,
    Server,
    ServerOption,
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


def promote(
    app_id: AppArgument,
    number: Annotated[
        int | None, typer.Option("--to", metavar="N", help="Version; default: the newest.")
    ] = None,
    server_url: ServerOption = LOCAL,
    note: NoteOption = "",
    as_json: JsonOption = False,
) -> None:
    """Serve a version to everybody, in every open page."""
    with Server(server_url, as_json) as server:
        wanted = number or server.app(app_id)["newest"]
        body = {"number": wanted, "note": note}
        app = server.call("POST", f"/apps/{app_id}/promote", json=body)
        server.tell(app, f"{app_id} serves version {app['current']}.")


def rollback(
    app_id: AppArgument,
    number: Annotated[
        int | None,
        typer.Option("--to", metavar="N", help="Version; default: the one served before."),
    ] = None,
    server_url: ServerOption = LOCAL,
    note: NoteOption = "",
    as_json: JsonOption = False,
) -> None:
    """Serve an earlier version again, exactly as it was."""
    with Server(server_url, as_json) as server:
        body = {"to": number, "note": note}
        app = server.call("POST", f"/apps/{app_id}/rollback", json=body)
        server.tell(app, f"{app_id} serves version {app['current']}.")


def enable(
    app_id: AppArgument, server_url: ServerOption = LOCAL, as_json: JsonOption = False
) -> None:
    """Switch an app on."""
    _change("POST", f"/apps/{app_id}/enable", server_url, as_json, f"{app_id} is on.", json={})


def disable(
    app_id: AppArgument, server_url: ServerOption = LOCAL, as_json: JsonOption = False
) -> None:
    """Switch an app off, everywhere and at once; what people did in it is kept."""
    _change("POST", f"/apps/{app_id}/disable", server_url, as_json, f"{app_id} is off.", json={})


def delete(
    app_id: AppArgument,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    server_url: ServerOption = LOCAL,
    as_json: JsonOption = False,
) -> None:
    """Delete an app for everybody; `undelete` brings it back within 30 days."""
    if not yes and not as_json:
        with Server(server_url, as_json) as server:
            app, used = server.app(app_id), server.call("GET", f"/apps/{app_id}/usage")
        people = "1 person has" if used["people"] == 1 else f"{used['people']} people have"
        typer.confirm(f"Delete {app['name']}? {people} it open now.", abort=True)
    done = f"{app_id} is deleted. `undelete {app_id}` brings it back within 30 days."
    _change("DELETE", f"/apps/{app_id}", server_url, as_json, done)


def undelete(
    app_id: AppArgument, server_url: ServerOption = LOCAL, as_json: JsonOption = False
) -> None:
    """Bring a deleted app back."""
    _change("POST", f"/apps/{app_id}/undelete", server_url, as_json, f"{app_id} is back.", json={})


def _change(method: str, path: str, to: str, as_json: bool, done: str, **options: Any) -> None:
    with Server(to, as_json) as server:
        server.tell(server.call(method, path, **options), done)
