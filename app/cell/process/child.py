"""Child: a fork of the zygote becomes a cell: a session, standard streams and signals of its own,
and nothing of the zygote's but what is imported.
"""

from __future__ import annotations

import faulthandler
import os
import signal
import socket
import threading
import traceback
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

from app.cell.confinement.reaper import adopt_orphans, die_with_parent

TRACE_SIGNAL = signal.SIGUSR1
"""Makes a cell write where each of its threads is, whatever they do."""

FAULT = 70
"""Exit status of a cell that ended with an exception."""

# Numbers of its descriptors, after the standard streams.
_LINE, _TRACE = 3, 4
# A thread's stack counts as memory of the cell as a whole, whatever of it is used.
_STACK_BYTES = 2 * 1024 * 1024
# Ends before the host, and before the zygote, where memory runs out.
_EXPENDABLE = 500
_MOST_EXPENDABLE = 1000


def become_cell(
    main: Callable[[socket.socket], None],
    *,
    line: int,
    output: int,
    trace: int,
    nice: int,
    zygote: int,
) -> NoReturn:
    """Run `main` with the cell's socket, and end this process, whose parent is `zygote`.

    `line` is the socket's descriptor, `output` and `trace` pipes for what is printed and for where
    its threads are. Nothing else is open.
    """
    status = FAULT
    leave = os._exit
    try:
        # First of all: from here on it cannot be left behind.
        die_with_parent(zygote)
        os.setsid()
        adopt_orphans()
        _forget_signals()
        _keep_only(line, output, trace)
        _stand_back(nice)
        threading.stack_size(_STACK_BYTES)
        # Nobody waits for who reads it: what does not fit into the pipe is lost.
        os.set_blocking(_TRACE, False)
        faulthandler.enable(_TRACE, all_threads=True)
        # What is below it ends nothing if somebody takes the handler off.
        signal.signal(TRACE_SIGNAL, signal.SIG_IGN)
        faulthandler.register(TRACE_SIGNAL, _TRACE, all_threads=True)
        main(socket.socket(fileno=_LINE))
        status = 0
    except SystemExit as error:
        status = error.code if isinstance(error.code, int) else int(error.code is not None)
    except BaseException:
        traceback.print_exc()
    finally:
        leave(status & 0xFF)


def forget_traces() -> None:
    """Write no traces any more, for a cell whose forks have a pipe of their own for that."""
    faulthandler.unregister(TRACE_SIGNAL)
    signal.signal(TRACE_SIGNAL, signal.SIG_DFL)
    faulthandler.disable()
    os.close(_TRACE)


def _forget_signals() -> None:
    signal.set_wakeup_fd(-1)
    # Also what whoever started the server ignores, as `nohup` does.
    for number in (signal.SIGCHLD, signal.SIGHUP, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)
    # Whoever presses Ctrl+C where the server runs means the server, which ends its cells.
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _keep_only(line: int, output: int, trace: int) -> None:
    """Close all descriptors but these and the standard streams, and give them their places."""
    nothing = os.open(os.devnull, os.O_RDONLY)
    # Out of the way of their places first.
    wanted = [_moved(descriptor) for descriptor in (nothing, output, output, line, trace)]
    for place, descriptor in enumerate(wanted):
        os.dup2(descriptor, place, inheritable=place < _LINE)
    for name in os.listdir("/proc/self/fd"):
        if int(name) > _TRACE:
            with suppress(OSError):  # the list's own is closed already
                os.close(int(name))


def _moved(descriptor: int) -> int:
    """A copy of a descriptor whose number is none of the places'."""
    low = []
    while (copy := os.dup(descriptor)) <= _TRACE:
        low.append(copy)
    for other in low:
        os.close(other)
    return copy


def _stand_back(nice: int) -> None:
    """Leave processor and memory to the host first."""
    os.nice(nice)
    file = Path("/proc/self/oom_score_adj")
    with suppress(OSError):
        file.write_text(str(min(int(file.read_text()) + _EXPENDABLE, _MOST_EXPENDABLE)))
