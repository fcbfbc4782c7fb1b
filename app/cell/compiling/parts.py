"""The modules of components that vars hold (`app.bridge.compiling.parts`), written while they are
sent.
"""

from __future__ import annotations

from collections.abc import Callable

from app.bridge.compiling import parts
from app.bridge.compiling.parts import Part
from app.cell.compiling.es_module import PieceLike, write_part

ROUTE = "/_graft/parts"


def install(has_library: Callable[[str], bool]) -> None:
    """Let vars hold components; doing it again changes only what they may be made of.

    Args:
        has_library: whether the front end has a JavaScript library.
    """
    parts.install(lambda piece: part_of(piece, has_library))


def part_of(piece: PieceLike, has_library: Callable[[str], bool]) -> Part:
    """Return what a browser gets of a component.

    Raises:
        ValueError: it needs a library that the front end does not have.
    """
    module = write_part(piece)
    missing = [name for name in (*module.libraries, *module.on_demand) if not has_library(name)]
    if missing:
        raise ValueError(
            f'JavaScript library "{missing[0]}" is not in the front end\'s build; add it with its'
            " version to frontend_packages in rxconfig.py and restart"
        )
    return Part(f"{ROUTE}/{module.digest}.js", module.code)
