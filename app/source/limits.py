"""How large a client app may be."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath

_ELSEWHERE = "Large data belongs in app.core.files, not into the app."
_AS_DATA = "Put data into a file of its own, such as assets/data.json, and read it from there."


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one app may hold: number of files, bytes of one file, bytes of all files.

    Python files have limits of their own: the server reads them into syntax trees, a thousand times
    as large, while everybody else waits for a part of a second.
    """

    files: int = 5_000
    file_bytes: int = 32 * 1024 * 1024
    total_bytes: int = 128 * 1024 * 1024
    python_file_bytes: int = 512 * 1024
    python_total_bytes: int = 8 * 1024 * 1024

    def excess(self, path: PurePosixPath, size: int, python_total: int) -> tuple[str, str] | None:
        """Return what is wrong with the size of a file, and what to do; None if nothing is.

        `python_total` is the size of all Python files so far, this one among them if it is one.
        """
        if size > self.file_bytes:
            return f"is larger than {megabytes(self.file_bytes)}", _ELSEWHERE
        if path.suffix != ".py":
            return None
        if size > self.python_file_bytes:
            limit = megabytes(self.python_file_bytes)
            return f"is larger than {limit}, too large for a Python file", _AS_DATA
        if python_total > self.python_total_bytes >= python_total - size:  # told once
            limit = megabytes(self.python_total_bytes)
            return f"makes the app's Python files larger than {limit} together", _AS_DATA
        return None


def megabytes(count: int) -> str:
    """Return a number of bytes in words."""
    return f"{count / 1_048_576:g} MB"
