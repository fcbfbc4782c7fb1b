"""Watching a server: logs, errors and use of its apps, its nodes, its audit log."""

from __future__ import annotations

import json
import sys
from typing import Annotated, Any

import typer

from app.cli.remote.client import (
    LOCAL,
    UNREACHABLE,
    AppArgument,
    Server,
    ServerOption,
    on_server,
    plain,
    when,
)
from app.platform.described import size_of
from app.source.problems import place_of

QUIET_SECONDS = 60
"""The server sends something every 15 s: after this time without it is gone."""

_INTERRUPTED = 130
# What is not said again with every line: the command names the app, and ids help programs only.
_LEFT_OUT = frozenset(
    {"event", "level", "at", "logger", "app", "node", "organisation", "user", "session"}
)


def logs(
    app_id: AppArgument,
    follow: Annotated[
        bool, typer.Option("--follow", "-f", help="Keep printing new lines.")
    ] = False,
    lines: Annotated[
        int, typer.Option("--lines", "-n", min=0, max=500, help="How many of the newest lines.")
    ] = 100,
    server_url: ServerOption = LOCAL,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object per line.")
    ] = False,
) -> None:
    """Show the newest log lines of an app; with --follow, new ones as they come."""
    with Server(server_url, as_json) as server:
        if not follow:
            found = server.call("GET", f"/apps/{app_id}/logs", params={"limit": lines})
            for line in found:
                _print_line(line, as_json)
            if not found and not as_json:
                server.console.print("There are no log lines yet.")
            return
        params = {"limit": lines, "follow": True}
        last: dict[str, Any] = {}
        try:
            with server.streaming(f"/apps/{app_id}/logs", params, QUIET_SECONDS) as answer:
                for text in filter(None, answer.iter_lines()):
                    last = json.loads(text)
                    _print_line(last, as_json)
        except KeyboardInterrupt:
            raise typer.Exit(_INTERRUPTED) from None
        # Whoever follows a log wants it to go on: that it ended is a failure.
        if last.get("event") != "stream ends":
            server.fail(UNREACHABLE, {"detail": "the connection was lost"})
        raise typer.Exit(UNREACHABLE)


@on_server
def errors(
    server: Server,
    app_id: AppArgument,
    traceback: Annotated[bool, typer.Option("--traceback", help="Include tracebacks.")] = False,
    clear: Annotated[bool, typer.Option("--clear", help="Clear the list.")] = False,
) -> None:
    """List the errors of an app since its server started, newest first."""
    if clear:
        server.call("DELETE", f"/apps/{app_id}/errors")
        server.tell({"cleared": app_id}, f"The errors of {app_id} are cleared.")
        return
    found = server.call("GET", f"/apps/{app_id}/errors")
    if traceback and not server.as_json:
        for one in found:
            server.console.print(f"{plain(place_of(one))}  {plain(one['message'])}", markup=False)
            server.console.print(plain(one["traceback"]), markup=False, soft_wrap=True)
        return
    rows = [
        (one["count"], when(one["last_at"]), one["number"], plain(place_of(one)), one["message"])
        for one in found
    ]
    columns = ("times", "last (UTC)", "version", "place", "message")
    server.table(found, columns, rows, "There are no errors.")


@on_server
def usage(
    server: Server,
    app_id: AppArgument,
    minutes: Annotated[int, typer.Option(min=1, max=1440, help="How far to look back.")] = 60,
) -> None:
    """Show how much an app is used, now and in the last minutes."""
    found = server.call("GET", f"/apps/{app_id}/usage", params={"minutes": minutes})
    total = {
        name: sum(minute[name] for minute in found["minutes"])
        for name in ("opens", "events", "errors")
    }
    slowest = max((minute["p95"] or 0 for minute in found["minutes"]), default=0)
    latency = f"; 95 % of them within {slowest * 1000:.0f} ms or less in every minute"
    server.tell(
        found,
        f"Open now: {_count(found['pages'], 'page')} of {_count(found['people'], 'user')}.\n"
        f"In {_count(minutes, 'minute')}: opened {_count(total['opens'], 'time')}, "
        f"{_count(total['errors'], 'error')}, "
        f"{_count(total['events'], 'event')}{latency if slowest else ''}.",
    )


@on_server
def folders(server: Server, app_id: AppArgument) -> None:
    """Show what an app keeps in its folders on this node, and how much it may."""
    found = server.call("GET", f"/apps/{app_id}/folders")
    rows = [
        (plain(one["name"]), one["files"], size_of(one["size"]), share_of(one["size"], found))
        for one in found["folders"]
    ]
    nothing = f"It keeps nothing. Each folder may hold {size_of(found['quota'])}."
    full = f"of {size_of(found['quota'])}"
    server.table(found, ("whose", "files", "size", full), rows, nothing)


@on_server
def nodes(server: Server) -> None:
    """List the nodes of a server, and the apps that fail on them."""
    found = server.call("GET", "/nodes")
    rows = [
        (
            node["name"],
            node["version"],
            when(node["started_at"]),
            node["open_pages"],
            f"{node['loaded']} of {node['installed']}",
            f"{node['memory'] / 1e6:,.0f} MB",
            ", ".join(failing["app_id"] for failing in node["failing"]),
        )
        for node in found
    ]
    columns = ("node", "Graft", "since (UTC)", "pages", "loaded", "memory", "failing")
    server.table(found, columns, rows, "There are no nodes.")


@on_server
def audit(
    server: Server,
    since: Annotated[
        str, typer.Option(help="From this time on, such as 2026-11-23T08:40:00Z.")
    ] = "",
    until: Annotated[str, typer.Option(help="Before this time.")] = "",
    actor: Annotated[str, typer.Option(help="Only what the user with this id did.")] = "",
    action: Annotated[
        str, typer.Option(help="What was done, such as app.promote, or app.* for all of them.")
    ] = "",
    target: Annotated[
        str, typer.Option(help="What it was done to, such as example/counter, or example/*.")
    ] = "",
    outcome: Annotated[str, typer.Option(help="Outcome: done or refused.")] = "",
    limit: Annotated[int, typer.Option(min=1, max=1000, help="The most to show.")] = 50,
    export: Annotated[
        str, typer.Option(metavar="FORMAT", help="Export all matching entries, as csv or jsonl.")
    ] = "",
) -> None:
    """Show who did what, when and from where, newest first; or export all of it."""
    given = {
        "since": since,
        "until": until,
        "actor": actor,
        "action": action,
        "target": target,
        "outcome": outcome,
    }
    wanted = {name: value for name, value in given.items() if value}
    if export:
        with server.streaming("/audit/export", {**wanted, "format": export}) as answer:
            for chunk in answer.iter_bytes():
                sys.stdout.buffer.write(chunk)
        return
    found = server.call("GET", "/audit", params={**wanted, "limit": limit})
    rows = [
        (
            when(one["at"]),
            one["actor_name"],
            one["action"],
            one["target_name"] or one["target"],
            one["outcome"],
            one["ip"],
        )
        for one in found["entries"]
    ]
    columns = ("when (UTC)", "who", "what", "on what", "outcome", "from")
    server.table(found, columns, rows, "No entries match.")


def share_of(size: int, keeping: dict[str, Any]) -> str:
    """Return how much of what it may hold is in a folder."""
    return f"{size / keeping['quota']:.0%}"


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _print_line(line: dict[str, Any], as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(line))
        return
    rest = " ".join(f"{key}={value}" for key, value in line.items() if key not in _LEFT_OUT)
    at, level = str(line.get("at", ""))[:19].replace("T", " "), str(line.get("level", ""))
    typer.echo(plain(f"{at:19} {level:8} {line.get('event', '')}  {rest}".rstrip()))
