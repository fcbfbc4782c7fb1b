"""Graft's commands: `python -m app …`."""

import typer

from app.cli import build, check, fsck, keygen, new, package, remote, serve, token, user


def create_cli() -> typer.Typer:
    """All commands, one function each."""
    cli = typer.Typer(name="graft", no_args_is_help=True, pretty_exceptions_enable=False)
    cli.callback()(_graft)
    for command in (
        serve.serve,
        build.build,
        new.new,
        check.check,
        package.package,
        keygen.keygen,
        remote.deploy,
        remote.apps,
        remote.enable,
        remote.disable,
        remote.promote,
        remote.rollback,
        fsck.fsck,
    ):
        cli.command()(command)
    cli.add_typer(user.user, name="user")
    cli.add_typer(token.token, name="token")
    return cli


def _graft() -> None:
    """Graft, a modular monolith with hot code loading."""
