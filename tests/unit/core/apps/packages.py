"""Packages as tests need them: any bytes, with the manifest of an app."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from app.core.apps import Added, NewVersion, add_version, contents
from app.core.context import Core

COUNTER = "acme/counter"


def manifest(app_id: str = COUNTER, **fields: Any) -> dict[str, Any]:
    """The manifest of an app, with some fields as given."""
    return {
        "id": app_id,
        "kind": "dynamic",
        "name": app_id.title(),
        "version": "1.0.0",
        "url": app_id.replace("/", "-").replace("_", "-"),
        "description": "",
        "icon": "box",
        "capabilities": [],
        "source": "0" * 64,
        **fields,
    }


async def upload(
    core: Core,
    package: bytes,
    app_id: str = COUNTER,
    capabilities: Sequence[str] = (),
    **fields: Any,
) -> Added:
    """Add a version; `package` tells versions apart."""
    return await add_version(
        core, NewVersion(manifest(app_id, capabilities=list(capabilities), **fields)), package
    )


async def bundle_of(core: Core, number: int, build: str) -> str | None:
    """The digest of what a version of the counter was compiled to for a build, if it was."""
    return (await contents(core, build, COUNTER, number)).bundle
