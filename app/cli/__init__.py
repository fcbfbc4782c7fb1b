"""Graft's commands: `python -m app …`."""

from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import Any

import typer

Command = Callable[..., Any] | typer.Typer

# By what they are for: the name of each command, and the module here that has it. Operations have
# none of their own: `remote.activation` makes a command of what is declared of them.
_PANELS: Mapping[str, Mapping[str, str]] = {
    "Writing apps": {"new": "new", "check": "check", "package": "package", "keygen": "keygen"},
    "Running a server": {
        "serve": "serve",
        "build": "build",
        "fsck": "fsck",
        "backup": "backup",
        "restore": "backup",
        "user": "user",
        "session": "session",
        "token": "token",
    },
    "Deploying to a server (GRAFT_URL, GRAFT_TOKEN)": {
        "deploy": "remote.activation",
        "promote": "remote.activation",
        "rollback": "remote.activation",
        "preview": "remote.previews",
        "enable": "remote.activation",
        "disable": "remote.activation",
        "delete": "remote.activation",
        "undelete": "remote.activation",
    },
    "Managing its apps": {
        "apps": "remote.reading",
        "show": "remote.reading",
        "versions": "remote.reading",
        "diff": "remote.reading",
        "download": "remote.reading",
        "history": "remote.reading",
        "grant": "remote.sharing",
        "revoke": "remote.sharing",
        "visibility": "remote.sharing",
        "load-at-boot": "remote.activation",
        "folder-quota": "remote.activation",
        "settings": "remote.app_settings",
    },
    "Monitoring it": {
        "logs": "remote.watching",
        "errors": "remote.watching",
        "usage": "remote.watching",
        "folders": "remote.watching",
        "nodes": "remote.watching",
        "audit": "remote.watching",
    },
}


def create_cli(arguments: Sequence[str] = ()) -> typer.Typer:
    """The command that the first of the arguments names; all, by what they are for, if none does.

    Importing all of them takes five times as long as most of them run.
    """
    names = {name for commands in _PANELS.values() for name in commands}
    wanted = {*arguments[:1]} & names or names
    cli = typer.Typer(name="graft", no_args_is_help=True, pretty_exceptions_enable=False)
    cli.callback()(_graft)
    for panel, commands in _PANELS.items():
        for name, module in commands.items():
            if name in wanted:
                _add(cli, _command(name, module), panel)
    return cli


def _command(name: str, module: str) -> Command:
    found, name = import_module(f"app.cli.{module}"), name.replace("-", "_")
    command: Command = getattr(found, name, None) or found.command_of(name)
    return command


def _add(cli: typer.Typer, command: Command, panel: str) -> None:
    if isinstance(command, typer.Typer):
        cli.add_typer(command, rich_help_panel=panel)
    else:
        cli.command(rich_help_panel=panel)(command)


def _graft() -> None:
    """Graft, a modular monolith with hot code loading."""
