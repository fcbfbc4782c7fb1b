"""Noting when a login or token was last used, which must keep nobody from using it."""

from __future__ import annotations

import logging
from collections.abc import Callable

from sqlmodel import Session

from app.core.context import Core
from app.kernel.errors import CoreError

_log = logging.getLogger(__name__)


async def note_use(core: Core, work: Callable[[Session], None]) -> None:
    """Write in a transaction that something was used; where it cannot be written, go on.

    Whoever is signed in stays so on a full disk, or while the database takes no writes.
    """
    try:
        await core.finish(core.database.write(work))
    except CoreError as error:
        _log.warning("could not note the use of a login or token: %s", error)
