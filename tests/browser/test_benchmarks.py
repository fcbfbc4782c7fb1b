"""The benchmarks of the production path run from end to end, with few samples."""

from __future__ import annotations

import importlib
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest
import structlog

from benchmarks import __main__ as benchmarks
from benchmarks import processes
from tests.support import servers
from tests.support.servers import Forge

MEASURES = {
    "deploy": "Deploy → visible",
    "promote": "Promote, roll back → visible",
    "first_opening": "First opening of an app",
    "fan_out": "Promote with many open pages",
}


class Forged(processes.Server):
    """A server as the measures use it, whose process was made quickly."""

    def __init__(self, forge: Forge, data: Path) -> None:
        self._log = data.parent / f"{data.name}.log"
        self._log.unlink(missing_ok=True)
        arguments = ("serve", "--json", "--allow-unsigned", "--port", "0", "--data", str(data))
        self._running = servers.Server(
            forge.start(arguments, errors=self._log, built=True), self._log
        )
        self.address = self._running.address

    @property
    def pid(self) -> int:
        return self._running.command.pid

    def wait_for(self, path: str, seconds: float = 180) -> float:
        with self._running.http() as http:
            while not http.get(path).is_success:
                # Asked all the time it would have less time to get ready.
                time.sleep(10 * processes.POLL_SECONDS)
        return 0.0

    def stop(self) -> None:
        self._running.stop()


@pytest.fixture
def _forged(forge: Forge, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let the measures' servers come from the forge: six, which start for nothing but samples."""
    for name in MEASURES:
        measure = importlib.import_module(f"benchmarks.measures.{name}")
        monkeypatch.setattr(measure, "production", partial(Forged, forge))
    configured = structlog.get_config()
    yield
    structlog.configure(**configured)


@pytest.mark.usefixtures("_forged")
def test_the_measures_run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["benchmarks", "--quick", "--only", *MEASURES])
    # In a thread of its own: another browser's loop may run in this one.
    with ThreadPoolExecutor(1) as thread:
        status = thread.submit(benchmarks.main).result()
    said = capsys.readouterr()
    assert status == 0, said.out + said.err
    for title in MEASURES.values():
        _, _, written = said.out.partition(title)
        assert "samples" in written, said.out
