"""What an author is told of a page: what popped up, what failed, what was refused."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.cell.loading.version import LoadedVersion, Version

_TOAST = re.compile(r"__toast'\]\??\.?\[?\"?(\w*)\"?\]?\(\"((?:[^\"\\]|\\.)*)\"")


class EventFailed(Exception):
    """An event handler of the app raised; the message is its error, with the traceback."""


class EventRefused(Exception):
    """What was sent is no event that a browser may send from where the page is; the message says
    why, and what to do.
    """


@dataclass(frozen=True)
class Toast:
    """A message that popped up: its kind ("success", "error", …; "" for a plain one) and text."""

    kind: str
    text: str


def toast_in(code: str) -> Toast | None:
    """Return the message that a piece of JavaScript lets pop up, None if it is another one."""
    found = _TOAST.search(code)
    return Toast(found[1], json.loads(f'"{found[2]}"')) if found else None


def failure_of(problems: list[dict[str, Any]]) -> EventFailed:
    """Return the error that says what is wrong."""
    return EventFailed(*(_told(problem) for problem in problems))


def refusal_of(name: str, version: Version | None) -> EventRefused:
    """Return the error for an event that was not let in.

    Args:
        name: the event's full name.
        version: of its app; None when the user of the page may not use it (any more).
    """
    if version is None:
        return EventRefused(f"{name}: its app is off, gone, or not for the user of the page")
    known = version.handlers.get(name) if isinstance(version, LoadedVersion) else None
    short = known.handler.fn.__qualname__ if known is not None else name
    return EventRefused(
        f"{short} is no event that a browser may send: decorate it with @rx.event, or name it in a"
        " page (on_click=…). What only the app itself calls is tested through an event that calls"
        " it"
    )


def _told(problem: Mapping[str, Any]) -> str:
    return f"{problem['message']}\n{problem['detail']}"
