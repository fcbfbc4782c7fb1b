"""A machine with a systemd of its own: namespaces of this one, which only root can make."""

from __future__ import annotations

import contextlib
import ctypes
import os
import subprocess
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from tests.release.installation import PATIENCE

T = TypeVar("T")

BOOT = Path(__file__).with_name("boot.sh")
NAMESPACES = ("--mount", "--net", "--pid", "--ipc", "--uts", "--cgroup", "--fork", "--kill-child")
PATH = "/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_CLONE_NEWNET = 0x40000000


class Machine:
    """A booted machine.

    Attributes:
        root: its files, seen from here.
        srv: what is `/srv` there.
    """

    def __init__(self, first: int, folder: Path) -> None:
        self.root = Path(f"/proc/{first}/root")
        self.srv = folder / "srv"
        self._enter = ("nsenter", f"--target={first}", "--all", "--root", "--wdns=/srv")
        self._inside = ThreadPoolExecutor(1, initializer=_join_network, initargs=(first,))

    def run(self, *command: str, check: bool = True) -> str:
        """Run a command there, in `/srv`, as root; return all that it writes."""
        done = subprocess.run(
            [*self._enter, "env", "-i", f"PATH={PATH}", "HOME=/root", *command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        assert done.returncode == 0 or not check, done.stdout
        return done.stdout

    def type(self, script: str) -> str:
        """Type commands into a shell there, of which none may fail; return what they write."""
        return self.run("bash", "-euo", "pipefail", "-c", script)

    def wait_for(self, told: str, *command: str) -> None:
        """Run a command there until it writes these words."""
        until = time.monotonic() + PATIENCE
        found = ""
        while time.monotonic() < until:
            found = self.run(*command, check=False)
            if found.split() == told.split():
                return
            time.sleep(0.1)
        raise AssertionError(found)

    def visit(self, work: Callable[[], T]) -> T:
        """Do something with its network in place of ours."""
        return self._inside.submit(work).result(PATIENCE)

    def shut(self) -> None:
        """Forget it."""
        self._inside.shutdown()


def _join_network(pid: int) -> None:
    # Of this thread alone.
    libc = ctypes.CDLL(None, use_errno=True)
    descriptor = os.open(f"/proc/{pid}/ns/net", os.O_RDONLY)
    try:
        if libc.setns(descriptor, _CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), "setns")
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def booted(folder: Path) -> Iterator[Machine]:
    """Boot a machine inside the `with` statement; it has no network but its own.

    Args:
        folder: holds what is `/opt` and `/srv` there.
    """
    for name in ("opt", "srv"):
        (folder / name).mkdir(exist_ok=True)
    command = ["unshare", *NAMESPACES, "sh", str(BOOT), str(folder)]
    with subprocess.Popen(command, stdin=subprocess.DEVNULL) as process:
        try:
            machine = Machine(_first_child(process), folder)
            machine.wait_for("active", "systemctl", "is-active", "basic.target")
            yield machine
            machine.shut()
        finally:
            process.kill()


def _first_child(process: subprocess.Popen[bytes]) -> int:
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    while not (found := children.read_text().split()):
        assert process.poll() is None
    return int(found[0])
