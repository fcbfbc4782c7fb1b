from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from app.cell.confinement.confine import layers_here
from app.cell.confinement.confinement import LAYERS, MB, Confinement
from tests.unit.cell.confinement.conftest import Confined
from tests.unit.cell.confinement.kernel import offered_layers

landlock = pytest.mark.skipif("landlock" not in offered_layers(), reason="needs Landlock")
seccomp = pytest.mark.skipif("seccomp" not in offered_layers(), reason="needs seccomp")

root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root")


def test_the_layers_of_this_kernel_are_told(confined: Confined) -> None:
    assert set(confined("print(*layers)").split()) == offered_layers()
    assert set(layers_here()) == offered_layers()


@pytest.mark.parametrize("missing", LAYERS)
def test_a_layer_can_be_left_out(confined: Confined, missing: str) -> None:
    layers = tuple(name for name in LAYERS if name != missing)
    allowed = Confinement(layers=layers)
    assert set(confined("print(*layers)", allowed).split()) == offered_layers() - {missing}


@landlock
def test_every_folder_that_is_given_is_read_or_written_and_no_other(
    confined: Confined, tmp_path: Path
) -> None:
    for name in ("read", "one", "two", "secret"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").write_text("hush")
    allowed = Confinement(
        read=(str(tmp_path / "read"),), write=(str(tmp_path / "one"), str(tmp_path / "two"))
    )
    code = f"""
from pathlib import Path
for name in ("read", "one", "two", "secret"):
    file = Path({str(tmp_path)!r}, name, "file")
    print(tried(file.read_text), tried(file.write_text, "x"), tried(file.unlink))
"""
    assert confined(code, allowed).splitlines() == [
        "hush PermissionError PermissionError",
        "hush 1 None",
        "hush 1 None",
        "PermissionError PermissionError PermissionError",
    ]


@landlock
def test_a_link_in_a_folder_leads_nowhere_else(confined: Confined, tmp_path: Path) -> None:
    (tmp_path / "own").mkdir()
    secret = tmp_path / "secret.key"
    secret.write_text("hush")
    code = f"""
import os
from pathlib import Path
own, secret = Path({str(tmp_path / "own")!r}), Path({str(secret)!r})
(own / "link").symlink_to(secret)
print(tried((own / "link").read_text))
print(tried(os.link, secret, own / "hard"))
print(tried(Path("/proc/self/root" + str(secret)).read_text))
print(tried(os.rename, secret, own / "moved"))
"""
    told = confined(code, Confinement(write=(str(tmp_path / "own"),))).split()
    assert len(told) == 4
    assert set(told) <= {"PermissionError", "OSError"}
    assert secret.read_text() == "hush"


def test_a_file_grows_to_its_limit_and_not_further(confined: Confined, tmp_path: Path) -> None:
    allowed = Confinement(write=(str(tmp_path),), file_bytes=MB)
    code = f"""
with open({str(tmp_path / "file")!r}, "wb", buffering=0) as file:
    print(file.write(bytes({MB})), tried(file.write, b"x"))
"""
    assert confined(code, allowed) == f"{MB} OSError"


def test_memory_of_its_own_is_limited_and_what_is_only_reserved_is_not(confined: Confined) -> None:
    code = f"""
import mmap
reserved = mmap.mmap(-1, {4096 * MB}, prot=mmap.PROT_READ, flags=mmap.MAP_PRIVATE)
try:
    bytearray({300 * MB})
except MemoryError:
    print("refused")
"""
    assert confined(code, Confinement(data_bytes=200 * MB)) == "refused"


def test_descriptors_are_limited(confined: Confined) -> None:
    code = """
import os
made = []
while (got := tried(os.dup, 0)) != "OSError":
    made.append(int(got))
print(max(made))
"""
    assert confined(code, Confinement(open_files=40)) == "39"


def test_a_limit_stays(confined: Confined) -> None:
    code = """
import resource
try:
    resource.setrlimit(resource.RLIMIT_NOFILE, (50, 50))
    print("raised")
except (PermissionError, ValueError):
    print("refused")
"""
    assert confined(code, Confinement(open_files=40)) == "refused"


@seccomp
def test_no_program_starts_unless_processes_are_allowed(confined: Confined, tmp_path: Path) -> None:
    code = "import subprocess; print(tried(subprocess.check_output, ['/bin/echo', 'hi']))"
    assert confined(code) == "PermissionError"
    assert confined(code, Confinement(processes=True)) == "b'hi\\n'"


@landlock
def test_a_program_is_as_confined_as_who_starts_it(confined: Confined, tmp_path: Path) -> None:
    secret = tmp_path / "secret.key"
    secret.write_text("hush")
    code = f"""
import subprocess
print(subprocess.run(["/bin/cat", {str(secret)!r}], stderr=-3).returncode)
"""
    assert confined(code, Confinement(processes=True)) == "1"


@landlock
@seccomp
def test_who_makes_processes_ends_them_and_no_others(confined: Confined) -> None:
    code = """
import os, subprocess
child = subprocess.Popen(["/bin/sleep", "1000"])
child.kill()
print(child.wait(), tried(os.kill, os.getppid(), 0))
"""
    assert confined(code, Confinement(processes=True)) == "-9 PermissionError"


@seccomp
def test_the_network_is_closed_unless_it_is_allowed(confined: Confined) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = server.getsockname()
        code = f"import socket; print(tried(lambda: socket.create_connection({address}).close()))"
        assert confined(code) == "PermissionError"
        assert confined(code, Confinement(network=True)) == "None"


@pytest.mark.parametrize("network", [False, True])
@seccomp
def test_no_socket_with_a_path_is_reached(
    confined: Confined, tmp_path: Path, network: bool
) -> None:
    code = f"""
import socket
def send(make):
    with make() as made:
        made.sendto(b"x", {str(tmp_path / "datagrams")!r})
def connect(make):
    with make() as made:
        made.connect({str(tmp_path / "stream")!r})
def pair(kind):
    return lambda: socket.socketpair(socket.AF_UNIX, kind)[0]
def single(kind):
    return lambda: socket.socket(socket.AF_UNIX, kind)
print(tried(send, single(socket.SOCK_DGRAM)), tried(send, pair(socket.SOCK_DGRAM)))
print(tried(connect, single(socket.SOCK_STREAM)), tried(connect, pair(socket.SOCK_STREAM)))
"""
    with (
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as datagrams,
        socket.socket(socket.AF_UNIX) as stream,
    ):
        datagrams.bind(str(tmp_path / "datagrams"))
        stream.bind(str(tmp_path / "stream"))
        stream.listen()
        told = confined(code, Confinement(network=network, layers=("limits", "seccomp"))).split()
        assert told[:3] == ["PermissionError"] * 3
        assert told[3] in ("OSError", "PermissionError")
        datagrams.setblocking(False)
        with pytest.raises(BlockingIOError):
            datagrams.recv(1)


def test_of_roots_powers_only_reading_and_writing_stays(confined: Confined) -> None:
    code = """
held = dict(line.split(":") for line in open("/proc/self/status"))
print(*(int(held[name], 16) & ~2 for name in ("CapPrm", "CapEff", "CapInh")))
"""
    assert confined(code) == "0 0 0"


def test_a_confined_process_still_ends_with_its_parent(confined: Confined) -> None:
    # Changed credentials can make the kernel forget it.
    code = """
import ctypes
asked = ctypes.c_int()
ctypes.CDLL(None).prctl(2, ctypes.byref(asked))
print(asked.value)
"""
    before = "import ctypes; ctypes.CDLL(None).prctl(1, 9)\n"
    confine = "from app.cell.confinement.confine import confine\nconfine(Confinement())\n"
    unconfined = Confinement(layers=(), processes=True)
    assert confined(before + confine + code, unconfined) == "9"


def test_a_process_with_a_second_thread_is_not_confined_in_half(confined: Confined) -> None:
    code = """
import _thread
held = _thread.allocate_lock()
held.acquire()
_thread.start_new_thread(held.acquire, ())
try:
    confine(Confinement())
except RuntimeError as error:
    print(error)
"""
    unconfined = Confinement(layers=(), processes=True)
    assert "before it begins a second thread" in confined(code, unconfined)


@root
def test_what_root_confines_can_be_another_user(confined: Confined, tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    code = f"""
import os
from pathlib import Path
print(os.getresuid(), os.getresgid(), os.getgroups())
file = Path({str(tmp_path / "file")!r})
print(tried(file.write_text, "x"))
print(tried(os.setuid, 0))
print(len(os.listdir("/proc/self/fd")) > 0)
"""
    allowed = Confinement(write=(str(tmp_path),), user=54321)
    assert confined(code, allowed).splitlines() == [
        "(54321, 54321, 54321) (54321, 54321, 54321) []",
        "1" if "landlock" in offered_layers() else "PermissionError",
        "PermissionError",
        "True",
    ]
    if "landlock" in offered_layers():
        assert (tmp_path / "file").stat().st_uid == 54321


@root
def test_who_becomes_another_user_without_landlock_has_none_of_roots_powers(
    confined: Confined, tmp_path: Path
) -> None:
    tmp_path.chmod(0o700)
    code = f"import os; print(tried(os.listdir, {str(tmp_path)!r}))"
    allowed = Confinement(user=54321, layers=("limits", "seccomp"))
    assert confined(code, allowed) == "PermissionError"


@root
def test_another_user_still_ends_with_the_parent(confined: Confined) -> None:
    code = """
import ctypes
libc, asked = ctypes.CDLL(None), ctypes.c_int()
libc.prctl(1, 9)
confine(Confinement(user=54321))
libc.prctl(2, ctypes.byref(asked))
print(asked.value)
"""
    assert confined(code, Confinement(layers=(), processes=True)) == "9"


@root
def test_what_a_user_of_its_own_runs_is_counted(confined: Confined) -> None:
    code = """
import os, signal, threading
pids = []
while len(pids) < 100:
    try:
        pids.append(os.fork())
    except BlockingIOError:
        break
    if pids[-1] == 0:
        signal.pause()
print(len(pids))
for pid in pids:
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
held = threading.Event()
try:
    for number in range(100):
        threading.Thread(target=held.wait).start()
except RuntimeError:
    print(number)
held.set()
"""
    allowed = Confinement(processes=True, user=54322, tasks=5)
    assert confined(code, allowed) == "4\n4"
