from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

import pytest

from app.rules.blame import LONGEST_DETAIL, LONGEST_MESSAGE, problem_from_exception
from app.source.problems import Problem

if TYPE_CHECKING:
    from tests.unit.conftest import WriteApp


def run(path: Path) -> ModuleType:
    """Run a file as a module, as a loader does."""
    module = ModuleType(path.stem)
    exec(compile(importlib.util.decode_source(path.read_bytes()), str(path), "exec"), vars(module))
    return module


def failure(folder: Path, name: str = "entry.py") -> Problem:
    """The problem that running one file of an app gives."""
    with pytest.raises(BaseException) as caught:  # noqa: PT011
        run(folder / name)
    return problem_from_exception("acme/counter", "load", caught.value, folder)


def test_the_place_is_the_innermost_line_of_the_app(write_app: WriteApp) -> None:
    folder = write_app(
        files={"entry.py": "def deep():\n    import json\n    json.loads('{')\n\ndeep()"}
    )
    problem = failure(folder)
    assert (problem.file, problem.line, problem.place) == ("entry.py", 3, "entry.py:3")
    assert problem.message.startswith("JSONDecodeError: Expecting property name")
    assert "\n" not in problem.message


def test_the_traceback_shows_the_lines_of_the_app_and_the_last_one(write_app: WriteApp) -> None:
    folder = write_app(files={"entry.py": "import json\njson.loads('{')"})
    detail = failure(folder).detail
    assert "json.loads('{')" in detail
    assert "raw_decode" in detail
    assert "in loads" not in detail
    assert "test_problems.py" not in detail


@pytest.mark.parametrize(
    "odd",
    [
        'SyntaxError("odd", (None, "a", None, 3))',
        'SyntaxError("odd", (7, "a", 1, "text"))',
        "type('Odd', (Exception,), {'__notes__': property(lambda self: 1 / 0)})()",
        "type('Odd', (Exception,), {'__str__': lambda self: 1 / 0})()",
    ],
)
def test_an_exception_that_cannot_be_described_is_a_problem_with_its_place(
    write_app: WriteApp, odd: str
) -> None:
    problem = failure(write_app(files={"entry.py": f"x = 1\nraise {odd}"}))
    assert problem.place == "entry.py:2"
    assert problem.message.startswith(("SyntaxError: ", "Odd: "))
    assert problem.remedy


def test_a_syntax_error_is_at_its_own_file_and_line(write_app: WriteApp) -> None:
    problem = failure(write_app(files={"views.py": "x = 1\ndef broken(:\n"}), "views.py")
    assert (problem.file, problem.line) == ("views.py", 2)
    assert problem.message == "SyntaxError: invalid syntax"
    assert "syntax" in problem.remedy


def test_the_cause_inside_the_app_is_found_behind_the_error_of_a_framework(
    write_app: WriteApp,
) -> None:
    folder = write_app(files={"entry.py": "def view():\n    return 1 / 0\n"})
    module = run(folder / "entry.py")
    error = RuntimeError("compiling failed")
    with pytest.raises(ZeroDivisionError) as caught:
        module.view()
    error.__cause__ = caught.value
    problem = problem_from_exception("acme/counter", "compile", error, folder)
    assert (problem.place, problem.message) == ("entry.py:2", "ZeroDivisionError: division by zero")
    assert "compiling failed" in problem.detail


def test_an_error_in_a_task_group_is_found_in_the_app(write_app: WriteApp) -> None:
    folder = write_app(files={"entry.py": "def view():\n    return 1 / 0\n"})
    try:
        run(folder / "entry.py").view()
    except ZeroDivisionError as error:
        group = ExceptionGroup("several", [ValueError("elsewhere"), error])
    problem = problem_from_exception("acme/counter", "compile", group, folder)
    assert problem.place == "entry.py:2"


def test_an_error_outside_the_app_has_no_place(tmp_path: Path) -> None:
    problem = problem_from_exception("acme/counter", "load", ValueError("no\nway"), tmp_path)
    assert (problem.file, problem.line, problem.place) == ("", None, "")
    assert problem.message == "ValueError: no"


def test_an_exception_whose_text_fails_is_reported_all_the_same(tmp_path: Path) -> None:
    class Broken(Exception):
        def __str__(self) -> str:
            raise ValueError

    assert "Broken" in problem_from_exception("a/b", "load", Broken(), tmp_path).message


@pytest.mark.parametrize(
    ("code", "remedy"),
    [
        ("import surely_not_there", "requirements.txt"),
        ("import client_apps.globex.editor.x", "never import one another"),
        (
            "raise ModuleNotFoundError(name='client_apps.acme.counter.sub.views')",
            "no module sub/views.py",
        ),
        ("import app.nothing", "may import app.sdk"),
        ("import json.nothing", "This Python has no module"),
        ("from json import nothing", "does not define that name"),
        ("if True:\npass", "indentation"),
        ("if True:\n\tx = 1\n        y = 2", "spaces"),
        ("raise NameError('x')", "Import or define"),
        ("undefined_name", "Import or define"),
        ("'x'.nothing_like_it", "name of the attribute"),
        ("def f(): f()\nf()", "calls itself"),
        ("raise TypeError(\"Cannot convert Var 'x' to bool for use with\")", "rx.cond"),
        ("raise TypeError(\"Cannot iterate over Var 'x'.\")", "rx.foreach"),
        ("raise AttributeError('Variable `x` cannot be set on `state`')", "def set_name"),
        ("raise AttributeError(\"type object 'State' has no attribute 'id'\")", "url template"),
        ("None.x", "There is None"),
        ("{}['x']", ".get(key)"),
        ("[][1]", "length"),
        ("1 / 0", "divisor"),
        ("int('a')", "no number"),
        ("a, b = [1]", "as many values"),
        ("len(1, 2)", "arguments that it declares"),
        ("[] + 1", "convert one of them"),
        ("open('nothing.txt')", "app.sdk.folder()"),
        ("assert False", "does not hold"),
        ("raise OSError('x')", "handle the error"),
    ],
)
def test_known_mistakes_come_with_their_remedy(write_app: WriteApp, code: str, remedy: str) -> None:
    assert remedy in failure(write_app(files={"entry.py": code})).remedy


@pytest.mark.parametrize(
    ("code", "meant"),
    [
        ("counter = 1\ncountr", "counter"),
        ("class A:\n  total = 1\nA.totl", "total"),
        ("'x'.upppr()", "upper"),
        ("import reflex as rx\nrx.vstak()", "vstack"),
    ],
)
def test_a_near_miss_is_suggested(write_app: WriteApp, code: str, meant: str) -> None:
    assert failure(write_app(files={"entry.py": code})).remedy == f"Did you mean {meant}?"


def test_what_an_exception_says_can_be_sent_and_is_not_endless(write_app: WriteApp) -> None:
    folder = write_app(
        files={"entry.py": "raise ValueError('\\ud800 first' + 'x' * 10**6 + 'last')"}
    )
    problem = failure(folder)
    assert problem.message.startswith("ValueError: ? first")
    assert problem.message.endswith("last")
    assert len(problem.message) < LONGEST_MESSAGE + 10
    assert len(problem.detail) < LONGEST_DETAIL + 10
    json.dumps(problem.as_dict(), ensure_ascii=False).encode()
