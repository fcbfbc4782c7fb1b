"""Lucide icons by the names that `rx.icon` takes."""

from __future__ import annotations

from functools import lru_cache

from reflex_base.utils import format
from reflex_components_lucide.icon import LUCIDE_ICON_FILENAME_OVERRIDE, LUCIDE_ICON_LIST


@lru_cache(maxsize=2048)
def icon_library(name: str) -> str:
    """Return the specifier of an icon's JavaScript module; that of "box" when there is no such
    icon.
    """
    tag = format.to_snake_case(name.lower())
    if tag not in LUCIDE_ICON_LIST:
        tag = "box"
    file = LUCIDE_ICON_FILENAME_OVERRIDE.get(tag, format.to_kebab_case(tag))
    return f"lucide-react/dist/esm/icons/{file}.mjs"
