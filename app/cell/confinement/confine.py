"""Confine: the kernel's limits on this process. Nothing of it can be undone."""

from __future__ import annotations

import os
import resource
import threading
from pathlib import Path

from app.cell.confinement import landlock, powers, seccomp
from app.cell.confinement.confinement import Confinement
from app.cell.confinement.readable import executable, readable


def confine(allowed: Confinement) -> tuple[str, ...]:
    """Restrict this process to what is allowed.

    Returns the names of the layers that the kernel took, of `LAYERS`. Raises RuntimeError where
    there is a second thread, which nothing would restrict.
    """
    if threading.active_count() > 1 or len(_threads()) > 1:
        raise RuntimeError("A process is confined before it begins a second thread.")
    layers = []
    if "limits" in allowed.layers:
        _limit_all(allowed)
        layers.append("limits")
    if "landlock" in allowed.layers and _landlock(allowed):
        layers.append("landlock")
    if allowed.user is not None:
        powers.become(allowed.user)
    if "limits" in allowed.layers:
        powers.drop(but_files="landlock" in layers or allowed.user is None)
    if "seccomp" in allowed.layers and seccomp.install(
        network=allowed.network,
        processes=allowed.processes,
        signals="landlock" in layers and landlock.scopes_signals(),
    ):
        layers.append("seccomp")
    elif not allowed.processes:
        # Counts what the same user runs elsewhere, so that it can be nothing but zero; no effect
        # on root.
        _limit(resource.RLIMIT_NPROC, 0)
    return tuple(layers)


def layers_here() -> tuple[str, ...]:
    """Names of the layers that confine a process here: a child tries, and ends.

    This process must have one thread only.
    """
    told, tell = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.write(tell, " ".join(confine(Confinement())).encode())
        finally:
            os._exit(0)
    os.close(tell)
    with open(told, "rb") as pipe:
        names = pipe.read()
    os.waitpid(child, 0)
    return tuple(names.decode().split())


def _landlock(allowed: Confinement) -> bool:
    return landlock.install(
        read=[*readable(), *map(Path, allowed.read)],
        write=map(Path, allowed.write),
        execute=executable() if allowed.processes else (),
        network=allowed.network,
    )


def _threads() -> list[str]:
    """Those that Python did not start, too; empty where the kernel does not tell."""
    try:
        return os.listdir("/proc/self/task")
    except OSError:
        return []


def _limit_all(allowed: Confinement) -> None:
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_AS, allowed.address_bytes)
    _limit(resource.RLIMIT_DATA, allowed.data_bytes)
    _limit(resource.RLIMIT_FSIZE, allowed.file_bytes)
    _limit(resource.RLIMIT_NOFILE, allowed.open_files)
    _limit(resource.RLIMIT_NPROC, allowed.tasks)
    if allowed.cpu_seconds is not None:
        # The soft limit sends a signal that shows the line; one second later the hard one kills.
        seconds = allowed.cpu_seconds
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))


def _limit(kind: int, value: int | None) -> None:
    if value is None:
        return
    _, hard = resource.getrlimit(kind)
    if hard != resource.RLIM_INFINITY:
        value = min(value, hard)
    resource.setrlimit(kind, (value, value))
