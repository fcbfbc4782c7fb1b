"""Removing contents from the code store that no row names."""

from __future__ import annotations

from functools import partial

import anyio.from_thread
from sqlmodel import Session, select

from app.core.apps.changes.transaction import lock
from app.core.apps.tables import BundleRow, VersionRow
from app.core.context import Core


async def remove_if_unused(core: Core, digest: str) -> bool:
    """Remove a content unless a version or a bundle names it; return whether it was removed.

    It is removed in the transaction that makes sure of it, under the lock that whoever names a
    content holds: a package that is being uploaded again is not lost.
    """
    return await core.finish(core.database.write(partial(_remove, core=core, digest=digest)))


def is_named(session: Session, digest: str) -> bool:
    """Whether a version or a bundle names the content."""
    versions = select(VersionRow.number).where(VersionRow.package_digest == digest).limit(1)
    bundles = select(BundleRow.number).where(BundleRow.digest == digest).limit(1)
    return any(session.exec(query).first() is not None for query in (versions, bundles))


def _remove(session: Session, core: Core, digest: str) -> bool:
    lock(session)
    if is_named(session, digest):
        return False
    anyio.from_thread.run(core.code.delete, digest)
    return True
