"""The observer by itself, as where the kernel refuses nothing. What is aimed at are processes of
these tests' own only.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from app.packages.trying.sandbox.observer import Note, Observer

ROOT = Path(__file__).parents[5]

# Loads nothing but the observer: no kernel layer is there. Says what came of one line of code.
SCRIPT = """
import json, os, signal, sys
from app.packages.trying.sandbox.observer import Observer

notes = []
folder, code = sys.argv[1:]
Observer(folder, lambda note: notes.append(note.as_dict())).start()
try:
    exec(compile(code, f"{folder}/entry.py", "exec"))
    came = "done"
except OSError as error:
    came = f"{type(error).__name__}: {error}"
print(json.dumps({"came": came, "notes": notes}))
"""


def observed(code: str) -> dict[str, Any]:
    """What became of a line of a package, and the notes about it."""
    made = subprocess.run(
        [sys.executable, "-c", SCRIPT, "/apps/acme/counter", code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert made.returncode == 0, made.stderr
    found: dict[str, Any] = json.loads(made.stdout)
    return found


@pytest.mark.parametrize(
    "call",
    [
        "os.kill({}, 9)",
        "os.kill(-{}, 9)",
        "os.killpg({}, 9)",
        pytest.param(
            "signal.pidfd_send_signal(os.pidfd_open({}), 9)",
            marks=pytest.mark.skipif(sys.platform != "linux", reason="pidfds are Linux only"),
        ),
    ],
)
def test_other_processes_get_no_signal_where_the_kernel_lets_it_pass(
    call: str, bystander: subprocess.Popen[bytes]
) -> None:
    found = observed(call.format(bystander.pid))
    assert bystander.poll() is None
    assert found["came"] == (
        "PermissionError: no other process may be sent a signal while a package is loaded"
    )
    (note,) = found["notes"]
    assert (note["kind"], note["what"], note["direct"]) == ("kill", "SIGKILL", True)
    assert (note["file"], note["line"]) == ("entry.py", 1)


@pytest.mark.parametrize("event", ["os.kill", "os.killpg"])
@pytest.mark.parametrize("target", [-1, 0, 1])
def test_nobody_is_everybody(event: str, target: int) -> None:
    # Asked, not done: nothing is sent even by an observer that would let it pass.
    notes: list[Note] = []
    with pytest.raises(PermissionError):
        Observer("/apps/acme/counter", notes.append)._audit(event, (target, 9))
    assert [(note.kind, note.what) for note in notes] == [("kill", "SIGKILL")]


def test_a_process_may_signal_itself_and_that_is_noted() -> None:
    found = observed("os.kill(os.getpid(), signal.SIGCONT)")
    assert found["came"] == "done"
    assert [(note["kind"], note["what"]) for note in found["notes"]] == [("signal", "SIGCONT")]
