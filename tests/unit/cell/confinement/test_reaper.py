from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[4]

# Forks daemons in the classic way: twice, each with a session of its own, some with children.
SCRIPT = """
import json, os, signal, sys, time
from app.cell.confinement.reaper import adopt_orphans, kill_descendants

adopt_orphans()
read, write = os.pipe()
child = os.fork()
if child == 0:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    for _ in range(5):
        if os.fork() == 0:
            os.setsid()
            if os.fork() == 0:
                os.setsid()
                os.fork()
                os.write(write, f"{os.getpid()}\\n".encode())
                time.sleep(1000)
            os._exit(0)
    os._exit(0)
os.close(write)
pids = []
while len(pids) < 10:
    pids += os.read(read, 1000).split()
count = kill_descendants()
alive = [int(pid) for pid in pids if os.path.exists(f"/proc/{int(pid)}")]
print(json.dumps({"reaped": count, "alive": alive}))
"""


def test_daemons_that_left_their_session_are_killed_and_reaped() -> None:
    made = subprocess.run(
        [sys.executable, "-c", SCRIPT], cwd=ROOT, capture_output=True, text=True, timeout=300
    )
    found = json.loads(made.stdout)
    assert found["alive"] == []
    # One child, five that forked on, ten daemons.
    assert found["reaped"] == 16
    assert made.stderr == ""


def test_process_dies_with_its_parent() -> None:
    script = """
import os, signal
from app.cell.confinement.reaper import adopt_orphans, die_with_parent
adopt_orphans()
read, write = os.pipe()
gone, hold = os.pipe()
middle = os.fork()
if middle == 0:
    me = os.getpid()
    os.close(gone)
    if os.fork() == 0:
        die_with_parent(me)
        os.write(write, b"x")
        signal.pause()
    os.close(hold)
    signal.pause()
os.close(hold)
os.read(read, 1)
os.kill(middle, 9)
print(os.read(gone, 1))  # empty once the last holder of `hold` is dead
"""
    made = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=300
    )
    assert made.stdout == "b''\n"
