"""Rows of databases among the values: objects that SQLAlchemy or SQLModel map to a table.

What makes a row of an object hangs on the classes of one version: its state, its collections. So a
row is taken apart into what it holds and what the database has of it, and made again as one that
belongs to no session, as if it had been pickled. One that belongs to an open session cannot be
carried: the session would go on to write the row that stays behind.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from sqlalchemy import inspect
from sqlalchemy.orm import Mapper, make_transient_to_detached
from sqlalchemy.orm.attributes import set_attribute, set_committed_value

Convert = Callable[[Any], Any]

STATE = "_sa_instance_state"


@dataclass(eq=False)
class RowParts:
    """What makes a row of an object.

    Attributes:
        stored: whether the database has it.
        changed: names of the attributes that were changed since they were read.
        before: what was read of those, where it was.
    """

    stored: bool = False
    changed: frozenset[str] = frozenset()
    before: dict[str, Any] = field(default_factory=dict)


def is_row(value: Any) -> bool:
    """Tell whether an object is a row."""
    return STATE in getattr(value, "__dict__", ())


def is_collection(value: Any) -> bool:
    """Tell whether a container holds the rows that a row refers to."""
    return getattr(value, "_sa_adapter", None) is not None


def plain_collection(value: Any) -> Any:
    """Return a container of rows as one that does not hang on its owner."""
    kind = next(kind for kind in (list, set, dict) if isinstance(value, kind))
    return kind(value)


def why_not(value: Any) -> str:
    """Return why a row cannot be carried; "" when it can."""
    if inspect(value).session is None:
        return ""
    name = type(value).__name__
    return (
        f"it holds a row ({name}) of a database session that is open; close the session, call"
        " session.expunge(row), or keep the row's key instead"
    )


def parts(value: Any, convert: Convert) -> RowParts:
    """Take apart what makes a row of an object."""
    state = inspect(value)
    if state.key is None:
        return RowParts()
    before = {
        name: convert(plain_collection(old) if is_collection(old) else old)
        for name, old in state.committed_state.items()
        if _is_value(old)
    }
    return RowParts(True, frozenset(state.committed_state), before)


def blank(cls: type) -> Any:
    """Return a row of a class that holds nothing yet."""
    return _mapper(cls).class_manager.new_instance()


def fill(made: Any, row: RowParts, held: Mapping[str, Any], convert: Convert) -> None:
    """Let a blank row hold values, and know what the database has of them."""
    mapper = _mapper(type(made))
    mapped = {name: value for name, value in held.items() if name in mapper.attrs}
    vars(made).update({name: value for name, value in held.items() if name not in mapped})
    if not row.stored:
        for name, value in mapped.items():
            set_attribute(made, name, value)
        return
    read = {name: value for name, value in mapped.items() if name not in row.changed}
    read.update({name: convert(old) for name, old in row.before.items() if name in mapped})
    for name, value in read.items():
        several = isinstance(value, dict) and name in mapper.relationships
        set_committed_value(made, name, list(value.values()) if several else value)
    make_transient_to_detached(made)
    for name in row.changed & mapped.keys():
        set_attribute(made, name, mapped[name])


def is_mapped(cls: type) -> bool:
    """Tell whether a class is mapped to a table."""
    return inspect(cls, raiseerr=False) is not None


def _mapper(cls: type) -> Mapper[Any]:
    return cast(Mapper[Any], inspect(cls))


def _is_value(old: Any) -> bool:
    """Tell whether something is a value, and no sign of SQLAlchemy's that there is none."""
    return not type(old).__module__.startswith("sqlalchemy.orm.base")
