"""A Graft server in a process of its own."""

from __future__ import annotations

import json
import queue
import signal
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

from tests.support.servers import Command, Forge, start_anew

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
        forge: makes its process quickly; without one it starts as people start it.

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
        forge: Forge | None = None,
    ) -> None:
        self._environment = environment
        self._forge = forge
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
        self._command = self._begin(("serve", "--json", "--port", str(port), *self._arguments))
        self._told: list[str] = []
        while (step := self._command.line(START_SECONDS)) is not None:
            self._told.append(json.dumps(step))
            if step["event"] == "set-up":
                self.set_up_link = step["link"]
            if step["event"] == "started":
                self.address = step["address"]
                return
        raise RuntimeError("\n".join(self.written().splitlines()[-60:]))

    def _begin(self, arguments: Sequence[str]) -> Command:
        about: dict[str, Any] = {"errors": self.log, "environment": self._environment}
        if self._forge is None:
            return start_anew(arguments, **about)
        return self._forge.start(arguments, built=True, **about)

    def written(self) -> str:
        """Return everything that the server wrote."""
        return "\n".join([*self._told, self.log.read_text("utf-8", "replace")])

    def stop(self) -> int:
        """Stop it as an operator would; returns its exit code."""
        self._command.signal(signal.SIGTERM)
        try:
            status = self._command.status(STOP_SECONDS)
        except queue.Empty:
            # It then writes where each of its threads is.
            self._command.signal(signal.SIGABRT)
            self._command.status()
            raise AssertionError(self.written()[-8000:]) from None
        try:
            self._command.rest()
        except queue.Empty:
            raise AssertionError(f"what it started outlives it: {self._arguments}") from None
        return status
