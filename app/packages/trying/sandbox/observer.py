"""Observer: refuses inside Python what a package may not do while it is loaded, and notes where.

The kernel refuses the same (`app.cell.confinement`), but cannot name the line, and not every
kernel can.
"""

from __future__ import annotations

import atexit
import os
import re
import signal
import sys
import sysconfig
import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

from app.packages.trying.sandbox.mending import Mender

_PROCESSES = frozenset(
    {
        "os.fork",
        "os.forkpty",
        "os.posix_spawn",
        "os.spawn",
        "os.exec",
        "os.system",
        "pty.spawn",
        "subprocess.Popen",
    }
)
_NETWORK = frozenset(
    {
        "socket.bind",
        "socket.connect",
        "socket.getaddrinfo",
        "socket.gethostbyaddr",
        "socket.gethostbyname",
        "socket.sendto",
    }
)
_SIGNALS = frozenset({"os.kill", "os.killpg", "signal.pthread_kill"})
_WATCHED = _PROCESSES | _NETWORK | _SIGNALS

_NO_SIGNALS = "no other process may be sent a signal while a package is loaded"

_MAX_NOTES = 40
_MAX_ALIKE = 10


@dataclass(frozen=True, slots=True)
class Note:
    """Something a package did while it was loaded.

    Attributes:
        kind: "process", "network", "signal" (to itself), "kill" (a signal to others), "handler",
            "atexit", "exit", "thread" or "python".
        what: a function or a value, to name it.
        file: posix path below the app's folder, "" when none of its lines is to blame.
        line: counted from 1, 0 without a file.
        direct: whether the app did it by itself, not a library that it imports.
    """

    kind: str
    what: str
    file: str
    line: int
    direct: bool

    def as_dict(self) -> dict[str, Any]:
        """The note as JSON-able data."""
        return asdict(self)


class Observer:
    """Watches this process until its end; an audit hook cannot be taken off."""

    def __init__(self, root: str, send: Callable[[Note], None]) -> None:
        """Take the app's folder and what to do with a note."""
        self._root = f"{root}/"
        self._send = send
        self._seen: set[Note] = set()
        self._started: dict[threading.Thread, Note] = {}
        # Not a group, even its own: nobody knows here who else is in it.
        self._itself = "os.kill", os.getpid()
        self._exit = os._exit
        self._register = atexit.register
        self._library = f"{sysconfig.get_path('stdlib')}/"
        self._packages = f"{sysconfig.get_path('purelib')}/"

    def start(self) -> None:
        """Begin."""
        os._exit = self._note_exit
        atexit.register = self._note_atexit  # type: ignore[assignment]
        noted = self._noting_start(threading.Thread.start)
        threading.Thread.start = noted  # type: ignore[method-assign, assignment]
        signal.signal = self._note_handler("signal.signal")
        signal.alarm = self._note_handler("signal.alarm")
        signal.setitimer = self._note_handler("signal.setitimer")
        if hasattr(signal, "pidfd_send_signal"):
            signal.pidfd_send_signal = self._refuse_signal  # raises no audit event
        sys.addaudithook(self._audit)
        self._mender = Mender()

    def mend(self) -> None:
        """Put back what belongs to everybody and the package changed, and note what that was."""
        for name in self._mender.mend()[:_MAX_ALIKE]:
            self._send(Note("python", name, *self._first_line_with(name), True))

    def threads(self) -> list[Note]:
        """The threads that run although everything is loaded, each at the line that it is in, else
        at the one that started it; of very many, some.
        """
        own = {threading.get_ident(), threading.main_thread().ident}
        objects = {thread.ident: thread for thread in threading.enumerate()}
        notes: list[Note] = []
        for ident, frame in sys._current_frames().items():
            if ident not in own and len(notes) < _MAX_ALIKE:
                thread = objects.get(ident)
                note = self._at(frame, "thread", thread.name if thread else "a thread")
                started = self._started.get(thread) if thread else None
                notes.append(note if note.file or not started else started)
        return notes

    def _audit(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event not in _WATCHED:
            return
        if event in _SIGNALS:
            own = event == "signal.pthread_kill" or (event, arguments[0]) == self._itself
            self._note("signal" if own else "kill", _signal_name(arguments))
            if not own:
                raise PermissionError(_NO_SIGNALS)
        elif event in _PROCESSES:
            self._note("process", event)
            raise PermissionError("no process may be started while a package is loaded")
        else:
            self._note("network", event)
            raise PermissionError("there is no network while a package is loaded")

    def _noting_start(
        self, start: Callable[[threading.Thread], None]
    ) -> Callable[[threading.Thread], None]:
        # Starting a thread raises no audit event in the older versions of Python.
        def noted(thread: threading.Thread) -> None:
            self._started[thread] = self._at(sys._getframe(1), "thread", thread.name)
            start(thread)

        return noted

    def _note_handler(self, name: str) -> Callable[..., Any]:
        def refuse(*_: object, **__: object) -> NoReturn:
            # Libraries that ask in passing, such as asyncio.run, do without it.
            if sys._getframe(1).f_code.co_filename.startswith(self._root):
                self._note("handler", name)
            # What Python itself says on a server, where apps are loaded in a thread.
            raise ValueError("signal only works in main thread of the main interpreter")

        return refuse

    def _refuse_signal(self, pidfd: int, signalnum: int, *_: object) -> NoReturn:
        self._note("kill", _signal_name((pidfd, signalnum)))
        raise PermissionError(_NO_SIGNALS)

    def _note_exit(self, status: int) -> NoReturn:
        self._note("exit", f"os._exit({status})")
        self._exit(status)

    def _note_atexit(self, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        self._note("atexit", getattr(function, "__qualname__", "a function"))
        return self._register(function, *args, **kwargs)

    def _note(self, kind: str, what: str) -> None:
        note = self._at(sys._getframe(2), kind, what[:200])
        if note not in self._seen and len(self._seen) < _MAX_NOTES:
            self._seen.add(note)
            self._send(note)

    def _at(self, frame: FrameType | None, kind: str, what: str) -> Note:
        """A note for the innermost line of the app; direct when only Python's own is below it."""
        direct = True
        while frame is not None:
            name = frame.f_code.co_filename
            if name.startswith(self._root):
                return Note(kind, what, name.removeprefix(self._root), frame.f_lineno, direct)
            direct = direct and self._is_python_itself(name)
            frame = frame.f_back
        return Note(kind, what, "", 0, False)

    def _first_line_with(self, name: str) -> tuple[str, int]:
        """File and line where the app names `sys.modules['json']`, say, first; "" and 0 if nowhere.

        Nobody sees who changes a dictionary; most say what they change.
        """
        words = set(re.findall(r"\w+", name))
        for file in sorted(Path(self._root).rglob("*.py")):
            lines = file.read_text("utf-8", "replace").splitlines()
            for number, line in enumerate(lines, 1):
                if words <= set(re.findall(r"\w+", line)):
                    return file.relative_to(self._root).as_posix(), number
        return "", 0

    def _is_python_itself(self, name: str) -> bool:
        if name.startswith("<frozen ") or name == __file__:
            return True
        return name.startswith(self._library) and not name.startswith(self._packages)


def _signal_name(arguments: tuple[Any, ...]) -> str:
    try:
        return signal.Signals(arguments[1]).name
    except (IndexError, ValueError):
        return "a signal"
