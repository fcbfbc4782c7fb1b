from __future__ import annotations

import hashlib
import signal
from pathlib import Path
from typing import Any

import pytest

from app.packages.limits import DryRunLimits
from app.packages.trying.protocol import FAULT, SILENCED, TOLD, Outcome
from app.packages.trying.verdict import DryRun, judge
from app.rules.remedies import DEFAULT_REMEDY
from app.source.problems import Problem

FOLDER = Path("/work/acme/counter")
FACTS = {
    "kind": "dynamic",
    "name": "Counter",
    "version": "1",
    "url": "u",
    "description": "",
    "icon": "box",
    "capabilities": [],
    "pages": ["/"],
    "libraries": ["react"],
    "origins": [],
}


def verdict(**outcome: Any) -> DryRun:
    """The verdict on an outcome."""
    return judge(Outcome(**outcome), FOLDER, DryRunLimits(), lambda _: True)


def note(kind: str, *, direct: bool = True, what: str = "it") -> dict[str, Any]:
    """A note of the observer."""
    return {"kind": kind, "what": what, "file": "entry.py", "line": 4, "direct": direct}


def test_result_without_problems_is_accepted() -> None:
    result = {"problems": [], "module": "ab", "module_bytes": 7, "facts": FACTS}
    found = verdict(end="result", result=result)
    assert found.problems == found.warnings == ()
    assert (found.module, found.libraries, found.pages) == ("ab", ("react",), ("/",))


BUNDLE = {
    "key": "k",
    "states": [],
    "code": "export default 1",
    "digest": hashlib.sha256(b"export default 1").hexdigest(),
    "libraries": ["react"],
    "on_demand": [],
}


def compiled(**changes: Any) -> DryRun:
    """The verdict on a trial that tells of something compiled."""
    bundle = {**BUNDLE, **changes}
    result = {"problems": [], "module": BUNDLE["digest"], "facts": FACTS, "bundle": bundle}
    return verdict(end="result", result=result)


def test_what_was_compiled_can_be_used_again() -> None:
    found = compiled().bundle
    assert found is not None
    assert (found.code, found.libraries) == ("export default 1", ("react",))


@pytest.mark.parametrize(
    "changes",
    [
        {"code": "export default 2"},
        {"digest": "0" * 64},
        {"code": "x", "digest": hashlib.sha256(b"x").hexdigest()},
        {"libraries": ["react", "left-pad"]},
        {"on_demand": ["left-pad"]},
        {"libraries": []},
        {"code": 7},
        {"more": 1},
    ],
)
def test_something_compiled_that_does_not_fit_the_rest_is_not_believed(
    changes: dict[str, Any],
) -> None:
    found = compiled(**changes)
    assert found.problems == ()
    assert found.bundle is None


@pytest.mark.parametrize(
    "kind",
    ["process", "network", "signal", "kill", "handler", "exit", "atexit", "thread", "python"],
)
def test_what_the_app_did_itself_is_a_problem_what_a_library_did_a_warning(kind: str) -> None:
    result = {"problems": [], "facts": FACTS}
    own = verdict(end="result", result=result, notes=[note(kind)])
    library = verdict(end="result", result=result, notes=[note(kind, direct=False)])
    assert [p.place for p in own.problems] == ["entry.py:4"]
    assert own.facts is None
    assert library.problems == ()
    assert [p.place for p in library.warnings] == ["entry.py:4"]
    assert library.facts is not None


def test_too_much_processor_time_is_told_with_its_line() -> None:
    trace = f'Current thread 0x1 (most recent call first):\n  File "{FOLDER}/a.py", line 9 in f\n'
    (problem,) = verdict(status=signal.SIGXCPU, trace=trace).problems
    assert "uses more than 20 s of processor time" in problem.message
    assert problem.place == "a.py:9"


def test_line_of_the_running_thread_is_told_not_of_another() -> None:
    trace = (
        f'Thread 0x2 (most recent call first):\n  File "{FOLDER}/b.py", line 1 in g\n\n'
        'Current thread 0x1 (most recent call first):\n  File "/usr/x.py", line 3 in h\n'
        f'  File "{FOLDER}/a.py", line 9 in f\n'
    )
    assert verdict(end="time", trace=trace).problems[0].place == "a.py:9"


def test_who_does_not_heed_the_warning_is_told_of_processor_time_and_not_of_memory() -> None:
    (problem,) = verdict(status=signal.SIGKILL, cpu_seconds=21.0).problems
    assert "uses more than 20 s of processor time" in problem.message


def test_a_refused_signal_to_others_is_not_what_killed_it() -> None:
    notes = [note("kill", what="SIGKILL")]
    memory, sent = verdict(status=signal.SIGKILL, notes=notes).problems
    assert "needs too much memory" in memory.message
    assert "sends SIGKILL to another process, which was refused" in sent.message


def test_who_is_in_the_way_of_the_check_is_told_so() -> None:
    for status in (TOLD, SILENCED):
        (problem,) = verdict(status=status << 8).problems
        assert "keeps the check from reporting its result" in problem.message


def test_a_change_for_everybody_has_no_place_and_is_told_beside_other_problems() -> None:
    loader = {"problems": [Problem("acme/counter", "load", "", None, "TypeError", "").as_dict()]}
    changed = {**note("python", what="builtins.len"), "file": "", "line": 0}
    found = verdict(end="result", result=loader, notes=[changed]).problems
    assert [problem.message for problem in found] == [
        "TypeError",
        "Loading it changes builtins.len for everybody",
    ]


def test_death_without_a_word_is_want_of_memory() -> None:
    assert "too much memory" in verdict(status=signal.SIGKILL).problems[0].message


def test_fault_of_the_check_is_not_blamed_on_the_package() -> None:
    (problem,) = verdict(status=FAULT << 8).problems
    assert "the check itself failed" in problem.message


def test_result_that_is_too_large_is_a_problem() -> None:
    assert "too large to report" in verdict(end="result size").problems[0].message


def test_refusal_that_the_app_ran_into_is_told_once() -> None:
    raised = {
        "app": "acme/counter",
        "stage": "load",
        "file": "entry.py",
        "line": 4,
        "message": "PermissionError: no process may be started",
        "remedy": DEFAULT_REMEDY,
        "detail": "",
    }
    found = verdict(end="result", result={"problems": [raised]}, notes=[note("process")])
    (problem,) = found.problems
    assert "only define things" in problem.remedy


SOUND = {"problems": [], "module": "ab", "module_bytes": 7, "facts": FACTS}


@pytest.mark.parametrize(
    ("outcome", "died"),
    [
        ({"end": "result", "result": SOUND}, False),
        ({"end": "result", "result": {"problems": []}}, False),
        ({"end": "result", "result": {"memory": True}}, True),
        ({"end": "output"}, False),
        ({"end": "time"}, True),
        ({"end": "exit", "status": 3 << 8}, True),
        ({"end": "exit", "status": signal.SIGSEGV}, True),
        ({"end": "exit", "status": FAULT << 8}, False),
        ({"end": "exit", "status": FAULT << 8, "notes": [note("exit")]}, True),
    ],
)
def test_what_would_have_ended_a_server_is_told_apart(outcome: dict[str, Any], died: bool) -> None:
    assert verdict(**outcome).died is died
