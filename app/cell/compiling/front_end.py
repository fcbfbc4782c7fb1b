"""The front end that client apps are compiled against."""

from __future__ import annotations

from collections.abc import Callable, MutableMapping
from dataclasses import dataclass

from app.cell.compiling.bundle import Bundle


@dataclass(frozen=True)
class FrontEnd:
    """What the build of the front end has.

    Attributes:
        has_library: whether it has a JavaScript library.
        built_in_wraps: providers at its root.
        build: identifies it.
        compiled: what compiling a source against it yielded, by the source's digest, if that is to
            be kept in memory.
    """

    has_library: Callable[[str], bool]
    built_in_wraps: frozenset[tuple[int, str]]
    build: str = ""
    compiled: MutableMapping[str, Bundle] | None = None
