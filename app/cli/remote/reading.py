"""What is installed on a server: apps, their versions, what differs between them, their history."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from app.cli.remote.client import (
    AppArgument,
    Server,
    on_server,
    plain,
    when,
)
from app.kernel.grants import not_granted
from app.platform.described import standing_of
from app.source.problems import place_of

_COLORS = {"added": "green", "removed": "red", "place": "cyan"}


@on_server
def apps(
    server: Server, deleted: Annotated[bool, typer.Option(help="Include deleted apps.")] = False
) -> None:
    """List the apps of a server."""
    found = server.call("GET", "/apps", params={"deleted": deleted})
    rows = [
        (
            app["id"],
            app["name"],
            app["current"] or "none",
            app["newest"],
            _state(app),
            f"/apps/{app['url']}",
        )
        for app in found
    ]
    columns = ("app", "name", "version", "newest", "state", "address")
    server.table(found, columns, rows, "No apps yet. Upload one with `deploy`.")


@on_server
def show(server: Server, app_id: AppArgument) -> None:
    """Show an app: what is served, what it may do and asks for, who can see it."""
    app = server.app(app_id)
    newest = server.call("GET", f"/apps/{app_id}/versions", params={"limit": 1})
    asked = sorted({one for version in newest for one in version["capabilities"]})
    failed = [one for one in newest if one["state"] == "failed"]
    serving = server.call("GET", f"/apps/{app_id}/serving")
    open_ = not_granted(asked, set(app["granted"]))
    facts = {
        "name": app["name"],
        "address": f"{server.url}/apps/{app['url']}",
        "state": _state(app),
        "version": f"{app['current'] or 'none'}, newest {app['newest']}",
        "may": ", ".join(app["granted"]) or "nothing special",
        **({"failing": _failing(app, serving)} if serving["problems"] else {}),
        **({"failed": _failed(failed[0])} if failed else {}),
        **({"asks for": f"{', '.join(open_)}; see `grant`"} if open_ else {}),
        "seen by": _seen_by(app["organisations"], server.organisation_names()),
        "loaded": "at startup" if app["load_at_boot"] else "when first opened",
        "revision": str(app["revision"]),
    }
    server.tell(app, "\n".join(f"{key:9} {value}" for key, value in facts.items()))


@on_server
def versions(
    server: Server,
    app_id: AppArgument,
    limit: Annotated[int, typer.Option(min=1, max=500, help="The most to show.")] = 20,
) -> None:
    """List the versions of an app, newest first."""
    current = server.app(app_id)["current"]
    found = server.call("GET", f"/apps/{app_id}/versions", params={"limit": limit})
    rows = [
        (
            one["number"],
            one["version"],
            "current" if one["number"] == current else one["state"],
            one["signature"],
            when(one["uploaded_at"]),
            one["uploaded_by_name"],
            one["note"],
        )
        for one in found
    ]
    columns = ("number", "version", "state", "signature", "uploaded (UTC)", "by", "note")
    server.table(found, columns, rows, "There are no versions.")


@on_server
def download(
    server: Server,
    app_id: AppArgument,
    number: Annotated[
        int | None,
        typer.Option("--to", metavar="N", help="Version (default: the one being served)."),
    ] = None,
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder to write into.")] = Path("."),
) -> None:
    """Save the package of a version, exactly as it was uploaded."""
    if number is None:
        app = server.app(app_id)
        number = app["current"] or app["newest"]
    out.mkdir(parents=True, exist_ok=True)
    file = out / f"{app_id.replace('/', '-')}-{number}.tar.gz"
    with server.streaming(f"/apps/{app_id}/versions/{number}/package", {}) as answer:
        partial = file.with_name(f"{file.name}.part")
        with partial.open("wb") as saved:
            for chunk in answer.iter_bytes():
                saved.write(chunk)
        partial.replace(file)
    server.tell({"file": str(file), "number": number}, f"Version {number} is in {file}.")


@on_server
def diff(
    server: Server,
    app_id: AppArgument,
    older: Annotated[int, typer.Argument(min=1, help="Number of a version.")],
    newer: Annotated[int, typer.Argument(min=1, help="Number of the version to compare it with.")],
) -> None:
    """Show what differs between the files of two versions."""
    found = server.call("GET", f"/apps/{app_id}/versions/{older}/diff/{newer}")
    if server.as_json or not found["files"]:
        server.tell(found, "Their files are identical.")
        return
    for file in found["files"]:
        _print_file(server, file)
    if found["left_out"]:
        server.console.print(f"{found['left_out']} more files differ.")


@on_server
def history(
    server: Server,
    app_id: AppArgument,
    limit: Annotated[int, typer.Option(min=1, max=500, help="The most to show.")] = 20,
) -> None:
    """List what happened to an app, newest first."""
    found = server.call("GET", f"/apps/{app_id}/history", params={"limit": limit})
    rows = [
        (when(one["at"]), one["action"], one["number"] or "", one["by_name"], one["note"])
        for one in found
    ]
    columns = ("when (UTC)", "what", "version", "by", "note")
    server.table(found, columns, rows, "Nothing has happened yet.")


def _print_file(server: Server, file: dict[str, Any]) -> None:
    note = f" ({file['note']})" if file["note"] else ""
    server.console.print(
        f"{file['change']}: {plain(file['path'])}{note}", style="bold", markup=False
    )
    for block in file["blocks"]:
        server.console.print(
            plain(block["text"]), style=_COLORS.get(block["kind"]), markup=False, soft_wrap=True
        )


def _failing(app: dict[str, Any], serving: dict[str, Any]) -> str:
    """Say why the current version is not what people get."""
    people = f"people get version {serving['number']}" if serving["number"] else "nobody gets it"
    why = _first(serving["problems"])
    return plain(f"version {app['current']} cannot be used now: {why}; {people}; see `errors`")


def _failed(version: dict[str, Any]) -> str:
    """Say why a version does not load."""
    why = _first(version["problems"])
    return plain(f"version {version['number']} does not load: {why}; see `errors`")


def _first(problems: list[dict[str, Any]]) -> str:
    problem: dict[str, Any] = next(iter(problems), {})
    return f"{place_of(problem)}  {problem.get('message', '')}".strip()


def _state(app: dict[str, Any]) -> str:
    return standing_of(
        deleted=bool(app["deleted_at"]), enabled=app["enabled"], promoted=bool(app["current"])
    )


def _seen_by(organisations: dict[str, list[str] | None] | None, names: Mapping[str, str]) -> str:
    if organisations is None:
        return "everybody"
    some = (
        f"{'all' if users is None else len(users)} users of {names.get(key, key)}"
        for key, users in organisations.items()
    )
    return ", ".join(some) or "nobody"
