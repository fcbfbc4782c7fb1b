"""The process that cells of the tests' servers come of, those of dry runs among them: what a server
starts anew, forked.

    python -P -m tests.support.nursery <file descriptor of a listening Unix socket>

A server starts a process that imports all that apps may need, which takes longer than the rest of
its start. Here that is done once for all servers. It is a process of its own, and not the forge,
since a cell must find nothing of a server. That a server starts such a process itself is tested in
`tests/unit/node/cells`, `tests/unit/packages` and by the servers of `tests/release`.
"""

from __future__ import annotations

import gc
import importlib
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any, NoReturn

from app.cell.loading.warm import warm_up
from app.cell.process import zygote
from app.cell.process.environment import environment
from app.cell.process.protocol import Start
from app.node.cells import zygote as host
from app.node.cells.processes import ENTRY
from app.packages.trying.dry_run import CONTEXTS, WARDEN

_BYTES = 4096


class Born:
    """A process that the nursery forked, as far as `app.node.cells.zygote` looks at it."""

    returncode = None

    def __init__(self, pid: int) -> None:
        self.pid = pid
        # The nursery's children are reaped by the kernel, so the number may be another's later.
        self._handle = os.pidfd_open(pid)

    def __del__(self) -> None:
        os.close(self._handle)

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end."""
        if not select.select([self._handle], [], [], timeout)[0]:
            raise subprocess.TimeoutExpired([], timeout or 0)
        return 0


def use(nursery: str) -> None:
    """Let the cells of this process come from the nursery that listens at a path."""
    host._spawn = spawning(nursery)


def spawning(nursery: str) -> Any:
    """Return what takes the place of the function that starts a process which cells come of."""

    def spawn(start: Start, descriptor: int) -> Born:
        with socket.socket(socket.AF_UNIX) as line:
            line.connect(nursery)
            socket.send_fds(line, [start.as_bytes()], [descriptor, 2])
            return Born(int(line.recv(_BYTES)))

    # A `Born` has all that is asked of a Popen there.
    return spawn


def start(path: Path) -> subprocess.Popen[bytes]:
    """Start a nursery that listens at a path; it has no more of the environment than cells.

    Who asks at once waits until it is ready.
    """
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen(64)
        return subprocess.Popen(
            [sys.executable, "-P", "-m", "tests.support.nursery", str(listener.fileno())],
            cwd=path.parent,
            env=environment(str(path.parent)),
            pass_fds=(listener.fileno(),),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
        )


def main(descriptor: int) -> None:
    """Fork a process for each connection, until killed."""
    for module in (WARDEN, ENTRY):
        importlib.import_module(module)
    with tempfile.TemporaryDirectory() as folder:
        warm_up(Path(folder), CONTEXTS)
    gc.collect()
    gc.freeze()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    with socket.socket(fileno=descriptor) as listener:
        while True:
            line, _ = listener.accept()
            start, descriptors, _, _ = socket.recv_fds(line, _BYTES, 2)
            pid = os.fork()
            if pid == 0:
                listener.close()
                line.close()
                _become(Start.from_text(start.decode()), *descriptors)
            for received in descriptors:
                os.close(received)
            line.send(str(pid).encode())
            line.close()


def _become(start: Start, control: int, errors: int) -> NoReturn:
    """Be a zygote that has everything imported."""
    status = 1
    try:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        os.setsid()
        os.chdir("/")
        os.environ |= environment("/")
        os.dup2(errors, 2)
        os.close(errors)
        zygote.main(socket.socket(fileno=control), replace(start, warm=False))
        status = 0
    except BaseException:
        import traceback

        traceback.print_exc()
    finally:
        os._exit(status)


if __name__ == "__main__":
    main(int(sys.argv[1]))
