from __future__ import annotations

import json
import resource
import subprocess
import sys
from pathlib import Path
from typing import NoReturn

import pytest

from app.cell.confinement.mark import kill_marked, new_mark

ROOT = Path(__file__).parents[4]

# Marks itself, and leaves daemons behind that nothing else leads to.
SCRIPT = """
import json, os, signal, sys
from app.cell.confinement.mark import mark_this_process
mark_this_process(int(sys.argv[1]))
told, tell = os.pipe()
for _ in range(3):
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            os.setsid()
            os.write(tell, f"{os.getpid()}\\n".encode())
            os.close(0); os.close(1); os.close(2)
            signal.pause()
        os._exit(0)
pids = []
while len(pids) < 3:
    pids += os.read(told, 1000).split()
print(json.dumps([int(pid) for pid in pids]))
"""


def _leave(mark: int) -> list[int]:
    command = [sys.executable, "-c", SCRIPT, str(mark)]
    made = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=True, timeout=300)
    pids: list[int] = json.loads(made.stdout)
    return pids


def _lives(pid: int) -> bool:
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False


def test_what_has_the_mark_is_killed_and_nothing_else() -> None:
    mark, other = new_mark(), new_mark()
    pids, others = _leave(mark), _leave(other)
    assert kill_marked(mark) == 3
    assert not any(_lives(pid) for pid in pids)
    assert all(_lives(pid) for pid in others)
    assert kill_marked(other) == 3


def test_what_is_another_user_s_is_killed_too(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> NoReturn:
        raise PermissionError

    mark = new_mark()
    pids = _leave(mark)
    monkeypatch.setattr(resource, "prlimit", refuse)
    assert kill_marked(mark) == 3
    assert not any(_lives(pid) for pid in pids)


def test_marks_differ() -> None:
    assert len({new_mark() for _ in range(10)}) > 1
