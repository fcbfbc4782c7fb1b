"""Problems: what a stage refuses, as a value that names app, stage, place and remedy.

A stage that can find several mistakes returns a tuple of `Problem`; a stage that cannot go on
raises `AppError`, which carries such a tuple. `app.rules.blame` makes a `Problem` of an exception
out of an author's own code.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

Severity = Literal["error", "warning"]
Stage = Literal["discover", "package", "validate", "load", "compile", "run"]


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with a client app.

    `app` is the id `<client>/<app>`; `file` is a posix path relative to the app's folder ("" when
    no single file is to blame); `line` counts from 1; `message` is one line; `remedy` says what to
    do; `detail` is the text of a traceback, or "". `rule` is the id of the rule that is broken, see
    docs/rules.md, or "" when it is none of these; a problem that is only a warning refuses nothing.
    """

    app: str
    stage: Stage
    file: str
    line: int | None
    message: str
    remedy: str
    detail: str = ""
    rule: str = ""
    severity: Severity = "error"

    @property
    def place(self) -> str:
        """`entry.py:12`, `entry.py`, or "" when there is no place."""
        return f"{self.file}:{self.line}" if self.file and self.line else self.file

    def as_dict(self) -> dict[str, str | int | None]:
        """The problem as JSON-able data: field name to value."""
        return asdict(self)

    def __str__(self) -> str:
        where = f"{self.app}/{self.place}" if self.place else self.app
        return f"{where}: {self.message}. {self.remedy}".rstrip(" .") + "."


def place_of(problem: Mapping[str, Any]) -> str:
    """Return `Problem.place` of a problem that is JSON-able data."""
    return ":".join(str(problem[key]) for key in ("file", "line") if problem.get(key))


def errors_in(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Those that refuse an app."""
    return tuple(problem for problem in problems if problem.severity == "error")


def warnings_in(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Those that are only told."""
    return tuple(problem for problem in problems if problem.severity == "warning")


class AppError(Exception):
    """A client app cannot be used; `problems` says why, all at once."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        """Take the problems (at least one)."""
        super().__init__("; ".join(map(str, problems)))
        self.problems = problems


class NotNow(AppError):
    """A version cannot be used at the moment, through no fault of its own: its package cannot be
    read, say. Nobody should hold that against it.
    """
