"""How people come in, as whoever runs a node decides it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from app.kernel.actor import Actor

Identify = Callable[[Mapping[str, Any], str], Awaitable[Actor]]
"""Says who opens a socket, from its ASGI environ and client token."""

Unlock = Callable[[str], Awaitable[tuple[str, str] | None]]
"""Returns app id and preview id of a preview link's secret, or None."""

NoteRefusal = Callable[[str, str], Awaitable[bool]]
"""Records a refused attempt of whoever acts: an action, a target. Returns whether it did."""


@dataclass(frozen=True, slots=True)
class Place:
    """Origins such as "https://graft.example.org", both "" where there is only one.

    Attributes:
        core: where the core's pages are.
        apps: where apps are.
    """

    core: str = ""
    apps: str = ""


async def no_preview(secret: str) -> None:
    """Open no preview, where there are none."""
    return None


async def _note_nothing(action: str, target: str) -> bool:
    return True


@dataclass(frozen=True)
class FrontDoor:
    """Who comes in, where, and what is noted of those who do not.

    Attributes:
        identify: says who opens a socket.
        unlock: opens preview links.
        note_refusal: records what somebody asked for and does not get.
        place: where apps are, if not on the origin of the core.
    """

    identify: Identify
    unlock: Unlock = no_preview
    note_refusal: NoteRefusal = _note_nothing
    place: Place = Place()
