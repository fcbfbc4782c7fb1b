"""Names of the Lucide icons of the installed Reflex, without importing Reflex.

The names stand in `lucide_icons.txt`; `python -m app.rules.entry.icons` writes it anew after an
update of Reflex, and a test fails while it is out of date.
"""

from __future__ import annotations

import difflib
import importlib
from collections.abc import Iterable
from functools import cache
from pathlib import Path

DATA = Path(__file__).with_name("lucide_icons.txt")


@cache
def icon_names() -> frozenset[str]:
    """All names, as Reflex writes them: lower case with underscores."""
    return frozenset(DATA.read_text(encoding="utf-8").split())


def lucide_name(name: str) -> str | None:
    """The icon's name as Reflex writes it (`app-window` is `app_window`); None when unknown."""
    plain = _plain(name)
    return plain if plain in icon_names() else None


def close_names(name: str) -> tuple[str, ...]:
    """Up to three icons with a similar name, the most similar first."""
    plain = _plain(name)
    for cutoff in (0.75, 0.6):
        close = difflib.get_close_matches(plain, sorted(icon_names()), n=3, cutoff=cutoff)
        if close:
            return tuple(close)
    return tuple(sorted((n for n in icon_names() if plain and plain in n), key=len)[:3])


def render(names: Iterable[str]) -> str:
    """The content of the data file for these names."""
    return "".join(f"{name}\n" for name in sorted(set(names)))


def _plain(name: str) -> str:
    return name.strip().lower().replace("-", "_").replace(" ", "_")


def _write() -> None:
    # By name, because everything else here must stay free of Reflex, whose import costs a second.
    lucide = importlib.import_module("reflex_components_lucide.icon")
    DATA.write_text(render(lucide.LUCIDE_ICON_LIST), encoding="utf-8")


if __name__ == "__main__":
    _write()
