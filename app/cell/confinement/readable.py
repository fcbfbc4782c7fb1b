"""What a confined process may read besides what it is given: Python, its libraries, the system's
shared files. Nothing of the server: not its data folder, its key, its database or its apps.
"""

from __future__ import annotations

import site
import sys
import sysconfig
from pathlib import Path

_GRAFT = Path(__file__).parents[2]

# Shared libraries, time zones, certificates, types of files, names of users and hosts; what the
# C library and Python's own modules open by themselves. Nothing that is secret on any system.
_SYSTEM = (
    "/lib",
    "/lib32",
    "/lib64",
    "/usr/lib",
    "/usr/lib32",
    "/usr/lib64",
    "/usr/local/lib",
    "/usr/share",
    "/etc/group",
    "/etc/hosts",
    "/etc/ld.so.cache",
    "/etc/localtime",
    "/etc/mime.types",
    "/etc/nsswitch.conf",
    "/etc/passwd",
    "/etc/ssl/certs",
    "/etc/ssl/openssl.cnf",
    "/etc/timezone",
    "/dev/random",
    "/dev/urandom",
    "/dev/zero",
    "/proc/cpuinfo",
    "/proc/meminfo",
    "/proc/self",
    "/proc/stat",
    "/sys/devices/system/cpu",
)

# Where programs and what loads them are.
_PROGRAMS = (
    "/bin",
    "/lib",
    "/lib64",
    "/sbin",
    "/usr/bin",
    "/usr/lib",
    "/usr/lib64",
    "/usr/local/bin",
    "/usr/local/lib",
    "/usr/sbin",
)


def readable() -> tuple[Path, ...]:
    """Files and folders that exist here; `/proc/self` is the process that asks."""
    schemes = ("stdlib", "platstdlib", "purelib", "platlib")
    python = {*(sysconfig.get_path(name) for name in schemes), *site.getsitepackages()}
    named = [Path(name) for name in (*sorted(python), *_SYSTEM)]
    return tuple(path for path in (_GRAFT, *_prefixes(), *named) if path.exists())


def executable() -> tuple[Path, ...]:
    """Folders of programs that exist here, for a process that may start some."""
    named = [Path(name) for name in _PROGRAMS]
    return tuple(path for path in (*_prefixes(), *named) if path.exists())


def _prefixes() -> list[Path]:
    """Where this Python and its environment are installed. A system's own, whose prefix is the
    whole of `/usr`, is in its library folders.
    """
    prefixes = {Path(sys.prefix), Path(sys.base_prefix), Path(sys.exec_prefix)}
    return sorted(p for p in prefixes if p not in (Path("/"), Path("/usr"), Path("/usr/local")))
