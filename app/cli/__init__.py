"""Graft's commands: `python -m app …`."""

import typer

from app.cli.serve import serve


def create_cli() -> typer.Typer:
    """All commands, one function each."""
    cli = typer.Typer(
        name="graft", help="Graft, a modular monolith with hot code loading.", no_args_is_help=True
    )
    cli.callback()(_group)
    cli.command()(serve)
    return cli


def _group() -> None:
    """Graft, a modular monolith with hot code loading."""
