"""Commands for a running server: they talk to its HTTP API and to nothing else.

The server is named by --to (deploy), --server (the others) or GRAFT_URL, the token by GRAFT_TOKEN.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, NoReturn

import httpx
import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import Progress
from rich.table import Table

TOKEN = "GRAFT_TOKEN"  # noqa: S105 - the name of a variable
REFUSED, UNREACHABLE = 1, 3
_CHUNK = 256 * 1024

AppArgument = Annotated[str, typer.Argument(metavar="CLIENT/APP", help="For example acme/counter.")]
ToOption = Annotated[
    str, typer.Option("--to", envvar="GRAFT_URL", help="Address of the server.", metavar="URL")
]
ServerOption = Annotated[
    str, typer.Option("--server", envvar="GRAFT_URL", help="Address of the server.", metavar="URL")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Write JSON.")]
NoteOption = Annotated[str, typer.Option(help="Why, for the app's history.")]
_LOCAL = "http://localhost:3000"


def deploy(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="A package.")],
    to: ToOption = _LOCAL,
    preview: Annotated[
        bool, typer.Option(help="Only begin a preview, and print its link.")
    ] = False,
    note: NoteOption = "",
    as_json: JsonOption = False,
) -> None:
    """Upload a package and promote it, or begin a preview of it."""
    with _Server(to, as_json) as server:
        uploaded = server.upload(file, {"preview": preview, "note": note})
        version = uploaded["version"]
        app_id, number = version["app_id"], version["number"]
        if preview:
            link = f"{to.rstrip('/')}{uploaded['preview']['link']}"
            server.tell({**uploaded, "link": link}, f"Version {number} of {app_id}: {link}")
            return
        body = {"number": number, "note": note}
        app = server.call("POST", f"/apps/{app_id}/promote", json=body)
        new = "" if uploaded["new"] else " (the same package was there already)"
        served = f"{app_id} serves version {number}{new}: {to.rstrip('/')}/apps/{app['url']}"
        server.tell({**uploaded, "app": app}, served)


def apps(server_url: ServerOption = _LOCAL, as_json: JsonOption = False) -> None:
    """List the apps of a server."""
    with _Server(server_url, as_json) as server:
        found = server.call("GET", "/apps")
        if as_json:
            server.tell(found, "")
            return
        table = Table("app", "name", "version", "newest", "state", "address")
        for app in found:
            state = "on" if app["enabled"] else "off"
            served = str(app["current"] or "none")
            row = (app["id"], app["name"], served, str(app["newest"]), state, f"/apps/{app['url']}")
            table.add_row(*map(escape, row))
        server.console.print(table if found else "No apps yet. Upload one with `deploy`.")


def enable(
    app_id: AppArgument, server_url: ServerOption = _LOCAL, as_json: JsonOption = False
) -> None:
    """Switch an app on."""
    _change(app_id, "enable", {}, server_url, as_json, "is on")


def disable(
    app_id: AppArgument, server_url: ServerOption = _LOCAL, as_json: JsonOption = False
) -> None:
    """Switch an app off, everywhere and at once; what people did in it is kept."""
    _change(app_id, "disable", {}, server_url, as_json, "is off")


def promote(
    app_id: AppArgument,
    number: Annotated[
        int | None, typer.Option("--to", metavar="N", help="Version; default: the newest.")
    ] = None,
    server_url: ServerOption = _LOCAL,
    note: NoteOption = "",
    as_json: JsonOption = False,
) -> None:
    """Serve a version to everybody, in every open page."""
    with _Server(server_url, as_json) as server:
        wanted = number or server.call("GET", f"/apps/{app_id}")["newest"]
        body = {"number": wanted, "note": note}
        app = server.call("POST", f"/apps/{app_id}/promote", json=body)
        server.tell(app, f"{app_id} serves version {app['current']}.")


def rollback(
    app_id: AppArgument,
    number: Annotated[
        int | None,
        typer.Option("--to", metavar="N", help="Version; default: the one served before."),
    ] = None,
    server_url: ServerOption = _LOCAL,
    note: NoteOption = "",
    as_json: JsonOption = False,
) -> None:
    """Serve an earlier version again, exactly as it was."""
    with _Server(server_url, as_json) as server:
        body = {"to": number, "note": note}
        app = server.call("POST", f"/apps/{app_id}/rollback", json=body)
        server.tell(app, f"{app_id} serves version {app['current']}.")


def _change(
    app_id: str, action: str, body: Mapping[str, Any], to: str, as_json: bool, done: str
) -> None:
    with _Server(to, as_json) as server:
        app = server.call("POST", f"/apps/{app_id}/{action}", json=dict(body))
        server.tell(app, f"{app_id} {done}.")


class _Server:
    """A server, reached over its API; errors end the command with a text a person understands."""

    def __init__(self, url: str, as_json: bool) -> None:
        token = os.environ.get(TOKEN, "")
        headers = {"authorization": f"Bearer {token}"} if token else {}
        self._url = url.rstrip("/")
        self._as_json = as_json
        self._http = httpx.Client(base_url=f"{self._url}/api/v1", headers=headers, timeout=120)
        self.console = Console()
        self._errors = Console(stderr=True)

    def __enter__(self) -> _Server:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def call(self, method: str, path: str, **options: Any) -> Any:
        """Send a request and return the JSON of the answer."""
        try:
            answer = self._http.request(method, path, **options)
        except httpx.HTTPError as error:
            self._fail(UNREACHABLE, {"detail": f"{self._url} cannot be reached: {error}"})
        if answer.is_success:
            return answer.json()
        self._fail(REFUSED, _detail(answer))

    def upload(self, file: Path, params: Mapping[str, Any]) -> Any:
        """Send a package, with a progress bar."""
        size = file.stat().st_size
        with Progress(console=self._errors, transient=True, disable=self._as_json) as progress:
            task = progress.add_task(f"Sending {escape(file.name)}", total=size)

            def chunks() -> Iterator[bytes]:
                with file.open("rb") as stream:
                    while chunk := stream.read(_CHUNK):
                        yield chunk
                        progress.advance(task, len(chunk))

            return self.call("POST", "/apps", params=dict(params), content=chunks())

    def tell(self, data: Any, text: str) -> None:
        """Say what was done: as JSON for machines, as text for people."""
        if self._as_json:
            typer.echo(json.dumps(data))
        else:
            self.console.print(text, markup=False, soft_wrap=True)

    def _fail(self, code: int, detail: Mapping[str, Any]) -> NoReturn:
        if self._as_json:
            typer.echo(json.dumps({"error": detail}))
        else:
            self._errors.print(f"[red]{escape(str(detail.get('detail', 'Refused')))}[/]")
            for problem in detail.get("problems") or ():
                place = ":".join(str(problem[k]) for k in ("file", "line") if problem.get(k))
                text = f"{place}  {problem['message']}  {problem['remedy']}"
                self._errors.print(f"  {escape(text.strip())}")
            if detail.get("status") == 401:
                self._errors.print(f"  Set {TOKEN} to a token made with `token create`.")
        raise typer.Exit(code)


def _detail(answer: httpx.Response) -> Mapping[str, Any]:
    try:
        found = answer.json()
    except ValueError:
        found = None
    if isinstance(found, dict):
        return found
    return {"status": answer.status_code, "detail": f"{answer.status_code}: {answer.text[:200]}"}
