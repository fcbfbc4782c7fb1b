"""What people are told in place of a page."""

from __future__ import annotations

from app.cell.loading.version import LoadedVersion
from app.node.pages.addresses import PREFIX
from app.node.pages.messages import Notice
from app.node.releases.catalog import AppRecord


def no_such_app(path: str) -> Notice:
    """Say that nobody's app, or only one of others, is at an address."""
    return Notice(
        type="notice",
        kind="not-found",
        title="There is no such app",
        text=f"You have no app at {path}. It may have been renamed or removed.",
        problems=[],
        path=path,
    )


def disabled(record: AppRecord, path: str) -> Notice:
    """Say that an app is switched off, or that the server runs none."""
    if record.access.safe_mode:
        return Notice(
            type="notice",
            kind="disabled",
            title=f"{record.name} is not running",
            text="This server was started in safe mode, in which no app runs. What you did in the"
            " app is kept: this page comes back by itself once the server runs normally again.",
            problems=[],
            path=path,
        )
    return Notice(
        type="notice",
        kind="disabled",
        title=f"{record.name} is switched off",
        text="An administrator has switched it off for now. What you did in it is kept:"
        " this page comes back by itself as soon as it is switched on again.",
        problems=[],
        path=path,
    )


def no_such_page(version: LoadedVersion, path: str) -> Notice:
    """Say that an app has no such page."""
    return Notice(
        type="notice",
        kind="no-page",
        title="There is no such page",
        text=f"{version.entry.name} has no page at {path}.",
        problems=[],
        path=f"{PREFIX}{version.info.url}",
    )
