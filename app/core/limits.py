"""Settings of the contexts that an operator may change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from app.kernel.errors import Invalid

MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """The largest file and the largest document content that are accepted, in bytes."""

    file_bytes: int = 1024 * MIB
    document_bytes: int = 32 * MIB

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> Limits:
        """Read GRAFT_MAX_FILE_MB and GRAFT_MAX_DOCUMENT_MB (MiB), each optional.

        Raises:
            Invalid: one of them is not a whole number above 0.
        """
        return cls(
            file_bytes=_mebibytes(environ, "GRAFT_MAX_FILE_MB", cls().file_bytes),
            document_bytes=_mebibytes(environ, "GRAFT_MAX_DOCUMENT_MB", cls().document_bytes),
        )


@dataclass(frozen=True, slots=True)
class Retention:
    """How long the audit log is kept; None is for ever."""

    audit: timedelta | None = timedelta(days=400)

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> Retention:
        """Read GRAFT_AUDIT_DAYS, which is optional; 0 keeps the log for ever.

        Raises:
            Invalid: it is not a whole number of days.
        """
        text = environ.get("GRAFT_AUDIT_DAYS", "").strip()
        if not text:
            return cls()
        if not text.isdecimal() or len(text) > 6:
            raise Invalid(
                f"GRAFT_AUDIT_DAYS must be a whole number of days, 0 for ever, not {text!r}"
            )
        return cls(timedelta(days=int(text)) if int(text) else None)


def whole_number(environ: Mapping[str, str], variable: str, default: int, least: int = 1) -> int:
    """Return a setting that is a number, `default` when it is not set.

    Raises:
        Invalid: it is not a whole number, or less than `least`; the message names it.
    """
    text = environ.get(variable, "").strip()
    if not text:
        return default
    if not text.isdecimal() or int(text) < least or len(text) > 8:
        raise Invalid(f"{variable} must be a whole number, {least} or more, not {text!r}")
    return int(text)


def _mebibytes(environ: Mapping[str, str], variable: str, default: int) -> int:
    text = environ.get(variable, "").strip()
    if not text:
        return default
    if not text.isdecimal() or int(text) == 0:
        raise Invalid(f"{variable} must be a whole number of MiB above 0, not {text!r}")
    return int(text) * MIB
