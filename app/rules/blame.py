"""Exceptions out of code of client apps, as problems: which line is to blame, and what to do."""

from __future__ import annotations

import inspect
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import Any

import structlog

from app.kernel.tracebacks import undescribed
from app.rules.remedies import ImportRefused, remedy_for
from app.source.problems import AppError, Problem, Stage

log = structlog.get_logger("graft")

LONGEST_MESSAGE = 2_000
LONGEST_DETAIL = 20_000
"""Characters that are kept of what an exception says, and of its traceback."""

_UNDESCRIBED_REMEDY = (
    "Its class, or what it was made of, raises when its text is asked for: correct that, or raise"
    " another one here."
)


def problem_from_exception(app: str, stage: Stage, exc: BaseException, root: Path) -> Problem:
    """Describe an exception that an app's code raised.

    `root` is the folder whose path the app's code objects carry as file name. The place is the
    innermost frame inside it (for a SyntaxError the place it names). The traceback shows the app's
    frames and, when the exception came from deeper, the last frame.
    """
    try:
        culprit = next((e for e in _chain(exc) if _place(e, root) is not None), exc)
        file, line = _place(culprit, root) or ("", None)
        return Problem(
            app=app,
            stage=stage,
            file=file,
            line=line,
            message=_sendable(_message(culprit), LONGEST_MESSAGE),
            remedy=remedy_for(culprit, app),
            detail=_sendable(_detail(exc, root), LONGEST_DETAIL),
            rule=culprit.rule if isinstance(culprit, ImportRefused) else "",
        )
    except Exception:  # its attributes are the author's, and may be anything
        file, line = _innermost(exc, root) or ("", None)
        return Problem(app, stage, file, line, undescribed(exc), _UNDESCRIBED_REMEDY)


def problems_of(app: str, stage: Stage, exc: Exception, root: Path) -> tuple[Problem, ...]:
    """Return the problems that an exception carries; one that carries none is a fault of Graft's
    own, which is logged, and described like an app's.
    """
    if isinstance(exc, AppError):
        return exc.problems
    log.exception("an app cannot be used", app=app, exc_info=exc)
    return (problem_from_exception(app, stage, exc, root),)


def _sendable(text: str, longest: int) -> str:
    """Return an app's text without its middle if it is too long, and without what no text has."""
    if len(text) > longest:
        half = longest // 2
        text = f"{text[:half]} … {text[-half:]}"
    # Halves of surrogate pairs: neither JSON nor a terminal can show them.
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def _chain(exc: BaseException) -> Iterator[BaseException]:
    """The exception, then what it was raised from, then members of a group; each once."""
    seen: set[int] = set()
    waiting = [exc]
    while waiting:
        current = waiting.pop(0)
        if id(current) in seen:
            continue
        seen.add(id(current))
        yield current
        if current.__cause__ is not None:
            waiting.append(current.__cause__)
        elif current.__context__ is not None and not current.__suppress_context__:
            waiting.append(current.__context__)
        if isinstance(current, BaseExceptionGroup):
            waiting.extend(current.exceptions)


def _place(exc: BaseException, root: Path) -> tuple[str, int | None] | None:
    """File relative to `root` and line to blame for `exc`; None when no frame is below `root`."""
    if isinstance(exc, SyntaxError) and exc.filename:
        inside = _relative(exc.filename, root)
        if inside is not None:
            return inside, exc.lineno
    return _innermost(exc, root)


def _innermost(exc: BaseException, root: Path) -> tuple[str, int] | None:
    """File relative to `root` and line of the innermost frame of a traceback that is below it."""
    place = None
    for frame, line in traceback.walk_tb(exc.__traceback__):
        inside = _relative(frame.f_code.co_filename, root)
        if inside is not None:
            place = inside, line
    return place


def place_of_frame(frame: FrameType | None, root: Path) -> tuple[str, int] | None:
    """File relative to `root` and line of the innermost frame inside it; None without any."""
    while frame is not None:
        inside = _relative(frame.f_code.co_filename, root)
        if inside is not None:
            return inside, frame.f_lineno
        frame = frame.f_back
    return None


def place_of_function(function: Callable[..., Any], root: Path) -> tuple[str, int] | None:
    """File relative to `root` and first line of a function's text; None if it is elsewhere."""
    code = getattr(inspect.unwrap(function), "__code__", None)
    inside = _relative(code.co_filename, root) if code is not None else None
    return (inside, code.co_firstlineno) if code is not None and inside is not None else None


def _relative(filename: str, root: Path) -> str | None:
    prefix = f"{root}/"
    posix = filename.replace("\\", "/")
    prefix = prefix.replace("\\", "/")
    return posix.removeprefix(prefix) if posix.startswith(prefix) else None


def _message(exc: BaseException) -> str:
    """`ValueError: first line of the text`."""
    formatted = traceback.TracebackException.from_exception(exc)
    name = type(exc).__name__
    for line in "".join(formatted.format_exception_only()).splitlines():
        qualified, separator, text = line.partition(":")
        if qualified.rpartition(".")[2] == name:
            return f"{name}:{text}" if separator and text.strip() else name
    return name


def _detail(exc: BaseException, root: Path) -> str:
    formatted = traceback.TracebackException.from_exception(exc, compact=True)
    _keep_frames(formatted, root)
    return "".join(formatted.format())


def _keep_frames(formatted: traceback.TracebackException, root: Path) -> None:
    """Drop the frames of the framework: an author looks for his own lines, and for the last one."""
    frames = list(formatted.stack)
    formatted.stack[:] = [
        frame
        for index, frame in enumerate(frames)
        if index == len(frames) - 1 or _relative(frame.filename, root) is not None
    ]
    for inner in (formatted.__cause__, formatted.__context__, *(formatted.exceptions or ())):
        if inner is not None:
            _keep_frames(inner, root)
