"""Commands that work on the data folder itself, whether a server runs on it or not."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Annotated, TypeVar

import typer

from app.cli.refusal import refuse
from app.core import accounts
from app.core.accounts import Organisation
from app.core.beside import BesideServer
from app.core.context import Core
from app.core.opening import open_core
from app.core.private import making_private
from app.kernel.errors import CoreError, Invalid

T = TypeVar("T")

Data = Annotated[Path, typer.Option(help="Data folder of the server.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Remote = Annotated[
    str,
    typer.Option(
        "--server",
        metavar="URL",
        help="Use this server's API (token in GRAFT_TOKEN) instead of the data folder.",
    ),
]
DATA = Path("data")


def on_data(data: Path, as_json: bool, work: Callable[[Core], Awaitable[T]]) -> T:
    """Return `work(core)` with the core of the data folder; tell what is refused, and exit.

    A server that runs on it hears of what is changed.
    """
    if not data.is_dir():
        refuse(
            f"there is no folder {data}: name the server's data folder with --data", as_json=as_json
        )

    async def run() -> T:
        core = open_core(data, os.environ, bus=BesideServer(data))
        try:
            return await work(core)
        finally:
            await core.close()

    try:
        with making_private():
            return asyncio.run(run())
    except CoreError as error:
        refuse(str(error), as_json=as_json)


def tell(text: str, values: Mapping[str, object], *, as_json: bool) -> None:
    """Say what came out: `text` to a person, `values` to a program."""
    typer.echo(json.dumps(values) if as_json else text)


async def find_organisation(core: Core, name: str | None, *, create: bool = False) -> Organisation:
    """Return the organisation with this name or id; without one, the only one there is.

    Raises:
        Invalid: there is none, or there are several; the message lists them.
    """
    known = await accounts.all_organisations(core)
    found = [one for one in known if name is None or name in (one.id, one.name)]
    if len(found) == 1:
        return found[0]
    if not found and name is not None and create:
        return await accounts.create_organisation(core, name)
    names = ", ".join(one.name for one in known) or "none"
    raise Invalid(f"choose an organisation with --organisation; there are: {names}")
