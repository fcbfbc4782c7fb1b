"""A server, reached over its API.

It is named by --to (deploy), --server (the others) or GRAFT_URL, the token by GRAFT_TOKEN.
"""

from __future__ import annotations

import functools
import inspect
import json
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, NoReturn, get_type_hints
from urllib.parse import quote

import httpx
import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import Progress
from rich.table import Table

from app.kernel.errors import sentence
from app.source.problems import place_of

TOKEN = "GRAFT_TOKEN"  # noqa: S105 - the name of a variable
REFUSED, WRONG, UNREACHABLE = 1, 2, 3
LOCAL = "http://localhost:3000"
_CHUNK = 256 * 1024
_APP_ID = re.compile(r"[a-z][a-z0-9_]*/[a-z][a-z0-9_]*")


def _app_id(value: str) -> str:
    if not _APP_ID.fullmatch(value):
        raise typer.BadParameter("name an app as <client>/<app>, for example example/counter")
    return value


AppArgument = Annotated[
    str,
    typer.Argument(metavar="CLIENT/APP", help="For example example/counter.", callback=_app_id),
]
ServerOption = Annotated[
    str, typer.Option("--server", envvar="GRAFT_URL", help="Address of the server.", metavar="URL")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]


class Server:
    """A server; refusals end the command with a text that a person understands.

    Args:
        url: its address.
        as_json: whether a program reads what the command writes.
    """

    def __init__(self, url: str, as_json: bool) -> None:
        token = os.environ.get(TOKEN, "")
        headers = {"authorization": f"Bearer {token}"} if token else {}
        self.url = url.rstrip("/")
        self.as_json = as_json
        self._http = httpx.Client(
            base_url=f"{self.url}/api/v1",
            headers=headers,
            timeout=120,
            # Reading the certificates of all authorities takes longer than most commands.
            verify=not self.url.startswith("http://"),
        )
        self.console = Console(highlight=False)
        self._errors = Console(stderr=True, highlight=False)

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def call(self, method: str, path: str, **options: Any) -> Any:
        """Send a request and return the JSON of the answer; None when it has none."""
        with self._reached():
            answer = self._http.request(method, path, **options)
        if not answer.is_success:
            self.fail(REFUSED, _detail(answer))
        if not answer.content:
            return None
        try:
            return answer.json()
        except ValueError:
            self.fail(REFUSED, {"detail": f"{self.url} is not the address of a Graft server"})

    def app(self, app_id: str) -> Any:
        """Return an app as it is now."""
        return self.call("GET", f"/apps/{app_id}")

    def organisation_names(self) -> dict[str, str]:
        """Return the names of organisations by id: of those that the token may know."""
        with self._reached():
            answer = self._http.request("GET", "/organisations")
        return {one["id"]: one["name"] for one in answer.json()} if answer.is_success else {}

    def upload(self, file: Path, params: Mapping[str, Any]) -> Any:
        """Send a package, with a progress bar."""
        size = file.stat().st_size
        with Progress(console=self._errors, transient=True, disable=self.as_json) as progress:
            task = progress.add_task(f"Sending {escape(file.name)}", total=size)

            def chunks() -> Iterator[bytes]:
                with file.open("rb", buffering=0) as stream:
                    while chunk := stream.read(_CHUNK):
                        yield chunk
                        progress.advance(task, len(chunk))

            return self.call("POST", "/apps", params=dict(params), content=chunks())

    @contextmanager
    def streaming(
        self, path: str, params: Mapping[str, Any], quiet: float | None = 120
    ) -> Iterator[httpx.Response]:
        """Yield an answer that is read as it comes; `quiet` seconds without any and it is lost."""
        timeout = httpx.Timeout(120, read=quiet)
        with (
            self._reached(),
            self._http.stream("GET", path, params=dict(params), timeout=timeout) as answer,
        ):
            if not answer.is_success:
                answer.read()
                self.fail(REFUSED, _detail(answer))
            yield answer

    def tell(self, data: Any, text: str) -> None:
        """Say what was done: as JSON for machines, as text for people."""
        if self.as_json:
            typer.echo(json.dumps(data))
        else:
            self.console.print(plain(text), markup=False, soft_wrap=True)

    def table(
        self, data: Any, columns: Sequence[str], rows: Iterable[Sequence[object]], empty: str
    ) -> None:
        """Show rows, or say that there are none: as JSON the data itself."""
        if self.as_json:
            typer.echo(json.dumps(data))
            return
        table = Table()
        for column in columns:
            table.add_column(column, overflow="fold")
        for row in rows:
            table.add_row(*(escape(plain(str(cell))) for cell in row))
        self.console.print(table if table.row_count else empty)

    def warn(self, warnings: Iterable[Mapping[str, Any]]) -> None:
        """Say what somebody should look at; a program reads it in the answer."""
        if not self.as_json:
            self._list(warnings)

    def fail(self, code: int, detail: Mapping[str, Any]) -> NoReturn:
        """Say what was refused, with its problems, and end the command."""
        if self.as_json:
            typer.echo(json.dumps({"error": detail}))
            raise typer.Exit(code)
        text = str(detail.get("detail", "Refused"))
        # What begins with the name of something that was typed stays as it was typed.
        text = sentence(plain(text)) if code == REFUSED else plain(text)
        self._errors.print(f"[red]{escape(text)}[/]")
        self._list(detail.get("problems") or ())
        for error in detail.get("errors") or ():
            text = f"{error['path'] or 'settings'}: {error['message']}"
            self._errors.print(f"  {escape(plain(text))}")
        for step in detail.get("since") or ():
            self._errors.print(f"  {escape(plain(step))}")
        if detail.get("status") == 401:
            self._errors.print(f"  Set {TOKEN} to a token made with `token create`.")
        raise typer.Exit(code)

    def _list(self, problems: Iterable[Mapping[str, Any]]) -> None:
        for problem in problems:
            rule = f"  ({problem['rule']})" if problem.get("rule") else ""
            text = f"{place_of(problem)}  {problem['message']}{rule}  {problem['remedy']}"
            self._errors.print(f"  {escape(plain(text.strip()))}")

    @contextmanager
    def _reached(self) -> Iterator[None]:
        try:
            yield
        except httpx.TimeoutException:
            text = f"{self.url} did not answer in time. It is safe to run the command again."
            self.fail(UNREACHABLE, {"detail": text})
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            self.fail(UNREACHABLE, {"detail": f"{self.url} cannot be reached: {error}"})


def on_server(
    command: Callable[..., None], options: Sequence[inspect.Parameter] = ()
) -> Callable[..., None]:
    """Make a command of a function: its options name the server that the function gets first.

    Args:
        command: the function.
        options: what it takes by name, if its signature does not say that.
    """

    @functools.wraps(command)
    def run(*, server_url: str, as_json: bool, **given: Any) -> None:
        with Server(server_url, as_json) as server:
            command(server, **given)

    # What Typer is told that the command takes.
    hints = get_type_hints(command, include_extras=True)
    own = list(inspect.signature(command).parameters.values())[1:]
    named = [each for each in own if each.kind is not inspect.Parameter.VAR_KEYWORD]
    takes = [*(each.replace(annotation=hints[each.name]) for each in named), *options, *_SERVER]
    run.__signature__ = inspect.Signature(takes)  # type: ignore[attr-defined]
    run.__annotations__ = {each.name: each.annotation for each in takes}
    return run


_SERVER = (
    inspect.Parameter(
        "server_url", inspect.Parameter.KEYWORD_ONLY, default=LOCAL, annotation=ServerOption
    ),
    inspect.Parameter(
        "as_json", inspect.Parameter.KEYWORD_ONLY, default=False, annotation=JsonOption
    ),
)


def plain(text: str) -> str:
    """Return a text of somebody else's that does nothing to a terminal but fill it."""
    return "".join(
        character if character in "\n\t" or character.isprintable() else "�" for character in text
    )


def part(text: str) -> str:
    """Return a part of an address."""
    return quote(text, safe="")


def seen(revision: int | None) -> dict[str, int]:
    """Return what a request says of the revision that somebody saw, if they say it."""
    return {} if revision is None else {"base_revision": revision}


def when(at: str | None) -> str:
    """Return a time of the API for people, in UTC."""
    return f"{at[:10]} {at[11:16]}" if at else ""


def _detail(answer: httpx.Response) -> Mapping[str, Any]:
    try:
        found = answer.json()
    except ValueError:
        found = None
    if isinstance(found, dict):
        return found
    return {"status": answer.status_code, "detail": f"{answer.status_code}: {answer.text[:200]}"}
