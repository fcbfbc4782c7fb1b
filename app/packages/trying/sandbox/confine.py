"""Confine: the kernel's limits on the process of a dry run. Nothing of it can be undone."""

from __future__ import annotations

import resource
from collections.abc import Iterable
from pathlib import Path

from app.packages.limits import DryRunLimits
from app.packages.trying.sandbox import landlock, seccomp
from app.packages.trying.sandbox.readable import readable

LAYERS = ("limits", "landlock", "seccomp")
"""All that there are. Which of them a kernel takes, `confine` says."""


def confine(limits: DryRunLimits, writable: Path, given: Iterable[Path] = ()) -> tuple[str, ...]:
    """Restrict this process to `limits`, to writing below `writable`, and to reading there, what
    is `given` and what every Python needs (`readable`).

    Returns the names of the layers that the kernel took, of `LAYERS`.
    """
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_AS, limits.memory_bytes)
    _limit(resource.RLIMIT_FSIZE, limits.file_bytes)
    _limit(resource.RLIMIT_NOFILE, limits.open_files)
    # The soft limit sends a signal that shows the line; one second later the hard one kills.
    resource.setrlimit(resource.RLIMIT_CPU, (limits.cpu_seconds, limits.cpu_seconds + 1))
    layers = ["limits"]
    if landlock.install(writable, (*readable(), *given)):
        layers.append("landlock")
    if seccomp.install():
        layers.append("seccomp")
    else:
        # Counts what the same user runs elsewhere, so that it can be nothing but zero; no effect
        # on root.
        _limit(resource.RLIMIT_NPROC, 0)
    return tuple(layers)


def _limit(kind: int, value: int) -> None:
    _, hard = resource.getrlimit(kind)
    if hard != resource.RLIM_INFINITY:
        value = min(value, hard)
    resource.setrlimit(kind, (value, value))
