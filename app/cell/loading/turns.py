"""Loads take turns, and none for ever: what is loaded runs code of apps, which may never return."""

from __future__ import annotations

import contextvars
import ctypes
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, Generic, TypeVar

from app.rules.blame import place_of_frame, problem_from_exception
from app.rules.remedies import NOTHING_WAITS, LoadTimedOut
from app.source.app_source import AppSource
from app.source.problems import AppError, NotNow, Problem

T = TypeVar("T")

LOAD_SECONDS = 20.0
"""How long a load may take; a package's dry run may take as long."""

INTERRUPTS = 3
"""How often code is interrupted, a second apart, that catches the interruption."""


class LoadBlocked(NotNow):
    """Another load does not end; `ended` is done when it does."""

    def __init__(self, problem: Problem, ended: Future[None]) -> None:
        """Take what to tell, and what to wait for."""
        super().__init__((problem,))
        self.ended = ended


class Turns:
    """Lets one load after the other run: Reflex's compiler and sys.modules are one for the process.

    Args:
        seconds: how long each may take.
        pause: time between interruptions, in seconds.
    """

    def __init__(self, seconds: float = LOAD_SECONDS, pause: float = 1.0) -> None:
        self._seconds = seconds
        self._pause = pause
        self._lock = threading.Lock()
        self._stuck: _Load[Any] | None = None

    def run(self, source: AppSource, work: Callable[[], T]) -> T:
        """Wait for one's turn and return what `work` returns; safe to call from any thread.

        Args:
            source: what is loaded.
            work: loads it; it runs in a thread and a copy of this context.

        Raises:
            AppError: `work` took too long; it says where it was.
            LoadBlocked: an earlier load does not end, whatever is done.
        """
        with self._lock:
            stuck = self._stuck
            if stuck is not None and stuck.is_alive():
                raise LoadBlocked(_blocked(source, stuck), stuck.ended)
            self._stuck = None
            load = _Load(source, work)
            load.start()
            load.join(self._seconds)
            for _ in range(INTERRUPTS):
                if not load.is_alive():
                    break
                load.interrupt()
                load.join(self._pause)
            if load.is_alive():
                self._stuck = load
                raise AppError((_endless(load, self._seconds),))
        return load.result()


class _Load(threading.Thread, Generic[T]):
    """One load, in a thread of its own, which can be interrupted, and given up."""

    def __init__(self, source: AppSource, work: Callable[[], T]) -> None:
        super().__init__(name=f"load {source.id}", daemon=True)
        self.source = source
        self.ended = Future[None]()
        self.ended.set_running_or_notify_cancel()  # nobody who waits can cancel it
        self._context = contextvars.copy_context()
        self._work = work
        self._value: list[T] = []
        self._error: BaseException | None = None

    def run(self) -> None:
        """Do the work."""
        try:
            self._value.append(self._context.run(self._work))
        except BaseException as error:
            self._error = error
        finally:
            self.ended.set_result(None)

    def interrupt(self) -> None:
        """Raise `LoadTimedOut` in the thread, as soon as it runs Python code again."""
        thread = ctypes.c_ulong(self.ident or 0)
        ctypes.pythonapi.PyThreadState_SetAsyncExc(thread, ctypes.py_object(LoadTimedOut))

    def result(self) -> T:
        """Return what the work returned, or raise what it raised."""
        if self._value:
            return self._value[0]
        if isinstance(self._error, Exception):
            raise self._error
        # What else an app raises, such as KeyboardInterrupt, would end the server.
        error = self._error or LoadTimedOut()
        problem = problem_from_exception(self.source.id, "load", error, self.source.root)
        raise AppError((problem,)) from error

    def place(self) -> tuple[str, int | None]:
        """Return the file and line of the app where the thread is now; "" if it is elsewhere."""
        frame = sys._current_frames().get(self.ident or 0)
        return place_of_frame(frame, self.source.root) or ("", None)


def _endless(load: _Load[Any], seconds: float) -> Problem:
    file, line = load.place()
    return Problem(
        app=load.source.id,
        stage="load",
        file=file,
        line=line,
        message=f"loading it took longer than {seconds:g} s, and has not ended",
        remedy=f"{NOTHING_WAITS} Until it ends, or the server is restarted, no app can be loaded.",
    )


def _blocked(source: AppSource, load: _Load[Any]) -> Problem:
    file, line = load.place()
    where = f" (it is at {file}:{line})" if file else ""
    return Problem(
        app=source.id,
        stage="load",
        file="",
        line=None,
        message=f"no app can be loaded: the load of {load.source.id} does not end{where}",
        remedy=f"Correct {load.source.id}, and restart the server.",
    )


LOADS = Turns()
"""All loads of the process."""
