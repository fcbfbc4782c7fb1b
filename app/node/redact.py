"""Secrets never reach a log: fields named like one, and values that are known to be one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

REDACTED = "[redacted]"
SHORTEST = 4
"""Shorter values are not looked for: half of every line would be redacted."""

_SECRET_KEY = re.compile(
    r"passw(or)?d|passphrase|secret|token|authori[sz]ation|cookie|api_?key|private_?key|credential",
    re.IGNORECASE,
)
_IN_URL = re.compile(r"(?<=://)([^/\s:@]*):([^/\s@]+)@")
_BEARER = re.compile(r"\b(bearer|basic)\s+[\w.~+/=-]{16,}", re.IGNORECASE)
_MAX_DEPTH = 8


class Redactor:
    """Takes secrets out of log lines. It can be called from any thread."""

    def __init__(self) -> None:
        self._values: dict[str, frozenset[str]] = {}
        self._pattern: re.Pattern[str] | None = None

    def know(self, owner: str, values: Iterable[str]) -> None:
        """Remember the secret values of an owner (an app, the environment), and forget those that
        it had before.
        """
        self._values[owner] = frozenset(value for value in values if len(value) >= SHORTEST)
        known = sorted({v for values in self._values.values() for v in values}, key=len)
        # The longest first: a secret may begin with another one.
        self._pattern = re.compile("|".join(map(re.escape, reversed(known)))) if known else None

    def __call__(self, logger: Any, method: str, line: Mapping[str, Any]) -> dict[str, Any]:
        """Return the line without secrets; structlog calls it. Keys of its own begin with "_"."""
        return {
            key: value
            if key.startswith("_")
            else (REDACTED if _is_secret(key, value) else self.clean(value))
            for key, value in line.items()
        }

    def clean(self, value: Any, depth: int = 0) -> Any:
        """Return a value, its items included, without secrets.

        Objects that are not of JSON become their `repr`, because only a text can be searched.
        """
        if value is None or isinstance(value, bool | int | float):
            return value
        if isinstance(value, str):
            return self._text(value)
        if depth < _MAX_DEPTH and isinstance(value, Mapping):
            return {
                self._text(str(key)): REDACTED
                if _is_secret(str(key), inner)
                else self.clean(inner, depth + 1)
                for key, inner in value.items()
            }
        if depth < _MAX_DEPTH and isinstance(value, list | tuple | set | frozenset):
            return [self.clean(inner, depth + 1) for inner in value]
        return self._text(_repr(value))

    def _text(self, text: str) -> str:
        if self._pattern is not None:
            text = self._pattern.sub(REDACTED, text)
        if "://" in text:
            text = _IN_URL.sub(rf"\1:{REDACTED}@", text)
        return _BEARER.sub(rf"\1 {REDACTED}", text)


def _is_secret(key: str, value: Any) -> bool:
    """Tell whether a field is named like a secret; counts of tokens and flags are none."""
    if value is None or isinstance(value, bool | int | float):
        return False
    return _SECRET_KEY.search(key) is not None


def _repr(value: Any) -> str:
    try:
        return repr(value)
    except Exception as error:
        # The object is an app's: even its repr may fail.
        return f"<{type(value).__name__}, whose repr fails with {type(error).__name__}>"
