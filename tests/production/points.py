"""Where a server can be made to kill itself: nothing of this is in the server."""

from __future__ import annotations


def arm(point: str) -> None:
    assert not point
