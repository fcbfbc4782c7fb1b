"""What is in the folders of apps on this node, and should not be."""

from __future__ import annotations

from collections.abc import Iterator

import anyio.to_thread

from app.core import apps
from app.core.app_folders import AppFolders, walk
from app.core.context import Core
from app.core.fsck.report import Finding, Kind

_MOST = 100
"""Links that are told of one by one; apps may make as many as they like."""


async def check_folders(core: Core, *, repair: bool) -> list[Finding]:
    """Find what apps left that were removed for ever, and links in the folders of others."""
    gone = await apps.folders_left(core)
    found = [
        Finding(
            Kind.LEFT_FOLDER,
            app_id,
            "was removed for ever, and what it kept in its folders is still there",
            "it is removed",
            repair,
        )
        for app_id in gone
    ]
    if repair:
        await apps.remove_folders_left(core)
    links = await anyio.to_thread.run_sync(lambda: list(_links(core.folders)))
    found += links[:_MOST]
    return found


def _links(folders: AppFolders) -> Iterator[Finding]:
    for kept in folders.all():
        for one in walk(kept.path):
            if not one.is_file:
                path = kept.path.joinpath(*one.parts).relative_to(folders.root)
                name = path.as_posix().encode("utf-8", "backslashreplace").decode()
                message = "is a link, or no file: it is not followed, and in no backup"
                yield Finding(Kind.LINK, name, message, "")
