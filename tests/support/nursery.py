"""The process that dry runs of the tests' servers come from: what a server starts anew, forked.

    python -P -m tests.support.nursery <file descriptor of a listening Unix socket>

A server starts a process that imports all that packages may need, which takes longer than the rest
of its start. Here that is done once for all servers. It is a process of its own, and not the forge,
since a dry run must find nothing of a server. That a server starts such a process itself is tested
in `tests/unit/packages` and by the servers of the browser tests that start anew.
"""

from __future__ import annotations

import gc
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NoReturn

from app.cell.loading.warm import warm_up
from app.cell.process.environment import environment
from app.packages.trying import dry_run, dry_run_child

_BYTES = 4096


class Born:
    """A process that the nursery forked, as far as `app.packages.trying.dry_run` looks at it."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        # The nursery's children are reaped by the kernel, so the number may be another's later.
        self._handle = os.pidfd_open(pid)

    def __del__(self) -> None:
        os.close(self._handle)

    def poll(self) -> int | None:
        """Tell whether it ended; None while it runs."""
        return self._ended(0)

    def wait(self) -> int:
        """Wait for its end."""
        return self._ended(None) or 0

    def _ended(self, seconds: float | None) -> int | None:
        return 0 if select.select([self._handle], [], [], seconds)[0] else None


def use(nursery: str) -> None:
    """Let the dry runs of this process come from the nursery that listens at a path."""

    def spawn(folder: str, descriptor: int) -> Born:
        with socket.socket(socket.AF_UNIX) as line:
            line.connect(nursery)
            socket.send_fds(line, [folder.encode()], [descriptor, 2])
            return Born(int(line.recv(_BYTES)))

    # A `Born` has all that is asked of a Popen there.
    dry_run._spawn = spawn  # type: ignore[assignment]


def start(path: Path) -> subprocess.Popen[bytes]:
    """Start a nursery that listens at a path; it has no more of the environment than dry runs.

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
    with tempfile.TemporaryDirectory() as folder:
        warm_up(Path(folder), dry_run_child.CONTEXTS)
    dry_run_child.warm_up = lambda folder, packages: None
    gc.collect()
    gc.freeze()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    with socket.socket(fileno=descriptor) as listener:
        while True:
            line, _ = listener.accept()
            folder, descriptors, _, _ = socket.recv_fds(line, _BYTES, 2)
            pid = os.fork()
            if pid == 0:
                listener.close()
                line.close()
                _become(folder.decode(), *descriptors)
            for received in descriptors:
                os.close(received)
            line.send(str(pid).encode())
            line.close()


def _become(folder: str, control: int, errors: int) -> NoReturn:
    """Be what `app.packages.trying.dry_run_child` is when it has imported everything."""
    status = 1
    try:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        os.setsid()
        os.chdir(folder)
        os.environ |= {
            "HOME": folder,
            "TMPDIR": folder,
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONUNBUFFERED": "1",
        }
        tempfile.tempdir = None
        os.dup2(errors, 2)
        os.close(errors)
        dry_run_child.main(control)
        status = 0
    except BaseException:
        import traceback

        traceback.print_exc()
    finally:
        os._exit(status)


if __name__ == "__main__":
    main(int(sys.argv[1]))
