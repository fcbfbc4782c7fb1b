"""What a browser was sent, and what it may ask for because of that."""

from __future__ import annotations

from collections.abc import Sequence

from app.bridge.compiling.named_events import MARK, events_named
from app.bridge.compiling.parts import Part
from app.bridge.sockets.hosts import SocketHost


def note_sent(host: SocketHost, token: str, text: str, made: Sequence[Part]) -> None:
    """Note what is named in what a tab is sent: events, such as one that a script calls back, and
    components of vars, with the events that they name.

    Args:
        host: learns of it.
        token: of the tab's session.
        text: what is sent, as JSON.
        made: the components in it.
    """
    if made:
        host.made(token, made)
    for one in (text, *(part.code for part in made)):
        if MARK in one:
            host.named(token, events_named(one))
