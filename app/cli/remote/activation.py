"""Changing an app: deploying it, deleting it, which asks before, and all other operations on it."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from app.cli.remote.client import (
    LOCAL,
    WRONG,
    AppArgument,
    JsonOption,
    Server,
    on_server,
    seen,
)
from app.platform.operations.fields import NoteOption, RevisionOption
from app.platform.operations.operation import Command, Operation
from app.platform.operations.table import OPERATIONS

ToOption = Annotated[
    str, typer.Option("--to", envvar="GRAFT_URL", help="Address of the server.", metavar="URL")
]


def deploy(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="A package.")],
    to: ToOption = LOCAL,
    preview: Annotated[bool, typer.Option(help="Only start a preview and print its link.")] = False,
    note: NoteOption = "",
    as_json: JsonOption = False,
) -> None:
    """Upload a package and promote it, or start a preview of it.

    Uploading the same package again is safe: it stays the same version.
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
        new = "" if uploaded["new"] else " (this package had been uploaded before)"
        served = f"{app_id} serves version {number}{new}: {server.url}/apps/{app['url']}"
        server.tell({**uploaded, "app": app}, served)


@on_server
def delete(
    server: Server,
    app_id: AppArgument,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask for confirmation.")] = False,
    revision: RevisionOption = None,
) -> None:
    """Delete an app for everybody; `undelete` brings it back within 30 days."""
    if not yes and server.as_json:
        server.fail(WRONG, {"detail": "--json cannot ask for confirmation: add --yes to delete"})
    if not yes:
        app, used = server.app(app_id), server.call("GET", f"/apps/{app_id}/usage")
        people = "1 person has" if used["people"] == 1 else f"{used['people']} people have"
        typer.confirm(f"Delete {app['name']}? {people} it open now.", abort=True)
        revision = app["revision"] if revision is None else revision
    done = f"{app_id} is deleted. `undelete {app_id}` brings it back within 30 days."
    server.tell(server.call("DELETE", f"/apps/{app_id}", params=seen(revision)), done)


def command_of(name: str) -> Callable[..., None]:
    """Return the command of an operation, with the options that it declares."""
    operation = OPERATIONS[name]
    route, command = operation.api, operation.command
    assert route is not None, name
    assert command is not None, name

    def run(server: Server, app_id: AppArgument, **given: Any) -> None:
        for argument, attribute in command.defaults.items():
            if given[argument] is None:
                given[argument] = server.app(app_id)[attribute]
        body = {argument: value for argument, value in given.items() if value is not None}
        app = server.call(route.method, f"/apps/{app_id}{route.path}", json=body)
        server.tell(app, command.done(app))

    run.__name__, run.__doc__ = name, command.text or route.text
    return on_server(run, [_option(operation, command, name) for name in command.options])


def _option(operation: type[Operation], command: Command, argument: str) -> inspect.Parameter:
    """Return an argument as Typer is told of it."""
    field = operation.model_fields[argument]
    default = inspect.Parameter.empty if field.is_required() else field.default
    return inspect.Parameter(
        argument,
        inspect.Parameter.KEYWORD_ONLY,
        default=None if argument in command.defaults else default,
        annotation=command.options[argument],
    )
