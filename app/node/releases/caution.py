"""Caution with versions during whose load the server ended.

Some code ends the process while it is imported: `os._exit`, a crash in C, all of the memory. It
would do so again at every first opening, for ever. So every load leaves a note on disk for as long
as it goes on. A note that a start finds names what was loaded when the server ended; before that is
loaded again it is tried in a confined process, and refused if that ends, too. If it does not, the
fault was the machine's.
"""

from __future__ import annotations

import contextlib
import json
import os
import threading
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import structlog

from app.source.app_source import AppSource
from app.source.problems import AppError, NotNow, Problem

log = structlog.get_logger("graft")

TryOut = Callable[[Path], Awaitable[Sequence[Problem]]]
"""Loads the app in a folder in a confined process; returns how that process ended, if it did not
live to tell what it found. Raises what kept it from trying."""

FIRST_PAUSE_SECONDS = 60.0
LONGEST_PAUSE_SECONDS = 3600.0
"""How long a version is left alone that ended the server again although it passed the trial."""

_FORGOTTEN_SECONDS = 30 * 24 * 3600.0


@dataclass(frozen=True)
class _Note:
    """What is noted of one version; the time is that of the file.

    Attributes:
        deaths: how often the server ended while it was loaded.
        loading: whether it is being loaded now.
        at: when the server ended last, as far as it is known.
        passed: whether it lived through the trial since then.
    """

    deaths: int = 0
    loading: bool = False
    at: float = 0.0
    passed: bool = False


async def _not_tried(folder: Path) -> Sequence[Problem]:
    return ()


class Caution:
    """Notes loads, and tries what a load may have ended the server with.

    Args:
        folder: where notes are kept; made if it is missing. None: nothing is noted.
        try_out: tries a version.
        now: the clock.
    """

    def __init__(
        self,
        folder: Path | None = None,
        try_out: TryOut = _not_tried,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._folder = folder
        self._try_out = try_out
        self._now = now
        self._lock = threading.Lock()
        self._notes: dict[str, _Note] = {}
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
            for file in folder.glob("*.json"):
                self._take_up(file)

    async def before(self, source: AppSource) -> None:
        """Make sure that loading a version does not end the server, as far as that is known.

        Raises:
            AppError: the server ended while it was loaded, and so did the process that tried it.
            NotNow: it cannot be tried now, or should be left alone for a while.
        """
        name = _name(source)
        note = self._notes.get(name)
        if note is None or not note.deaths:
            return
        if not note.passed:
            await self._try(source, note)
            self._notes[name] = replace(note, passed=True)
        pause = min(FIRST_PAUSE_SECONDS * 2.0 ** (note.deaths - 2), LONGEST_PAUSE_SECONDS)
        if note.deaths > 1 and self._now() < note.at + pause:
            raise NotNow((_left_alone(source, note, note.at + pause),))

    @contextlib.contextmanager
    def noted(self, source: AppSource) -> Iterator[None]:
        """Note that a version is loaded inside the `with` statement; in any thread."""
        if self._folder is None:
            yield
            return
        name = _name(source)
        with self._lock:
            before = self._notes.get(name, _Note())
            self._notes[name] = replace(before, loading=True)
            self._write(name)
        try:
            yield
        finally:
            # However it went: the process lives.
            with self._lock:
                self._notes.pop(name, None)
                self._remove(name)

    def stopping(self) -> None:
        """Take back the notes of loads that go on: the server is about to end in good order."""
        with self._lock:
            for name in [name for name, note in self._notes.items() if note.loading]:
                self._notes[name] = replace(self._notes[name], loading=False)
                if self._notes[name].deaths:
                    self._write(name)
                else:
                    self._remove(name)

    async def _try(self, source: AppSource, note: _Note) -> None:
        log.warning("the server ended while an app was loaded; trying it apart", app=source.id)
        try:
            problems = await self._try_out(source.root)
        except Exception as error:
            log.exception("a version cannot be tried", app=source.id)
            raise NotNow((_cannot_be_tried(source, error),)) from error
        if problems:
            raise AppError(tuple(_refused(problem) for problem in problems))
        log.info("it can be loaded: the machine was at fault", app=source.id)

    def _take_up(self, file: Path) -> None:
        """Learn from a note that an earlier process left."""
        try:
            at = file.stat().st_mtime
            found = json.loads(file.read_text("utf-8"))
            deaths = int(found["deaths"]) + bool(found["loading"])
        except (OSError, ValueError, TypeError, KeyError):
            deaths, at = 0, 0.0  # half of a note, of a machine that lost its power
        if not deaths or at < self._now() - _FORGOTTEN_SECONDS:
            self._remove(file.stem)
            return
        self._notes[file.stem] = _Note(deaths, at=at)
        self._write(file.stem)

    def _write(self, name: str) -> None:
        """Write a note. Not for good: what it is about ends the process, and not the machine."""
        note = self._notes[name]
        text = json.dumps({"deaths": note.deaths, "loading": note.loading})
        try:
            _put(self._file(name), text.encode())
        except OSError as error:
            # A full disk is no reason to load nothing.
            log.warning("loading an app is not noted", file=name, why=str(error))

    def _remove(self, name: str) -> None:
        with contextlib.suppress(OSError):
            os.unlink(self._file(name))

    def _file(self, name: str) -> str:
        return f"{self._folder}/{name}.json"


def _put(file: str, content: bytes) -> None:
    """Write a small file by what the system offers: every save waits for it, and Python's own files
    take twice as long.
    """
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        os.write(descriptor, content)
    finally:
        os.close(descriptor)


def _name(source: AppSource) -> str:
    """Return a name for exactly these files of an app."""
    return f"{source.id.replace('/', '.')}.{source.digest[:32]}"


def _refused(problem: Problem) -> Problem:
    return replace(
        problem,
        message=f"the server ended while it was loaded, and so did the check: {problem.message}",
    )


def _left_alone(source: AppSource, note: _Note, until: float) -> Problem:
    at = datetime.fromtimestamp(until, UTC).strftime("%H:%M UTC")
    return Problem(
        app=source.id,
        stage="load",
        file="",
        line=None,
        message=f"the server ended {note.deaths} times while it was loaded, and it is not loaded"
        f" again before {at}",
        remedy="It does no harm where packages are checked: look for what differs on the server, or"
        " serve another version.",
    )


def _cannot_be_tried(source: AppSource, error: Exception) -> Problem:
    return Problem(
        app=source.id,
        stage="load",
        file="",
        line=None,
        message="the server ended while it was loaded, and it cannot be tried apart now:"
        f" {type(error).__name__}: {error}",
        remedy="Try again in a while; the server's log says more.",
    )
