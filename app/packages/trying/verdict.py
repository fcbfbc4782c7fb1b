"""Verdict: what the outcome of a trial means for its author, in his terms."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from app.cell.compiling.bundle import Bundle
from app.packages.limits import MB, DryRunLimits
from app.packages.pack import Facts
from app.packages.trying.notes import DEFINE_ONLY, OWN_FILES, explained
from app.packages.trying.protocol import FAULT, SILENCED, TOLD, Outcome
from app.packages.trying.sandbox.observer import Note
from app.rules.grading import under
from app.sdk.config import FieldProblem
from app.sdk.schema import SettingsSchema
from app.source.problems import Problem

_FRAME = re.compile(r'^  File "(?P<file>.+)", line (?P<line>\d+)', re.MULTILINE)


@dataclass(frozen=True)
class DryRun:
    """What loading and compiling a package in a process of its own showed.

    Attributes:
        problems: why it cannot be used; empty when it can.
        died: whether the process ended, or had to be ended, before it told what it found.
        warnings: what its author should look at.
        module: digest of the compiled ES module, "" for a static app or with problems.
        module_bytes: its size.
        facts: what the loaded app says of itself; None with problems.
        bundle: what compiling it yielded, unless that is very large or does not fit the rest. Its
            key is the source's digest.
        settings: what its settings model is like; None when it has none, or with problems.
        wrong_settings: what the model says to the settings that the run was given.
        output: the beginning of what it printed.
        seconds, cpu_seconds, peak_bytes: what it used.
        layers: what confined it: "limits", "landlock", "seccomp".
    """

    problems: tuple[Problem, ...]
    died: bool = False
    warnings: tuple[Problem, ...] = ()
    module: str = ""
    module_bytes: int = 0
    facts: Facts | None = None
    bundle: Bundle | None = field(default=None, repr=False)
    settings: SettingsSchema | None = None
    wrong_settings: tuple[FieldProblem, ...] = ()
    output: str = ""
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    peak_bytes: int = 0
    layers: tuple[str, ...] = field(default=())

    @property
    def pages(self) -> tuple[str, ...]:
        """Url templates of the pages that were compiled."""
        return self.facts.pages if self.facts else ()

    @property
    def libraries(self) -> tuple[str, ...]:
        """Modules of the front end that the pages import."""
        return self.facts.libraries if self.facts else ()


def judge(
    outcome: Outcome,
    folder: Path,
    limits: DryRunLimits,
    has_library: Callable[[str], bool],
) -> DryRun:
    """What an outcome means; `folder` is where the app lay (`…/<client>/<app>`)."""
    judging = _Judging(outcome, folder, limits)
    problems = [*judging.ending(), *judging.result_problems()]
    facts = judging.facts()
    if facts is not None:
        problems += judging.missing_libraries(facts, has_library)
    known = {(problem.file, problem.line) for problem in problems}
    notes = [n for n in judging.notes if not n.file or (n.file, n.line or None) not in known]
    problems += [judging.of_note(note) for note in notes if note.direct]
    result = outcome.result or {}
    return DryRun(
        problems=tuple(problems),
        died=judging.died(),
        warnings=tuple(judging.of_note(note) for note in notes if not note.direct),
        module=str(result.get("module", "")),
        module_bytes=int(result.get("module_bytes", 0)),
        facts=None if problems else facts,
        bundle=None if problems or facts is None else _bundle_in(result, facts),
        settings=None if problems else _settings_in(result),
        wrong_settings=tuple(FieldProblem(**one) for one in result.get("wrong_settings", ())),
        output=outcome.output,
        seconds=outcome.seconds,
        cpu_seconds=outcome.cpu_seconds,
        peak_bytes=outcome.peak_bytes,
        layers=tuple(outcome.layers),
    )


def _bundle_in(result: Mapping[str, Any], facts: Facts) -> Bundle | None:
    """What the trial compiled. Code of the package ran there, so it is believed only as far as it
    fits what else is known: it is the module of this app, and wants no library that nobody checked.
    """
    try:
        bundle = Bundle.model_validate(result.get("bundle"))
    except ValidationError:
        return None
    fits = bundle.digest == result.get("module") and bundle.is_genuine
    wanted = {*bundle.libraries, *bundle.on_demand}
    return bundle if fits and wanted == set(facts.libraries) else None


def _settings_in(result: Mapping[str, Any]) -> SettingsSchema | None:
    described = result.get("settings")
    return None if described is None else SettingsSchema.from_dict(described)


class _Judging:
    """One outcome under judgement."""

    def __init__(self, outcome: Outcome, folder: Path, limits: DryRunLimits) -> None:
        self._outcome = outcome
        self._app = f"{folder.parent.name}/{folder.name}"
        self._folder = folder
        self._limits = limits
        self.notes = [Note(**note) for note in outcome.notes]

    def ending(self) -> Iterator[Problem]:
        """Problems of how the trial ended."""
        outcome, limits = self._outcome, self._limits
        if outcome.forged:
            yield self._problem(
                "writes into the channel of the check, posing as its result",
                "Write only to files that the app opened.",
            )
        match outcome.end:
            case "time":
                yield self._endless(f"is still running after {limits.seconds:g} s")
            case "output":
                yield self._problem(
                    f"prints more than {limits.output_bytes // 1024} kB",
                    DEFINE_ONLY,
                    self._traced(),
                )
            case "result size":
                yield self._problem(
                    "has problems or pages too large to report",
                    "Build pages with many parts with rx.foreach.",
                )
            case "exit":
                yield self._death()

    def died(self) -> bool:
        """Tell whether it would have ended, or held up, a server that loaded it."""
        if self._outcome.end == "exit":
            return not self._failed_itself()
        return self._outcome.end == "time" or bool((self._outcome.result or {}).get("memory"))

    def result_problems(self) -> list[Problem]:
        """Problems that the loader reported."""
        result = self._outcome.result or {}
        if result.get("memory"):
            place = (result.get("file", ""), result.get("line"))
            return [self._memory(place)]
        return [self._explained(Problem(**values)) for values in result.get("problems", ())]

    def _explained(self, problem: Problem) -> Problem:
        """A problem in the words of the dry run, when it came of something that it refuses."""
        if problem.message.startswith(("SystemExit", "KeyboardInterrupt")):
            return replace(
                problem,
                message=f"Loading it ends the process: {problem.message}",
                remedy="A package may not end the server.",
            )
        noted = any((n.file, n.line) == (problem.file, problem.line) for n in self.notes)
        if problem.message.startswith("PermissionError: [Errno"):  # said by the kernel
            return replace(problem, remedy=OWN_FILES)
        if noted or problem.message.startswith("PermissionError"):
            return replace(problem, remedy=DEFINE_ONLY)
        return problem

    def facts(self) -> Facts | None:
        """What the loaded app says of itself."""
        values = (self._outcome.result or {}).get("facts")
        if values is None:
            return None
        lists = ("capabilities", "pages", "libraries", "origins")
        return Facts(**{**values, **{name: tuple(values[name]) for name in lists}})

    def missing_libraries(
        self, facts: Facts, has_library: Callable[[str], bool]
    ) -> Iterator[Problem]:
        """The libraries that the front end of this server was built without."""
        for library in facts.libraries:
            if not has_library(library):
                yield under(
                    Problem(
                        self._app,
                        "compile",
                        "entry.py",
                        None,
                        f'JavaScript library "{library}" is not in the front end\'s build',
                        f'Add "{library}" to frontend_packages in rxconfig.py and build a release.',
                    ),
                    "library",
                )

    def of_note(self, note: Note) -> Problem:
        """What an observation means."""
        message, remedy = explained(note)
        return self._problem(message, remedy, (note.file, note.line or None))

    def _endless(self, how: str) -> Problem:
        refused = [note for note in self.notes if note.kind == "process"]
        if refused:
            note = refused[-1]
            return self._problem(
                f"{how} and starts processes ({note.what})",
                DEFINE_ONLY,
                (note.file, note.line or None),
            )
        return self._problem(f"does not end: it {how}", DEFINE_ONLY, self._traced())

    def _death(self) -> Problem:
        status = self._outcome.status
        if os.WIFSIGNALED(status):
            return self._killed(os.WTERMSIG(status))
        code = os.waitstatus_to_exitcode(status)
        exits = [note for note in self.notes if note.kind == "exit"]
        if self._failed_itself():
            return self._problem(
                "could not be tried: the check itself failed", "Tell the operator of the server."
            )
        if code in (TOLD, SILENCED) and not exits:
            return self._problem(
                "keeps the check from reporting its result",
                "Close only what the app opened, and leave Python and the modules of others as they"
                " are. If it does, tell the operator of the server.",
            )
        place = (exits[-1].file, exits[-1].line or None) if exits else ("", None)
        return self._problem(
            f"ends the process: os._exit({code})", "A package may not end the server.", place
        )

    def _failed_itself(self) -> bool:
        """Tell whether the check failed, and not the package."""
        status = self._outcome.status
        ended = any(note.kind == "exit" for note in self.notes)
        return os.WIFEXITED(status) and os.WEXITSTATUS(status) == FAULT and not ended

    def _killed(self, number: int) -> Problem:
        name = signal.Signals(number).name
        if number == signal.SIGXCPU:
            return self._too_long()
        sent = [note for note in self.notes if note.kind == "signal" and note.what == name]
        if sent:
            place = (sent[-1].file, sent[-1].line or None)
            return self._problem(f"kills its own process ({name})", DEFINE_ONLY, place)
        if number == signal.SIGKILL and self._outcome.cpu_seconds >= self._limits.cpu_seconds:
            return self._too_long()  # it did not heed the first warning
        if number == signal.SIGKILL:
            # Nobody else kills it: the kernel, for want of memory, or past the limit of time.
            return self._memory(("", None))
        return self._problem(
            f"crashes Python ({name})",
            "A native extension failed, or a recursion was too deep for it.",
            self._traced(),
        )

    def _too_long(self) -> Problem:
        return self._endless(f"uses more than {self._limits.cpu_seconds} s of processor time")

    def _memory(self, place: tuple[str, int | None]) -> Problem:
        limit = self._limits.memory_bytes // MB
        return self._problem(
            f"needs too much memory: more than {limit} MB, or than the server has",
            "Load data in an event, piece by piece.",
            place,
        )

    def _traced(self) -> tuple[str, int | None]:
        """The innermost line of the app in the trace, of the running thread if it can be told."""
        current = self._outcome.trace.partition("Current thread")[2].partition("\n\n")[0]
        for text in (current, self._outcome.trace):
            for frame in _FRAME.finditer(text):
                path = Path(frame["file"])
                if path.is_relative_to(self._folder):
                    return path.relative_to(self._folder).as_posix(), int(frame["line"])
        return "", None

    def _problem(
        self, message: str, remedy: str, place: tuple[str, int | None] = ("", None)
    ) -> Problem:
        file, line = place
        detail = self._outcome.trace or self._outcome.output
        return Problem(
            self._app, "load", file, line, f"Loading it {message}", remedy, detail[:20_000]
        )
