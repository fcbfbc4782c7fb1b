"""What an entry of the audit log is; knows no database."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from app.kernel.actor import User
from app.kernel.errors import Invalid

MAX_TARGET = 200
# Of the JSON text of a refused attempt, in characters: it is an attacker who fills it.
MAX_REFUSED_DETAIL = 500

# Who acts when nobody is signed in: the server itself, or a visitor that was refused.
SYSTEM = User("", "Graft", "")
ANONYMOUS = User("", "anonymous", "")

_ACTION = re.compile(r"[a-z][a-z0-9_.-]{0,59}")


class Outcome(StrEnum):
    """Whether something was done, or refused for lack of authorisation."""

    DONE = "done"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Stamp:
    """Who does something, when, and from where: what entries of one change have in common."""

    at: datetime
    actor: User
    organisation_id: str
    node: str
    ip: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry. `at` is UTC; `target` names what was acted on, such as "example/counter".

    `actor_id` is "" for the server itself and for visitors who are not signed in; `actor_name` is
    as it was then. `target_name` is what the user or organisation is called by now whose id
    `target` is; it is not stored, and "" where there is none or nobody asked.
    """

    sequence: int
    at: datetime
    actor_id: str
    actor_name: str
    organisation_id: str
    action: str
    target: str
    outcome: Outcome
    detail: Mapping[str, Any]
    node: str
    ip: str
    target_name: str = ""


Naming = Callable[[Collection[str]], Awaitable[Mapping[str, str]]]
"""Returns what ids are called, as far as it knows them."""


@dataclass(frozen=True, slots=True)
class Filter:
    """Which entries are wanted; every field that is given must fit.

    Attributes:
        since: at this time or later.
        until: before this time.
        actor_id: done by this user.
        action: this one, or with a star at the end all that begin so: "app.*".
        target: this one, or with a star at the end all that begin so: "example/*".
        organisation_id: done for this organisation.
        outcome: done or refused ones only.
    """

    since: datetime | None = None
    until: datetime | None = None
    actor_id: str | None = None
    action: str | None = None
    target: str | None = None
    organisation_id: str | None = None
    outcome: Outcome | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """Entries, the newest first. `next` is the argument `before` of the next page, if any."""

    entries: tuple[Entry, ...]
    next: int | None


def checked_action(action: str) -> str:
    """Return `action`, lower-case words joined by dots such as "app.promote".

    Raises:
        Invalid: it is not such a name.
    """
    if not _ACTION.fullmatch(action):
        raise Invalid(f"{action[:60]!r} is not an action such as 'app.promote'")
    return action


def shown(text: str, longest: int) -> str:
    """Return `text`, which an attacker may have written, as one short line that can be shown."""
    visible = "".join(
        "�" if _is_invisible(character) else character for character in text[:longest]
    )
    return visible if len(text) <= longest else visible[: longest - 1] + "…"


def _is_invisible(character: str) -> bool:
    return unicodedata.category(character)[0] == "C" or character in "\u2028\u2029"
