"""How a command that works on this machine says that it cannot do what was asked."""

from __future__ import annotations

import json
from typing import NoReturn

import typer
from rich.console import Console
from rich.markup import escape

FAILED = 1


def refuse(text: str, *, as_json: bool, status: int = FAILED) -> NoReturn:
    """Say what is wrong, to a person on standard error or to a program as JSON, and end.

    Args:
        text: what is wrong, and what to do.
        as_json: whether a program reads it.
        status: the exit status.

    Raises:
        typer.Exit: always.
    """
    if as_json:
        typer.echo(json.dumps({"error": text}))
    else:
        Console(stderr=True, highlight=False, soft_wrap=True).print(
            f"[red]error:[/] {escape(text)}"
        )
    raise typer.Exit(status)
