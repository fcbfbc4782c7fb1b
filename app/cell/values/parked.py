"""What a session has of an app, without any class of the version that it comes from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from app.cell.values.packed import Remembered
from app.cell.values.upgrading import StateName


@dataclass(frozen=True)
class Var:
    """One var on its way between two versions.

    Attributes:
        value: see `app.cell.values.values.Packer.take`.
        type: the declared type.
        is_default: whether it still has the default of the version that it comes from.
        is_unseen: whether nobody even looked at it.
    """

    value: Any
    type: str
    is_default: bool = False
    is_unseen: bool = False


@dataclass(frozen=True)
class Aside:
    """A var that a version had no place for.

    Attributes:
        source: digest of the version that it comes from.
        taken: number of the version whose `upgrade` took it; None when nobody asked for that. What
            was taken comes back in former versions only.
    """

    var: Var
    source: str = ""
    taken: int | None = None


Asides = Mapping[tuple[str, str], Mapping[str, Aside]]
"""(Full name of a state, var) -> type -> what is kept."""


@dataclass(frozen=True)
class Kept:
    """What a session has beside the values of the version that it has.

    Attributes:
        asides: vars.
        objects: attributes of objects.
    """

    asides: Asides = field(default_factory=dict)
    objects: Remembered = field(default_factory=dict)


@dataclass(frozen=True)
class Parked:
    """The values of an app's states, without any class of the version they come from.

    Attributes:
        version: the author's version string.
        states: full state name -> var name -> value and type.
        names: full state name -> what the author calls the state.
        number: deployment number of the version.
        source: digest of the version.
        asides: what former versions had.
    """

    version: str
    states: Mapping[str, Mapping[str, Var]]
    names: Mapping[str, StateName] = field(default_factory=dict)
    number: int = 0
    source: str = ""
    asides: Asides = field(default_factory=dict)

    def each(self) -> Iterator[tuple[str, str, Var]]:
        """Return each var with its state and its name."""
        for state, held in self.states.items():
            for name, var in held.items():
                yield state, name, var


def where_classes_are(parked: Parked, now: Mapping[str, StateName]) -> Parked:
    """Return parked values under the full names that their states have in another version: one
    whose class is in another module now, under the same name, is the same state.
    """
    gone = {name.name: full for full, name in parked.names.items() if full not in now}
    new = {name.name: full for full, name in now.items() if full not in parked.names}
    several = Counter(n.name for full, n in parked.names.items() if full not in now)
    several |= Counter(n.name for full, n in now.items() if full not in parked.names)
    moved = {gone[name]: new[name] for name in gone.keys() & new.keys() if several[name] == 1}
    if not moved:
        return parked
    return replace(
        parked,
        states={moved.get(full, full): held for full, held in parked.states.items()},
        names={moved.get(full, full): name for full, name in parked.names.items()},
        asides={
            (moved.get(full, full), name): held for (full, name), held in parked.asides.items()
        },
    )
