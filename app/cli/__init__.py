"""Graft's commands: `python -m app …`."""

import typer

from app.cli.check import check
from app.cli.new import new
from app.cli.serve import serve


def create_cli() -> typer.Typer:
    """All commands, one function each."""
    cli = typer.Typer(
        name="graft", help="Graft, a modular monolith with hot code loading.", no_args_is_help=True
    )
    cli.callback()(_group)
    cli.command()(serve)
    cli.command()(new)
    cli.command()(check)
    return cli


def _group() -> None:
    """Graft, a modular monolith with hot code loading."""
