"""What native code in a confined process tries, with all layers and with each one alone."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from app.cell.confinement.calls import ARCHITECTURES
from app.cell.confinement.confinement import Confinement
from tests.unit.cell.confinement.conftest import Confined
from tests.unit.cell.confinement.kernel import offered_layers

pytestmark = pytest.mark.skipif(
    not {"landlock", "seccomp"} <= offered_layers() or os.geteuid() != 0,
    reason="needs a kernel with all layers, and root, to whom else everything is allowed",
)

NUMBERS = ARCHITECTURES.get(platform.machine(), ARCHITECTURES["x86_64"]).numbers


@dataclass(frozen=True)
class Victim:
    """A process of somebody else, and files that are not the app's."""

    pid: int
    secret: Path
    own: Path


@pytest.fixture
def victim(tmp_path: Path) -> Iterator[Victim]:
    """One that has a secret in its memory, its environment and an open file."""
    secret = tmp_path / "secret.key"
    secret.write_text("hush")
    (own := tmp_path / "own").mkdir()
    code = f"kept = open({str(secret)!r}); print(flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        yield Victim(process.pid, secret, own)
        process.kill()


# What is tried -> code that says whether it was refused, and which layers refuse it by themselves.
ATTEMPTS = {
    "read its environment": ("opens(f'/proc/{pid}/environ')", {"landlock"}),
    "read its memory": ("opens(f'/proc/{pid}/mem')", {"landlock"}),
    "use what it has open": ("opens(f'/proc/{pid}/fd/3')", {"landlock"}),
    "look through its root": ("opens(f'/proc/{pid}/root{secret}')", {"landlock"}),
    "read a key": ("opens(secret)", {"landlock"}),
    "read a key by a link": ("linked(secret, own)", {"landlock"}),
    "read a key by going up": ("opens(f'{own}/../secret.key')", {"landlock"}),
    "attach to it": ("call('ptrace', 0x4206, pid, 0, 0)", {"landlock", "seccomp"}),
    "read its memory by a call": (
        "call('process_vm_readv', pid, part, 1, part, 1, 0)",
        {"landlock", "seccomp"},
    ),
    "take a descriptor of it": (
        "call('pidfd_getfd', os.pidfd_open(pid), 0, 0)",
        {"landlock", "seccomp"},
    ),
    "kill it": ("call('kill', pid, 0)", {"landlock", "seccomp"}),
    "kill it by a handle": (
        "call('pidfd_send_signal', os.pidfd_open(pid), 0, 0, 0)",
        {"landlock", "seccomp"},
    ),
    "make it wait": ("call('setpriority', 0, pid, 19)", {"seccomp"}),
    "put it on another processor": ("call('sched_setaffinity', pid, 8, affinity)", {"seccomp"}),
    "change its limits": ("call('prlimit64', pid, 7, limit, 0)", {"seccomp"}),
    "have namespaces of its own": ("call('unshare', 0x10000000)", {"seccomp"}),
    "mount": ("call('mount', b'none', own.encode(), b'tmpfs', 0, 0)", {"landlock", "seccomp"}),
    "have another root": ("call('chroot', own.encode())", {"seccomp"}),
    "use the kernel's queue": ("call('io_uring_setup', 8, queue)", {"seccomp"}),
    "make a file to run": ("call('memfd_create', b'x', 0)", {"seccomp"}),
    "run a program": ("runs('/bin/true')", {"landlock", "seccomp"}),
    "make a process": ("call('clone', 17, 0, 0, 0, 0)", {"seccomp"}),
    "have a socket of the kernel's": ("call('socket', 16, 3, 0)", {"seccomp"}),
    "have a raw socket": ("call('socket', 2, 3, 1)", {"seccomp"}),
}

CODE = """
import ctypes, errno, os, struct
libc = ctypes.CDLL(None, use_errno=True)
numbers, pid, secret, own = {values}
queue, limit = ctypes.create_string_buffer(120), ctypes.create_string_buffer(16)
affinity = ctypes.create_string_buffer(b"\\x01", 8)
part = ctypes.create_string_buffer(struct.pack("PN", ctypes.addressof(queue), 8), 16)
limit.raw = bytes([100, 0, 0, 0, 0, 0, 0, 0] * 2)

def call(name, *arguments):
    if libc.syscall(numbers[name], *arguments) >= 0:
        return False
    return ctypes.get_errno() in (errno.EPERM, errno.EACCES)

def opens(path):
    return libc.open(path.encode(), os.O_RDONLY) < 0 and ctypes.get_errno() in (1, 13)

def linked(path, folder):
    os.symlink(path, folder + "/link")
    return opens(folder + "/link")

def runs(program):
    pid = libc.fork()
    if pid < 0:
        return True
    if pid == 0:
        libc.execv(program.encode(), (ctypes.c_char_p * 2)(program.encode(), None))
        os._exit(42)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 42

refused = {attempt}
os.write(1, f"{refused}\\n".encode())  # who made a process says it twice
os._exit(0)
"""


def _try(confined: Confined, victim: Victim, attempt: str, layers: tuple[str, ...]) -> bool:
    values = dict(NUMBERS), victim.pid, str(victim.secret), str(victim.own)
    code = CODE.replace("{values}", repr(values)).replace("{attempt}", ATTEMPTS[attempt][0])
    told = confined(code, Confinement(write=(str(victim.own),), layers=layers))
    (refused,) = {line == "True" for line in told.split()}
    return refused


@pytest.mark.parametrize("attempt", ATTEMPTS)
def test_every_escape_is_refused(confined: Confined, victim: Victim, attempt: str) -> None:
    assert _try(confined, victim, attempt, ("limits", "landlock", "seccomp"))


@pytest.mark.parametrize("layer", ["landlock", "seccomp"])
@pytest.mark.parametrize("attempt", ATTEMPTS)
def test_a_layer_refuses_by_itself_what_is_said_of_it(
    confined: Confined, victim: Victim, attempt: str, layer: str
) -> None:
    assert _try(confined, victim, attempt, (layer,)) == (layer in ATTEMPTS[attempt][1])
