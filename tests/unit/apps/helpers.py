"""What tests of the runtime need besides the mini apps of this folder."""

from __future__ import annotations

import gc
from pathlib import Path
from typing import Any

from app.cell.loading.version import LoadedVersion
from app.node.releases.access import Access
from app.testing import Kit

APPS = Path(__file__).parent

COUNTER = "acme/counter"
KITCHEN = "acme/kitchen"


def find(version: Any, name: str, module: str = "entry") -> Any:
    """Return what a module of a version calls `name`."""
    assert isinstance(version, LoadedVersion)
    return getattr(version.package.modules[f"{version.package.package}.{module}"], name)


async def newest(kit: Kit, app_id: str, name: str, module: str = "entry") -> Any:
    """Return what the newest version calls `name`; keep it in no variable over a swap."""
    return find(await kit.version(app_id), name, module)


async def relabel(kit: Kit, label: str) -> LoadedVersion:
    """Swap the counter for a version with another heading."""
    return await kit.swap(COUNTER, {"labels.py": f"def heading() -> str:\n    return {label!r}\n"})


def set_access(kit: Kit, app_id: str, access: Access) -> None:
    """Be the administrator who says who may use an app; in development there is none."""
    served = kit._node.engine.served
    served.put(served.standing(app_id).restricted(access))
    served.publish(app_id)


def living_classes(package: str = "client_apps.") -> list[str]:
    """Return the names of all classes of client apps in memory, each as often as it is there."""
    gc.collect()
    return sorted(
        f"{cls.__module__}.{cls.__qualname__}"
        for cls in gc.get_objects()
        if isinstance(cls, type) and str(cls.__module__).startswith(package)
    )
