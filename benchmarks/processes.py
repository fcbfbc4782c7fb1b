"""Starting and stopping servers: each in a process group of its own, with its output in a file."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

ROOT = Path(__file__).parents[1]
POLL_SECONDS = 0.005


class DidNotStart(RuntimeError):
    """A server ended or did not answer in time; the message has the end of its output."""


def free_port() -> int:
    """Return a port that nothing listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Server:
    """A server process; `with` stops it and all that it started.

    Args:
        command: program and arguments.
        address: URL under which it answers.
        folder: where it runs.
        log: file for its output.
        env: its environment; default is this process's.
        patient: whether it gets time to stop by itself (some servers ignore SIGTERM).
    """

    def __init__(
        self,
        command: Sequence[str],
        address: str,
        folder: Path,
        log: Path,
        env: Mapping[str, str] | None = None,
        *,
        patient: bool = True,
    ) -> None:
        self.address = address
        self._log = log
        self._patient = patient
        self.started_at = time.perf_counter()
        with log.open("wb") as output:
            self._process = subprocess.Popen(
                command,
                cwd=folder,
                env=dict(os.environ if env is None else env),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        """Process id."""
        return self._process.pid

    def cpu_seconds(self) -> float:
        """Return the processor time that the process has used, its children's not included."""
        # The name of the program, in parentheses, may hold anything.
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def peak_memory(self) -> int:
        """Return the most bytes of memory that the process had since this was last asked."""
        process = Path(f"/proc/{self.pid}")
        lines = (process / "status").read_text().splitlines()
        peak = next(line for line in lines if line.startswith("VmHWM:"))
        (process / "clear_refs").write_text("5")
        return int(peak.split()[1]) * 1024

    def __enter__(self) -> Server:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def wait_for(self, path: str, seconds: float = 180) -> float:
        """Wait until GET `path` is answered with 200; returns seconds since the process started.

        Raises:
            DidNotStart: it ended, or time is over.
        """
        deadline = time.perf_counter() + seconds
        while time.perf_counter() < deadline:
            if self._process.poll() is not None:
                raise DidNotStart(f"{self._process.args!r} ended:\n{self.output()[-3000:]}")
            try:
                with urllib.request.urlopen(self.address + path, timeout=10) as answer:
                    answer.read()
                    return time.perf_counter() - self.started_at
            except (urllib.error.URLError, ConnectionError, TimeoutError):
                time.sleep(POLL_SECONDS)
        raise DidNotStart(f"{self._process.args!r} does not answer:\n{self.output()[-3000:]}")

    def output(self) -> str:
        """Return what it wrote so far."""
        return self._log.read_text("utf-8", errors="replace")

    def stop(self) -> None:
        """Stop the process and its children."""
        if self._patient and self._process.poll() is None:
            self._process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(12)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()


def graft(
    apps: Path, data: Path, *, checkout: Path = ROOT, env: Mapping[str, str] | None = None
) -> Server:
    """Start Graft as a developer does, on a folder of client apps."""
    port = free_port()
    data.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "app", "serve", "--dev", "--port", str(port)]
    command += ["--data", str(data), "--apps", str(apps)]
    environment = {**os.environ, **(env or {})}
    environment.pop("PYTHONPATH", None)
    return Server(
        command, f"http://localhost:{port}", checkout, data.parent / f"{data.name}.log", environment
    )


class Probe(Server):
    """Graft with a back door for measuring (benchmarks/probe.py); it does not watch the disk."""

    def __init__(self, apps: Path, data: Path, *, trace: bool = False) -> None:
        port = free_port()
        data.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-m", "benchmarks.probe", str(port), str(apps), str(data)]
        if trace:
            command.append("--trace")
        log = data.parent / f"{data.name}.log"
        super().__init__(command, f"http://localhost:{port}", ROOT, log)

    def ask(self, what: str, **arguments: Any) -> Any:
        """Call one of the functions of benchmarks/probe.py."""
        request = urllib.request.Request(
            f"{self.address}/_bench/{what}",
            data=json.dumps(arguments).encode(),
            headers={"content-type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=600) as answer:
            return json.load(answer)
