"""Graft's commands: `python -m app …`."""

from collections.abc import Callable, Mapping
from typing import Any

import typer

from app.cli import backup, build, check, fsck, keygen, new, package, serve, session, token, user
from app.cli.remote import access, activation, previews, reading, settings, watching

Command = Callable[..., Any] | typer.Typer

_PANELS: Mapping[str, tuple[Command, ...]] = {
    "Writing apps": (new.new, check.check, package.package, keygen.keygen),
    "Running a server": (
        serve.serve,
        build.build,
        fsck.fsck,
        backup.backup,
        backup.restore,
        user.user,
        session.session,
        token.token,
    ),
    "Deploying to a server (GRAFT_URL, GRAFT_TOKEN)": (
        activation.deploy,
        activation.promote,
        activation.rollback,
        previews.preview,
        activation.enable,
        activation.disable,
        activation.delete,
        activation.undelete,
    ),
    "Looking after its apps": (
        reading.apps,
        reading.show,
        reading.versions,
        reading.diff,
        reading.download,
        reading.history,
        access.grant,
        access.revoke,
        access.visibility,
        access.load_at_boot,
        settings.settings,
    ),
    "Watching it": (
        watching.logs,
        watching.errors,
        watching.usage,
        watching.nodes,
        watching.audit,
    ),
}


def create_cli() -> typer.Typer:
    """All commands, by what they are for."""
    cli = typer.Typer(name="graft", no_args_is_help=True, pretty_exceptions_enable=False)
    cli.callback()(_graft)
    for panel, commands in _PANELS.items():
        for command in commands:
            if isinstance(command, typer.Typer):
                cli.add_typer(command, rich_help_panel=panel)
            else:
                cli.command(rich_help_panel=panel)(command)
    return cli


def _graft() -> None:
    """Graft, a modular monolith with hot code loading."""
