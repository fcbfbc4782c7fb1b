"""Notes that values of vars become outside of a version: none of them holds a class of an app."""

from __future__ import annotations

import types
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from app.cell.values.contents import ModelParts
from app.cell.values.rows import RowParts

Dropped = dict[str, dict[str, Any]]
"""What a version had no place for in an object: attribute -> its type -> its packed value."""


@dataclass(frozen=True)
class Memory:
    """What an object had that its class has no place for.

    Attributes:
        owner: the object, which must not go while its id is used.
        instead: attribute -> what was put there.
    """

    owner: Any
    dropped: Dropped
    instead: Mapping[str, Any]

    def is_untouched(self, name: str, value: Any) -> bool:
        """Tell whether an attribute still has what was put in place of what did not fit."""
        try:
            return name in self.instead and bool(self.instead[name] == value)
        except Exception:  # the comparison is the author's
            return False


Remembered = dict[int, Memory]
"""By the id of the object."""


class Former(types.SimpleNamespace):
    """Stands for an object whose class is gone or cannot hold it; has the attributes it had."""

    def __hash__(self) -> int:  # type: ignore[override]
        """It may have been a key."""
        return id(self)


@dataclass(frozen=True, eq=False)
class Packed:
    """A value that may hold objects of an app's classes."""

    content: Any


@dataclass(eq=False)
class PackedObject:
    """An object of an app's class.

    Attributes:
        cls: where the class is found; the class itself if it is a library's.
        core: the built-in part.
        attributes: name -> packed value.
        types: name of a declared field -> its type.
        model: what a Pydantic model holds besides.
        row: what makes a row of it.
        dropped: what former versions had.
    """

    cls: Any
    core: Any = None
    attributes: dict[str, Any] = field(default_factory=dict)
    types: Mapping[str, str] = field(default_factory=dict)
    model: ModelParts | None = None
    row: RowParts | None = None
    dropped: Dropped = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Body:
    """What makes a function of the app that has no name of its own (a lambda). Its code does not
    outlive the server.
    """

    code: types.CodeType | Refused
    defaults: tuple[Any, ...] | None
    named_defaults: Mapping[str, Any] | None
    cells: tuple[Any, ...]


@dataclass(eq=False)
class Reference:
    """A class or function of the app; `body` is there for one that cannot be found by its name."""

    module: str
    name: str
    body: Body | None = None


@dataclass(frozen=True, eq=False)
class Subscripted:
    """A generic type with its arguments: `Result[Item]`."""

    origin: Any
    arguments: tuple[Any, ...]


@dataclass(frozen=True, eq=False)
class Method:
    """A method of an object or a class of the app."""

    owner: Any
    name: str


@dataclass(frozen=True, eq=False)
class Partial:
    """A function of the app with some of its arguments."""

    function: Any
    arguments: tuple[Any, ...]
    named: Mapping[str, Any]


NOT_OVER_A_RESTART = "it holds what cannot outlive the server"
"""How a `Refused` begins that stands for a lock, a connection, a task."""


@dataclass(frozen=True, eq=False)
class Refused:
    """Stands for what cannot leave its version, and says why."""

    why: str
