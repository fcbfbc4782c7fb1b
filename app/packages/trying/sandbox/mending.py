"""Mending: puts back what belongs to everybody in a process and was replaced or removed.

A package that changes `builtins.len` or `os.write` does it to the server and to all other apps.
"""

from __future__ import annotations

import builtins
import sys
from collections.abc import Mapping
from typing import Any

# Modules whose functions are used everywhere; what they keep in variables may change.
_EVERYBODYS = (
    "asyncio",
    "contextvars",
    "importlib",
    "io",
    "json",
    "os",
    "pathlib",
    "pickle",
    "re",
    "reflex",
    "signal",
    "socket",
    "sqlite3",
    "ssl",
    "threading",
    "time",
)


class Mender:
    """Remembers what is there when it is made."""

    def __init__(self) -> None:
        self._kept = [
            _Kept("builtins.{}", vars(builtins), dict(vars(builtins))),
            _Kept("sys.modules[{!r}]", sys.modules, _of_others(sys.modules)),
        ]
        for name in _EVERYBODYS:
            values = vars(sys.modules[name]) if name in sys.modules else {}
            functions = {key: value for key, value in values.items() if callable(value)}
            self._kept.append(_Kept(f"{name}.{{}}", values, functions))

    def mend(self) -> list[str]:
        """Put everything back, and return the names of what was not as it was."""
        # Looking at it comes after all is there again: it needs most of it.
        found = [(kept, kept.put_back()) for kept in self._kept]
        return [name for kept, now in found for name in kept.changed(now)]


class _Kept:
    """A namespace: how to call what is in it, and what was."""

    def __init__(self, form: str, values: dict[str, Any], before: Mapping[str, Any]) -> None:
        self._form = form
        self._before = before
        # Methods and not their names: names are what may have changed.
        self._copy, self._update = values.copy, values.update

    def put_back(self) -> dict[str, Any]:
        """Put back what was; return what was there instead."""
        now = self._copy()
        self._update(self._before)
        return now

    def changed(self, now: Mapping[str, Any]) -> list[str]:
        """Return the names of what is missing in `now`, or something else."""
        same = object()
        return [
            self._form.format(name)
            for name, value in self._before.items()
            if now.get(name, same) is not value
        ]


def _of_others(modules: Mapping[str, Any]) -> dict[str, Any]:
    """Return all modules but those of client apps, which come and go."""
    return {name: m for name, m in modules.items() if name.partition(".")[0] != "client_apps"}
