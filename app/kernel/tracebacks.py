"""The text of exceptions that code of others raised, and that may fail when they are described."""

from __future__ import annotations

import traceback


def traceback_of(error: BaseException) -> str:
    """Return the whole text of an exception, as Python prints it.

    Attributes of an exception are its author's: `SyntaxError("…", (None, "a", None, 3))`, say, or
    notes that are a property. Of one that cannot be described there are the frames, and the name of
    its class.
    """
    try:
        return "".join(traceback.format_exception(error))
    except Exception:
        frames = "".join(traceback.format_tb(error.__traceback__))
        return f"Traceback (most recent call last):\n{frames}{undescribed(error)}\n"


def undescribed(error: BaseException) -> str:
    """Return what is said of an exception that cannot be described."""
    return f"{type(error).__name__}: its description fails, too"
