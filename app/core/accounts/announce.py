"""Telling every node at once that somebody may do less, or is somebody else, than before."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from app.core.context import Core

# Topics that client apps can subscribe to begin with their organisation's id and a slash.
TOPIC = "accounts"

_log = logging.getLogger(__name__)


async def announce(
    core: Core, *, logins: Sequence[str] = (), users: Sequence[str] = (), left: bool = False
) -> None:
    """Publish that these logins ended or act for another organisation, and that the roles of these
    users changed; `left` if whoever was signed in there signed out on purpose.

    Called after the commit. A bus that fails does not undo it: nodes also look by themselves, every
    minute.
    """
    if not logins and not users:
        return
    try:
        on_purpose = {"left": True} if left else {}
        await core.bus.publish(TOPIC, {"logins": list(logins), "users": list(users), **on_purpose})
    except Exception:
        _log.exception("could not announce a change of accounts")
