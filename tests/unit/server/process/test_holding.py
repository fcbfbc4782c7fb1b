"""One server holds a data folder."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from app.core.private import LOCK
from app.frontend.build import ROOT
from app.server.process.holding import Held, holding

ADDRESS = "http://localhost:3000"
HOLDER = """
import subprocess, sys
from pathlib import Path
from app.server.process.holding import holding
import os

with holding(Path(sys.argv[1]), "http://localhost:3000"):
    if os.fork() == 0:
        print("forked", flush=True)  # from the child: it has let go of the lock by now
        sys.stdin.read()
        os._exit(0)
    sys.stdin.read()
"""


@contextmanager
def another_server(data: Path) -> Iterator[subprocess.Popen[str]]:
    """A process that holds the folder, with a child that it forked; both end when told nothing."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(data)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stdout is not None
        assert process.stdout.readline()
        yield process


def test_the_second_server_is_told_who_has_the_folder_and_what_to_do(tmp_path: Path) -> None:
    with another_server(tmp_path) as other:
        with pytest.raises(Held) as refused, holding(tmp_path, "http://localhost:4000"):
            pass
        text = str(refused.value)
        assert str(tmp_path) in text
        assert f"process {other.pid} on " in text
        assert f"at {ADDRESS}. Stop it, or name another with --data." in text
        assert " UTC" in text


def test_a_killed_server_leaves_nothing_behind_even_if_what_it_forked_lives(tmp_path: Path) -> None:
    with another_server(tmp_path) as other:
        other.send_signal(signal.SIGKILL)
        other.wait()
        with holding(tmp_path, ADDRESS):
            assert f'"pid": {os.getpid()}' in (tmp_path / LOCK).read_text()


def test_it_can_be_held_again_after_an_end_in_order(tmp_path: Path) -> None:
    for _ in range(2):
        with holding(tmp_path / "new", ADDRESS):
            pass


def test_nothing_is_closed_in_a_fork_that_is_not_the_lock(tmp_path: Path) -> None:
    with holding(tmp_path, ADDRESS):
        pass
    descriptor = os.open(tmp_path / "other", os.O_CREAT | os.O_WRONLY)  # likely the same number
    child = os.fork()
    if child == 0:
        os._exit(0 if os.write(descriptor, b"x") else 1)
    assert os.waitpid(child, 0)[1] == 0
    os.close(descriptor)


def test_who_has_it_may_be_unknown(tmp_path: Path) -> None:
    with another_server(tmp_path):
        (tmp_path / LOCK).write_text("half a line")
        with pytest.raises(Held, match="another process is using it"), holding(tmp_path, ADDRESS):
            pass
