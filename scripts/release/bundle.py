"""Bundle: a release with every wheel that it installs, for machines that reach no network."""

from __future__ import annotations

import platform
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

from packaging.markers import default_environment

from scripts.release.checksums import write_checksums
from scripts.release.lock import Locked, read_lock, write_lock
from scripts.release.stage import CannotRelease

PYTHONS = ("3.11", "3.13")
"""Versions of Python that wheels are brought for: those of Debian 12 and 13."""

WHEELS = "wheels"

# A wheel says with which C library it was built; Debian 12 has 2.36.
_C_LIBRARIES = ("manylinux2014", *(f"manylinux_2_{minor}" for minor in range(36, 16, -1)))


def add_wheels(checkout: Path, release: Path) -> None:
    """Put the wheels of the release's lock file into its folder `wheels`, and pip to install them.

    They are for this machine's kind of processor, Linux with glibc 2.36 or newer, and `PYTHONS`.

    Raises:
        CannotRelease: a wheel cannot be had, or is not the one that the lock file names.
    """
    locked = read_lock(release / "requirements.lock")
    # A fresh Debian has no pip, so the bundle brings its own.
    pip = [one for one in read_lock(checkout / "requirements-build.lock") if one.name == "pip"]
    for python in PYTHONS:
        wanted = [one for one in locked if one.is_wanted(_debian(python))]
        _download([*wanted, *pip], release / WHEELS, python)
    write_checksums(release)


def _debian(python: str) -> dict[str, str]:
    """What markers may ask of such a machine. Of a minor version the first release is meant: it
    needs everything that later ones do.
    """
    return {
        **{name: str(value) for name, value in default_environment().items()},
        "python_version": python,
        "python_full_version": f"{python}.0",
        "implementation_version": f"{python}.0",
        "sys_platform": "linux",
        "platform_system": "Linux",
        "os_name": "posix",
    }


def _download(wanted: Iterable[Locked], wheels: Path, python: str) -> None:
    machine = platform.machine()
    with tempfile.NamedTemporaryFile("w", suffix=".lock") as lock:
        write_lock(Path(lock.name), wanted)
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-input", "--no-deps"]
        command += ["--disable-pip-version-check", "--require-hashes", "-r", lock.name]
        command += ["--dest", str(wheels), "--only-binary", ":all:", "--implementation", "cp"]
        command += ["--python-version", python]
        command += [p for name in _C_LIBRARIES for p in ("--platform", f"{name}_{machine}")]
        if subprocess.run(command, check=False).returncode != 0:  # noqa: S603
            raise CannotRelease("The wheels cannot be downloaded; pip says why above.")
