"""`python -m app serve`: builds the front end if needed and runs the server until told to stop."""

import contextlib
import time
from collections.abc import Iterator
from pathlib import Path
from socket import socket
from typing import Annotated, Any

import typer
from starlette.types import ASGIApp

from app.cli.progress import Reporter, reporter
from app.core.private import making_private, open_to_others
from app.frontend.build import ROOT, BuildFailed, ensure_built
from app.frontend.cache import in_use
from app.frontend.toolchain import ToolchainMissing
from app.kernel.errors import CoreError
from app.rules.installed import NoRequirements, required_by
from app.rules.rulebook import RulebookInvalid, rulebook
from app.server.identity.own_hosts import is_loopback
from app.server.identity.setup_link import write_setup_link
from app.server.process import garbage
from app.server.process.holding import Held, holding
from app.server.process.run import PortBusy, address_of, bind
from app.server.process.run import serve as run
from app.server.process.stopping import Stopping
from app.server.process.supervisor import tell_ready

BUSY_PORT = 2
FAILED = 1


def serve(
    dev: Annotated[
        bool, typer.Option("--dev", help="Sign every visitor in as a developer; show errors.")
    ] = False,
    host: Annotated[str, typer.Option(help="Interface to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(envvar="PORT", help="Port; 0 picks a free one.")] = 3000,
    data: Annotated[Path, typer.Option(help="Folder for all data that must be kept.")] = Path(
        "data"
    ),
    apps: Annotated[Path, typer.Option(help="Folder of client apps.")] = ROOT / "client_apps",
    allow_unsigned: Annotated[
        bool, typer.Option("--allow-unsigned", help="Accept packages that no trusted key signed.")
    ] = False,
    safe_mode: Annotated[
        bool, typer.Option("--safe-mode", help="Start without any client app.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON lines.")] = False,
) -> None:
    """Serve Graft."""
    began = time.monotonic()
    set_up: list[str] = []
    stopping = Stopping()

    def tell(address: str) -> None:
        if set_up:
            _tell_set_up(report, data.resolve(), f"{address}/setup/{set_up[-1]}")
        took = time.monotonic() - began
        report.step("Started", 1.0)
        report.result(
            "started",
            f"Graft runs at {address} (started in {took:.1f} s). Stop it with Ctrl-C.",
            address=address,
            seconds=round(took, 3),
        )
        tell_ready()

    # The port and the data folder first, before anything that takes time: one that is taken is the
    # most likely mistake.
    with (
        making_private(),
        garbage.resting(),
        reporter(as_json=as_json) as report,
        _bind(host, port, report) as listener,
        _holding(data.resolve(), listener, report),
    ):
        if dev and not is_loopback(listener.getsockname()[0]):
            text = "in development mode every visitor is a developer; others can reach this address"
            report.result("warning", f"Warning: {text}.", host=host)
        static = _front_end(report)
        with in_use(static.parent):
            report.step("Starting", None)
            application = _application(
                report,
                data=data.resolve(),
                apps=apps.resolve(),
                static=static,
                development=dev,
                allow_unsigned=allow_unsigned,
                safe_mode=safe_mode,
                host=host,
                on_set_up=set_up.append,
                stopping=stopping,
            )
            run(
                application,
                listener=listener,
                on_started=tell,
                on_stopping=stopping.begin,
            )
        report.result("stopped", "Stopped.")


def _bind(host: str, port: int, report: Reporter) -> socket:
    try:
        return bind(host, port)
    except PortBusy as error:
        report.problem(str(error))
        raise typer.Exit(BUSY_PORT) from error


@contextlib.contextmanager
def _holding(data: Path, listener: socket, report: Reporter) -> Iterator[None]:
    with contextlib.ExitStack() as stack:
        try:
            stack.enter_context(holding(data, address_of(listener)))
        except Held as error:
            report.problem(str(error))
            raise typer.Exit(FAILED) from error
        except OSError as error:
            report.problem(f"Graft cannot start with the data folder {data}: {error}.")
            raise typer.Exit(FAILED) from error
        for folder in open_to_others(data):
            text = f"Warning: others can read {folder}, which Graft does not own and cannot close."
            report.result("warning", text, folder=str(folder))
        yield


def _front_end(report: Reporter) -> Path:
    try:
        return ensure_built(report.step)
    except (BuildFailed, ToolchainMissing) as error:
        report.problem(str(error))
        raise typer.Exit(FAILED) from error


def _tell_set_up(report: Reporter, data: Path, link: str) -> None:
    # At the first start nobody has an account: whoever sees this console is the operator.
    path = write_setup_link(data, link)
    text = f"Nobody can sign in yet. Set Graft up at {link} (works once, for 24 hours)."
    report.result("set-up", text, link=link, file=str(path))


def _application(report: Reporter, *, data: Path, **settings: Any) -> ASGIApp:
    try:
        required_by(ROOT)
        rulebook(ROOT)
    except (NoRequirements, RulebookInvalid) as error:
        report.problem(f"Graft cannot start without its rules for apps: {error}.")
        raise typer.Exit(FAILED) from error
    # Imported only now: this loads all of Reflex, and what failed until here is told at once.
    from app.server.compose import create_server
    from app.server.settings import ServerSettings

    try:
        return create_server(ServerSettings(data=data, **settings))
    except (CoreError, OSError) as error:
        report.problem(f"Graft cannot start with the data folder {data}: {error}.")
        raise typer.Exit(FAILED) from error
