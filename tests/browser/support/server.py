"""A Graft server in a process of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from urllib.parse import urlsplit

ROOT = Path(__file__).parents[3]
START_SECONDS = 1200  # a first build of the front end included
STOP_SECONDS = 60


class Server:
    """`python -m app serve` on a free port.

    Args:
        apps: folder of client apps.
        data: data folder.
        log: file that gets what the server writes.
        dev: whether it runs in development mode.
        port: 0 takes any free one.
        options: further ones of `serve`.
        environment: variables besides those of the tests.

    Attributes:
        address: where it answers.
        set_up_link: the link that a production server prints at its first start, else "".
    """

    def __init__(
        self,
        apps: Path,
        data: Path,
        log: Path,
        *,
        dev: bool = True,
        port: int = 0,
        options: Sequence[str] = (),
        environment: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self._environment = environment
        self.log = log
        self.set_up_link = ""
        self._arguments = [*options, "--apps", str(apps), "--data", str(data)]
        if dev:
            self._arguments.append("--dev")
        self._start(port)

    def restart(self, while_down: Callable[[], object] = lambda: None) -> None:
        """Stop it as an operator would, and start it again at the same address."""
        self.stop()
        while_down()
        self._start(urlsplit(self.address).port or 0)

    def _start(self, port: int) -> None:
        self.address = ""
        self._steps: list[str] = []
        self._log = self.log.open("ab")
        self._process = subprocess.Popen(
            [
                *(sys.executable, "-m", "app", "serve", "--json", "--port", str(port)),
                *self._arguments,
            ],
            cwd=ROOT,
            env={
                **os.environ,
                "PYTHONUNBUFFERED": "1",
                "PYTHONFAULTHANDLER": "1",
                **self._environment,
            },
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
        )
        self._started = threading.Event()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        if not self._started.wait(START_SECONDS) or not self.address:
            self.stop()
            raise RuntimeError("\n".join([*self._steps, *self.written().splitlines()[-40:]]))

    def _read(self) -> None:
        for line in self._process.stdout or ():
            self._log.write(line.encode())
            self._log.flush()
            try:
                message = json.loads(line)
            except ValueError:
                continue
            self._steps.append(line.rstrip())
            if message.get("event") == "set-up":
                self.set_up_link = message["link"]
            if message.get("event") == "started":
                self.address = message["address"]
                self._started.set()
        self._started.set()

    def written(self) -> str:
        """Return everything that the server wrote."""
        return self.log.read_text("utf-8", "replace")

    def stop(self) -> int:
        """Stop it as an operator would; returns its exit code."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                # With PYTHONFAULTHANDLER it writes where each thread is.
                self._process.send_signal(signal.SIGABRT)
                self._process.wait()
                raise AssertionError(self.written()[-8000:]) from None
        self._reader.join(STOP_SECONDS)
        assert not self._reader.is_alive(), f"what it started outlives it: {self._arguments}"
        self._log.close()
        if self._process.stdout is not None:
            self._process.stdout.close()
        return self._process.returncode
