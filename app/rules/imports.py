"""What the modules of a client app import and name, judged by the rules of app/rules.

A client app may import the standard library, what requirements.txt installs, app.sdk, the public
contexts of app.core and itself. That keeps every client app removable: the core never needs it,
and neither does another. The rest of app.core (installed apps, audit log, secrets, sessions of the
database) is not for client apps, and neither are the modules inside a public context.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path, PurePosixPath

from app.rules.blame import problem_from_exception
from app.rules.grading import under
from app.rules.installed import (
    REQUIREMENTS,
    NoRequirements,
    changed_since_import,
    look,
    required_by,
)
from app.rules.judging import Place, breaks_in
from app.rules.reading import Reading, read_module
from app.rules.rulebook import ROOT, Break, rulebook
from app.source.app_source import AppSource, SourceFile
from app.source.problems import Problem
from app.source.python_text import NotPython, decode, parse


def validate_imports(source: AppSource, root: Path = ROOT) -> tuple[Problem, ...]:
    """All syntax errors of an app's modules, and all that they import or name and may not.

    `root` is the checkout or release by whose requirements.txt and core the app is judged, as it is
    now: somebody may have pinned and installed something since.
    """
    look(root)
    problems = list(_requirements(source, root))
    for file, content in source.python_files():
        try:
            reading = scan(content)
        except (SyntaxError, NotPython) as error:
            problems.append(_not_python(source, file, error))
            continue
        place = place_of(source, file.path, root)
        problems.extend(_problem(source, b) for b in breaks_in(rulebook(), reading, place))
    return tuple(problems)


def imported_in_another_version(source: AppSource) -> tuple[Problem, ...]:
    """All imports of modules of which this process runs another version than is installed by now.

    What is imported stays, so that an app would get the old version, or parts of both.
    """
    problems = []
    for file, content in source.python_files():
        try:
            imports = scan(content).imports
        except (SyntaxError, NotPython):
            continue  # a problem of its own
        for one in imports:
            top = one.module.partition(".")[0]
            changed = None if one.level or one.typing_only else changed_since_import(top)
            if changed is not None:
                problems.append(_changed(source, file, one.line, *changed))
    return tuple(problems)


def _changed(
    source: AppSource, file: SourceFile, line: int | None, name: str, runs: str, installed: str
) -> Problem:
    return Problem(
        app=source.id,
        stage="validate",
        file=file.path.as_posix(),
        line=line,
        message=f"{name} {installed} is installed, but this server runs {name} {runs}",
        remedy="Restart the server: it then runs the version that is installed.",
    )


@lru_cache(maxsize=1024)
def scan(content: bytes) -> Reading:
    """What a module imports and names; raises SyntaxError or NotPython when it is not Python.

    Remembered by content: on a save only the changed module is parsed.
    """
    text = decode(content)
    return read_module(parse(text), text, rulebook().names)


def place_of(source: AppSource, path: PurePosixPath, root: Path = ROOT) -> Place:
    """Return where the rules see a module of an app."""
    return Place(f"client_apps/{source.id}/{path}", source.by_path.__contains__, root)


def _requirements(source: AppSource, root: Path) -> Iterator[Problem]:
    try:
        required_by(root)
    except NoRequirements as error:
        rule = rulebook()["requirements"]
        found = rule.found("", None, REQUIREMENTS, message=f"{error}: {rule.title}")
        yield _problem(source, found)


def _problem(source: AppSource, found: Break) -> Problem:
    file = found.file.removeprefix(f"client_apps/{source.id}/")
    return Problem(
        app=source.id,
        stage="validate",
        file=file,
        line=found.line,
        message=found.message,
        remedy=found.hint,
        rule=found.rule,
        severity=found.severity,
    )


def _not_python(source: AppSource, file: SourceFile, error: SyntaxError | NotPython) -> Problem:
    if isinstance(error, NotPython):
        path = file.path.as_posix()
        problem = Problem(source.id, "validate", path, error.line, str(error), error.remedy)
    else:
        error.filename = str(source.root / file.path)
        problem = problem_from_exception(source.id, "validate", error, source.root)
    return under(problem, "python")
