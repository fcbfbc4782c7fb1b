from __future__ import annotations

from app.source.problems import AppError, Problem


def test_an_app_error_tells_all_problems() -> None:
    problem = Problem("acme/counter", "validate", "entry.py", 3, "name is empty", "Give a name.")
    error = AppError((problem, problem))
    assert str(problem) == "acme/counter/entry.py:3: name is empty. Give a name."
    assert str(error).count("name is empty") == 2
    assert problem.as_dict()["line"] == 3
