from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from app.cell.confinement.confinement import Confinement
from app.cell.process.child import FAULT
from app.node.cells.cell_process import CellProcess
from tests.support.cells import run, tell
from tests.unit.cell.confinement.kernel import offered_layers


async def test_a_cell_has_no_descriptors_but_its_own(cell: CellProcess) -> None:
    code = """
import os
names = [n for n in os.listdir("/proc/self/fd") if os.path.exists(f"/proc/self/fd/{n}")]
answer = {int(n): os.readlink(f"/proc/self/fd/{n}").partition(":")[0] for n in names}
"""
    assert await run(cell, code) == {
        "0": "/dev/null",
        "1": "pipe",
        "2": "pipe",
        "3": "socket",
        "4": "pipe",
    }


async def test_programs_that_a_cell_starts_get_none_of_them(cell: CellProcess) -> None:
    code = """
import subprocess
answer = subprocess.check_output(["ls", "/proc/self/fd"], close_fds=False, text=True).split()
"""
    # The last is that of the list itself.
    assert await run(cell, code) == ["0", "1", "2", "3"]


async def test_nothing_of_the_servers_environment_is_in_a_cell(cell: CellProcess) -> None:
    names = set(await run(cell, "import os; answer = list(os.environ)"))
    allowed = {"PATH", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "LD_LIBRARY_PATH", "HOME"}
    assert {name for name in names if not name.startswith("PYTHON")} <= allowed


async def test_a_cell_leads_a_session_of_its_own(cell: CellProcess) -> None:
    assert await run(cell, "import os; answer = [os.getsid(0), os.getpgrp()]") == [cell.pid] * 2


async def test_a_cell_stands_behind_the_server(cell: CellProcess) -> None:
    code = "import os; answer = [os.nice(0), int(open('/proc/self/oom_score_adj').read())]"
    assert await run(cell, code) == [os.nice(0) + 5, min(_own_score() + 500, 1000)]


def _own_score() -> int:
    return int(Path("/proc/self/oom_score_adj").read_text())


async def test_signals_do_what_they_do_in_any_process_but_those_of_a_terminal(
    cell: CellProcess,
) -> None:
    code = """
import signal
names = ("SIGINT", "SIGTERM", "SIGCHLD", "SIGHUP")
answer = {name: signal.getsignal(getattr(signal, name)).name for name in names}
"""
    assert await run(cell, code) == {
        "SIGINT": "SIG_IGN",
        "SIGTERM": "SIG_DFL",
        "SIGCHLD": "SIG_DFL",
        "SIGHUP": "SIG_DFL",
    }


async def test_a_cell_that_sends_itself_sigterm_ends_alone(cell: CellProcess) -> None:
    await tell(cell, "import os, signal; os.kill(os.getpid(), signal.SIGTERM)")
    assert await cell.ended == signal.SIGTERM


async def test_memory_of_the_start_is_not_collected_again(cell: CellProcess) -> None:
    assert await run(cell, "import gc; answer = gc.get_freeze_count()") > 10_000


async def test_two_cells_do_not_throw_the_same_dice(cell: CellProcess) -> None:
    code = """
import os, random
told, tell = os.pipe()
if os.fork() == 0:
    os.write(tell, str(random.random()).encode())
    os._exit(0)
os.wait()
answer = [random.random(), float(os.read(told, 100))]
"""
    one, two = await run(cell, code)
    assert one != two


@pytest.mark.parametrize(
    ("code", "status"),
    [("raise SystemExit(3)", 3), ("raise SystemExit", 0), ("raise SystemExit('no')", 1)],
)
async def test_a_cell_ends_with_the_status_that_it_exits_with(
    cell: CellProcess, code: str, status: int
) -> None:
    await tell(cell, code)
    assert os.waitstatus_to_exitcode(await cell.ended) == status


async def test_a_cell_that_fails_prints_where(cell: CellProcess) -> None:
    await tell(cell, "1 / 0")
    assert os.waitstatus_to_exitcode(await cell.ended) == FAULT
    lines = [line async for line in cell.output]
    assert lines[-1] == "ZeroDivisionError: division by zero"
    assert cell.why == "it ended with an exception"


@pytest.mark.skipif("landlock" not in offered_layers(), reason="needs Landlock")
async def test_key_and_database_of_the_server_cannot_be_read_from_inside(
    cell: CellProcess, tmp_path: Path
) -> None:
    for name in ("own", "data"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "secret.key").write_text("hush")
    allowed = Confinement(read=(str(tmp_path / "own"),)).as_dict()
    code = f"""
from app.cell.confinement.confine import confine
from app.cell.confinement.confinement import Confinement
confine(Confinement.from_dict({allowed!r}))
def tried(path):
    try:
        return open(path).read()[:4]
    except OSError as error:
        return type(error).__name__
answer = [tried(p) for p in (
    "{tmp_path}/own/secret.key", "{tmp_path}/data/secret.key", "/proc/{os.getpid()}/environ",
    "/proc/{os.getpid()}/mem", "/proc/1/environ", "/etc/shadow")]
"""
    assert await run(cell, code) == ["hush", *["PermissionError"] * 5]


async def test_a_confined_cell_cannot_choose_to_outlive_the_server(cell: CellProcess) -> None:
    code = """
import ctypes
from app.cell.confinement.confine import confine
from app.cell.confinement.confinement import Confinement
confine(Confinement())
libc, asked = ctypes.CDLL(None), ctypes.c_int()
refused = libc.prctl(1, 0)
libc.prctl(2, ctypes.byref(asked))
answer = [refused, asked.value]
"""
    expected = [-1, signal.SIGKILL] if "seccomp" in offered_layers() else [0, 0]
    assert await run(cell, code) == expected
