"""Others that show a saved change in an open page, as servers that run beside Graft."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import venv
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from app.frontend.toolchain import environment
from benchmarks.processes import ROOT, Server, free_port

HERE = Path(__file__).parent
REQUIREMENTS = ROOT / "requirements-bench.txt"
PLACE = ROOT / ".venv-bench"

_RXCONFIG = """import reflex as rx

config = rx.Config(
    app_name="blank",
    telemetry_enabled=False,
    frontend_compression_formats=["gzip"],
    plugins=[{plugins}],
)
"""
_PLUGINS = (
    "rx.plugins.SitemapPlugin(), rx.plugins.TailwindV4Plugin(), rx.plugins.RadixThemesPlugin()"
)


@dataclass(frozen=True)
class Peer:
    """Another framework that runs the small counter app.

    Attributes:
        name: what it is called in the table.
        source: the file that a developer edits.
        server: starts it.
        page: path of the app's page.
        slow: it takes a second or so, so it gets fewer samples.
    """

    name: str
    source: Path
    server: Callable[[], Server]
    page: str = "/"
    slow: bool = False


def ensure_installed(say: Callable[[str], None]) -> Path:
    """Install the pinned peers into an environment of their own; returns its `bin` folder."""
    stamp = PLACE / "installed.txt"
    wanted = REQUIREMENTS.read_text("utf-8")
    if not stamp.is_file() or stamp.read_text("utf-8") != wanted:
        say(f"Installing peers into {PLACE.name}")
        venv.create(PLACE, with_pip=True, clear=PLACE.exists())
        pip = [str(PLACE / "bin" / "pip"), "install", "--quiet", "-r", str(REQUIREMENTS)]
        subprocess.run(pip, check=True)
        stamp.write_text(wanted, "utf-8")
    return PLACE / "bin"


def streamlit(programs: Path, work: Path) -> Peer:
    """Streamlit, which runs the script again when it is saved."""
    folder = _folder(work, "streamlit")
    source = Path(shutil.copy(HERE / "streamlit_app.py", folder / "app.py"))

    def start() -> Server:
        port = free_port()
        command = [str(programs / "streamlit"), "run", source.name, "--server.runOnSave=true"]
        command += ["--server.headless=true", f"--server.port={port}"]
        command += ["--browser.gatherUsageStats=false", "--server.fileWatcherType=watchdog"]
        return _server(command, port, folder, work / "streamlit.log")

    return Peer("Streamlit", source, start)


def solara(programs: Path, work: Path) -> Peer:
    """Solara in development mode."""
    folder = _folder(work, "solara")
    source = Path(shutil.copy(HERE / "solara_app.py", folder / "app.py"))

    def start() -> Server:
        port = free_port()
        command = [str(programs / "solara"), "run", source.name, "--no-open", f"--port={port}"]
        return _server(command, port, folder, work / "solara.log")

    return Peer("Solara", source, start)


def reflex_development(work: Path) -> Peer:
    """Reflex's own development mode, with the toolchain that builds Graft's front end."""
    folder = reflex_project(work / "reflex", HERE / "reflex_app.py")
    source = folder / "blank" / "blank.py"

    def start() -> Server:
        front, back = free_port(), free_port()
        command = [sys.executable, "-m", "reflex", "run", "--env", "dev"]
        command += [f"--frontend-port={front}", f"--backend-port={back}"]
        return _server(command, front, folder, work / "reflex.log", reflex_environment(work))

    return Peer("Reflex, development mode", source, start, slow=True)


def blank_reflex(work: Path, app: Path) -> Server:
    """Start a Reflex app in production mode, front end and server on one port."""
    folder = reflex_project(work / "blank", app)
    port = free_port()
    command = [sys.executable, "-m", "reflex", "run", "--env", "prod", "--single-port"]
    command += [f"--frontend-port={port}", f"--backend-port={port}"]
    return _server(command, port, folder, work / "blank.log", reflex_environment(work))


def reflex_project(folder: Path, app: Path) -> Path:
    """Make a Reflex project of one module, as `reflex init` makes it; returns its folder."""
    package = folder / "blank"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    (folder / "assets").mkdir()
    (folder / "rxconfig.py").write_text(_RXCONFIG.format(plugins=_PLUGINS), "utf-8")
    shutil.copy(app, package / "blank.py")
    return folder


def reflex_environment(work: Path) -> dict[str, str]:
    """Return the environment of a build of Graft's front end, for another Reflex project."""
    env = environment(work / "tools")
    # It says "production", which is not so for all of them.
    env.pop("REFLEX_ENV_MODE", None)
    env.pop("PYTHONPATH", None)
    return env


def _folder(work: Path, name: str) -> Path:
    folder = work / name
    folder.mkdir(parents=True)
    return folder


def _server(
    command: list[str], port: int, folder: Path, log: Path, env: dict[str, str] | None = None
) -> Server:
    environment_ = dict(os.environ) if env is None else env
    # Peers need no farewell, and one of them does not take SIGTERM for an answer.
    return Server(command, f"http://localhost:{port}", folder, log, environment_, patient=False)
