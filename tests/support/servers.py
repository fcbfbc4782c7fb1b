"""Servers in production mode, each a process of its own that runs `python -m app serve`."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, TextIO

import httpx

from app.server.identity.cookies import SESSION_COOKIE
from tests.support import nursery
from tests.support.forge import ROOT, Job
from tests.unit.server.raw_socket import RawSocket

PATIENCE = 180  # seconds; only a failing test waits that long


@dataclass(frozen=True)
class Finished:
    """A command that ended: its exit status, and the lines of JSON that it wrote."""

    status: int
    lines: tuple[dict[str, Any], ...]


class Command:
    """A process that runs a command.

    Args:
        pid: its number.
        output: opens what it writes; ends when nobody is left who could write.
        ending: gets its exit status.
    """

    def __init__(self, pid: int, output: Callable[[], TextIO], ending: queue.Queue[int]) -> None:
        self.pid = pid
        self._ending = ending
        self._status: int | None = None
        self._lines: queue.Queue[str | None] = queue.Queue()
        threading.Thread(target=self._read, args=(output,), daemon=True).start()

    def line(self, patience: float = PATIENCE) -> dict[str, Any] | None:
        """Return the next line of JSON that it writes; None when it wrote its last."""
        line = self._lines.get(timeout=patience)
        return None if line is None else json.loads(line)

    def rest(self) -> str:
        """Return all that it writes from now on, when it wrote its last."""
        return "".join(iter(partial(self._lines.get, timeout=PATIENCE), None))

    def status(self, patience: float = PATIENCE) -> int:
        """Wait for its end; return the exit status, negative for a signal.

        Raises queue.Empty when it does not end in so many seconds.
        """
        if self._status is None:
            self._status = self._ending.get(timeout=patience)
        return self._status

    def finish(self) -> Finished:
        """Wait for its end, and return what it wrote."""
        lines = tuple(iter(self.line, None))
        return Finished(self.status(), lines)

    def signal(self, number: int) -> None:
        """Send a signal, unless it ended."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, number)

    def _read(self, output: Callable[[], TextIO]) -> None:
        with output() as lines:
            for line in lines:
                self._lines.put(line)
        self._lines.put(None)


def start_anew(
    arguments: Sequence[str], *, errors: Path, environment: Mapping[str, str] | None = None
) -> Command:
    """Run `python -m app <arguments>` as people do; the forge does the same, but for the imports.

    What it writes to standard error is added to a file.
    """
    with errors.open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "app", *arguments],
            cwd=ROOT,
            env={
                **os.environ,
                "PYTHONUNBUFFERED": "1",
                "PYTHONFAULTHANDLER": "1",
                **(environment or {}),
            },
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
    output, ending = process.stdout, queue.Queue[int]()
    assert output is not None
    threading.Thread(target=lambda: ending.put(process.wait()), daemon=True).start()
    return Command(process.pid, lambda: output, ending)


class Forge:
    """Makes processes quickly, see `forge.py`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._static = _front_end(folder / "front")
        self._nursery = folder / "nursery"
        self._dry_runs = nursery.start(self._nursery)
        self._count = 0
        self._pids: queue.Queue[int] = queue.Queue()
        self._endings: dict[int, queue.Queue[int]] = {}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.forge"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        threading.Thread(target=self._read, daemon=True).start()

    def start(
        self,
        arguments: Sequence[str],
        *,
        errors: Path,
        point: str = "",
        environment: Mapping[str, str] | None = None,
        built: bool = False,
        folder: Path | None = None,
    ) -> Command:
        """Run `python -m app <arguments>`; what it writes to standard error goes to a file.

        With `built` a server has the front end that was built, else a stand-in. It runs in
        `folder`, by default that of the repository.
        """
        self._count += 1
        output = self._folder / f"output-{self._count}"
        os.mkfifo(output)
        job = Job(
            arguments=tuple(arguments),
            output=str(output),
            errors=str(errors),
            static="" if built else str(self._static),
            nursery=str(self._nursery),
            point=point,
            environment=dict(environment or {}),
            folder=str(folder or ROOT),
        )
        assert self._process.stdin is not None
        self._process.stdin.write(f"{job.as_json()}\n")
        self._process.stdin.flush()
        pid = self._pids.get(timeout=PATIENCE)
        return Command(pid, output.open, self._endings[pid])

    def close(self) -> None:
        """End everything."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()
        self._dry_runs.kill()
        self._dry_runs.wait()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            told = json.loads(line)
            if "pid" in told:
                self._endings[told["pid"]] = queue.Queue()
                self._pids.put(told["pid"])
            elif "ended" in told:
                self._endings[told["ended"]].put(told["status"])


class Server:
    """A running server.

    Attributes:
        address: where it answers.
        set_up_link: what it printed for whoever sets it up, "" if nothing.
        log: file with what it wrote to standard error.
    """

    def __init__(self, command: Command, log: Path) -> None:
        self.command = command
        self.log = log
        self.address = self.set_up_link = ""
        while (line := command.line()) is not None:
            if line["event"] == "set-up":
                self.set_up_link = line["link"]
            if line["event"] == "started":
                self.address = line["address"]
                return
        raise AssertionError(f"exit {command.status()}\n{log.read_text()}")

    def http(self, login: str = "", **headers: str) -> httpx.Client:
        """Return a browser with the cookie of a login, or one that has none."""
        cookies = {SESSION_COOKIE: login} if login else {}
        return httpx.Client(
            base_url=self.address, cookies=cookies, headers=headers, timeout=180, verify=False
        )

    def socket(self, login: str, token: str) -> RawSocket:
        """Open a tab of whoever has the login."""
        return RawSocket(self.address, token, Cookie=f"{SESSION_COOKIE}={login}")

    def logged(self) -> str:
        """Return what it wrote to standard error."""
        return self.log.read_text("utf-8", "replace")

    def modules(self) -> set[str]:
        """Return the names of all modules that it has loaded."""
        self.command.signal(signal.SIGUSR1)
        while (line := self.command.line()) is not None:
            if line["event"] == "modules":
                return set(line["names"])
        raise AssertionError(self.logged())

    def stop(self) -> int:
        """Stop it as an operator would; return its exit status."""
        self.command.signal(signal.SIGTERM)
        return self.command.status()

    def kill(self) -> None:
        """Kill it."""
        self.command.signal(signal.SIGKILL)
        self.command.status()


@contextlib.contextmanager
def serving(
    forge: Forge,
    data: Path,
    *options: str,
    point: str = "",
    environment: Mapping[str, str] | None = None,
    logs: Path | None = None,
    log: Path | None = None,
) -> Iterator[Server]:
    """Run a server on a data folder inside the `with` statement; it is killed at the end.

    What it logs goes to a file beside the data folder, or in the folder `logs`, or to `log`.
    """
    arguments = ("serve", "--json", "--port", "0", "--data", str(data), *options)
    log = log or (logs or data.parent) / f"{data.name}.log"
    command = forge.start(arguments, errors=log, point=point, environment=environment)
    try:
        yield Server(command, log)
    finally:
        command.signal(signal.SIGKILL)
        command.status()


def _front_end(folder: Path) -> Path:
    """Stand for a built front end: these tests look at no page."""
    static = folder / "static"
    static.mkdir(parents=True)
    (folder / "backend").mkdir()
    (folder / "backend" / "stateful_pages.json").write_text("[]")
    (static / "index.html").write_text("launcher")
    (static / "__spa-fallback.html").write_text("drawn in the browser")
    return static
