"""Values of an app's states as bytes, which outlive the process that they come from.

A head says in JSON what there is, so that whoever only keeps values, or puts newer ones in their
places, reads none. Each var is written with pickle, by itself: one that cannot be read any more
takes nothing with it. Classes of Graft's own are written by names of this format, and not by where
they are. No class of a client app is ever written (`values.py`) or looked for.
"""

from __future__ import annotations

import copyreg
import io
import json
import pickle
import types
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import structlog

from app.bridge.client_code import is_client_module
from app.cell.values.contents import Arguments, ModelParts
from app.cell.values.packed import (
    NOT_OVER_A_RESTART,
    Body,
    Former,
    Method,
    Packed,
    PackedObject,
    Partial,
    Reference,
    Refused,
    Subscripted,
)
from app.cell.values.parked import Aside, Parked, Var
from app.cell.values.rows import RowParts
from app.cell.values.upgrading import StateName

log = structlog.get_logger("graft")

FORMAT_OF_VALUES = 5
"""Of what is written. What another version of Graft wrote is not read."""


class NoValues(ValueError):
    """Bytes are no values, or those of another version of Graft."""


@dataclass(frozen=True)
class WrittenVar:
    """A var as bytes, and what must be known of it without reading them; see `Var`, `Aside`."""

    state: str
    name: str
    type: str
    is_default: bool
    is_unseen: bool
    content: bytes
    source: str = ""
    taken: int | None = None


def to_bytes(parked: Parked, without: list[str], title: str = "") -> bytes:
    """Return the values of an app as bytes.

    Args:
        parked: the values.
        without: gets the names of the vars that cannot be written.
        title: what their names begin with.
    """
    head = {
        "version": parked.version,
        "number": parked.number,
        "source": parked.source,
        "states": list(parked.states),
        "names": {state: [name.module, name.name] for state, name in parked.names.items()},
    }
    vars_ = [
        var
        for state, found in parked.states.items()
        for var in _written(state, found, f"{title}{_label(parked, state)}", without)
    ]
    asides = [
        replace(_written_var(*key, aside.var)[0], source=aside.source, taken=aside.taken)
        for key, found in parked.asides.items()
        for aside in found.values()
    ]
    return _joined(head, vars_, asides)


def from_bytes(data: bytes) -> Parked:
    """Return what `to_bytes` wrote, without what cannot be read any more.

    Raises:
        NoValues: it is none of that, or another version of Graft wrote it.
    """
    head, vars_, found = _split(data)
    states: dict[str, dict[str, Var]] = {state: {} for state in head["states"]}
    for one in vars_:
        states.setdefault(one.state, {})[one.name] = _read_var(one)
    asides: dict[tuple[str, str], dict[str, Aside]] = {}
    for one in found:
        aside = Aside(_read_var(one), one.source, one.taken)
        asides.setdefault((one.state, one.name), {})[one.type] = aside
    return Parked(
        version=head["version"],
        number=head["number"],
        source=head["source"],
        states=states,
        names={state: StateName(*name) for state, name in head["names"].items()},
        asides=asides,
    )


def changed(vars_: Iterable[tuple[str, str, Var]]) -> bytes:
    """Return some vars (state, name, var) as bytes: what an event changed."""
    return _joined({}, [_written_var(state, name, var)[0] for state, name, var in vars_], [])


def nothing(version: str, number: int, source: str, names: Mapping[str, StateName]) -> bytes:
    """Return the values of a tab in which every var has its default."""
    return to_bytes(Parked(version, {}, names, number, source), [])


def parts(changes: bytes) -> dict[tuple[str, str], WrittenVar]:
    """Return what `changed` returned, by state and name; no value is read for that.

    Raises:
        NoValues: it is none of that.
    """
    return {(one.state, one.name): one for one in _split(changes)[1]}


def vars_in(changes: bytes) -> Iterator[tuple[str, str, Var]]:
    """Return what `changed` took, without what cannot be read any more.

    Raises:
        NoValues: it is none of that.
    """
    for one in parts(changes).values():
        yield one.state, one.name, _read_var(one)


def different(before: bytes, after: bytes) -> bytes:
    """Return the vars in which values differ from others, as `changed` does."""
    known = {(one.state, one.name): one for one in _split(before)[1]}
    vars_ = [one for one in _split(after)[1] if known.get((one.state, one.name)) != one]
    return _joined({}, vars_, [])


def with_changes(values: bytes, changes: Mapping[tuple[str, str], WrittenVar]) -> bytes:
    """Return values with newer ones in the place of some; none is read for that.

    Raises:
        NoValues: these are none.
    """
    head, vars_, asides = _split(values)
    newest = {(one.state, one.name): one for one in vars_} | dict(changes)
    head["states"] = sorted({*head["states"], *(state for state, _ in newest)})
    rest = {name: head[name] for name in ("version", "number", "source", "states", "names")}
    return _joined(rest, newest.values(), asides)


def _joined(
    head: Mapping[str, Any], vars_: Iterable[WrittenVar], asides: Iterable[WrittenVar]
) -> bytes:
    lists = {"vars": list(vars_), "asides": list(asides)}
    described = {
        name: [
            [one.state, one.name, one.type, one.is_default, one.is_unseen, len(one.content)]
            + ([one.source, one.taken] if name == "asides" else [])
            for one in found
        ]
        for name, found in lists.items()
    }
    text = json.dumps({"format": FORMAT_OF_VALUES, **head, **described}).encode()
    contents = [one.content for found in lists.values() for one in found]
    return b"".join([len(text).to_bytes(4, "big"), text, *contents])


def _split(data: bytes) -> tuple[dict[str, Any], list[WrittenVar], list[WrittenVar]]:
    try:
        at = 4 + int.from_bytes(data[:4], "big")
        head = json.loads(data[4:at])
        if head["format"] != FORMAT_OF_VALUES:
            raise NoValues("another version of Graft wrote it")
        lists: list[list[WrittenVar]] = []
        for name in ("vars", "asides"):
            lists.append([])
            for state, var, kind, is_default, is_unseen, length, *rest in head[name]:
                content = data[at : at + length]
                at += length
                lists[-1].append(
                    WrittenVar(state, var, kind, is_default, is_unseen, content, *rest)
                )
        if at != len(data):
            raise NoValues("values are cut off")
    except NoValues:
        raise
    except (KeyError, TypeError, ValueError) as error:
        raise NoValues(f"these are no values ({error})") from error
    return head, lists[0], lists[1]


def _label(parked: Parked, state: str) -> str:
    return parked.names[state].name if state in parked.names else state


def _written(
    state: str, found: Mapping[str, Var], title: str, without: list[str]
) -> Iterator[WrittenVar]:
    for name, var in found.items():
        written, is_whole = _written_var(state, name, var)
        if not is_whole:
            without.append(f"{title}.{name}")
        if is_whole or not var.is_default:
            yield written


def _written_var(state: str, name: str, var: Var) -> tuple[WrittenVar, bool]:
    """Return what is written of a var, and whether that is all of it. What cannot be written says
    so where it was.
    """
    try:
        content, is_whole = _dumped(var.value)
        if not is_whole and not isinstance(var.value, Packed):
            # Only of packed values is looked at the parts, and what is left out is found.
            content, _ = _dumped(Packed(var.value))
    except Exception as error:  # pickle lets through whatever an object raises
        content, is_whole = _dumped(Packed(_not_over_a_restart(error)))[0], False
    written = WrittenVar(state, name, var.type, var.is_default, var.is_unseen, content)
    return written, is_whole


def _dumped(value: Any) -> tuple[bytes, bool]:
    """Return a value as bytes, and whether that is all of it."""
    file = io.BytesIO()
    writer = _Writer(file, pickle.HIGHEST_PROTOCOL)
    writer.dump(value)
    return file.getvalue(), not writer.left_out


def _not_over_a_restart(error: Exception) -> Refused:
    return Refused(f"{NOT_OVER_A_RESTART} ({error})")


class _Writer(pickle.Pickler):
    """Writes a value without those of its parts that cannot be written (a lock, a connection)."""

    left_out = False

    def persistent_id(self, value: Any) -> str | None:
        return _NAME_OF.get(value) if isinstance(value, type | types.FunctionType) else None

    def reducer_override(self, value: Any) -> Any:
        if isinstance(value, types.MappingProxyType):
            return _view, (dict(value),)
        if isinstance(value, _BY_NAME) or type(value) in copyreg.dispatch_table:
            return NotImplemented
        try:
            return value.__reduce_ex__(pickle.HIGHEST_PROTOCOL)
        except Exception as error:
            self.left_out = True
            return Refused, (_not_over_a_restart(error).why,)


def _view(content: dict[Any, Any]) -> Any:
    return types.MappingProxyType(content)


_BY_NAME = (type, types.FunctionType, types.BuiltinFunctionType)

_NAMED: Mapping[str, Any] = {
    found.__name__.lstrip("_"): found
    for found in (
        Arguments,
        Body,
        Former,
        Method,
        ModelParts,
        Packed,
        PackedObject,
        Partial,
        Reference,
        Refused,
        RowParts,
        Subscripted,
        _view,
    )
}
"""What Graft writes of its own, by names of this format: whoever moves a class loses no value."""

_NAME_OF = {found: name for name, found in _NAMED.items()}


def _read_var(written: WrittenVar) -> Var:
    kind = written.type
    try:
        value = _Reader(io.BytesIO(written.content)).load()
    except Exception as error:
        log.debug("a value cannot be taken over", var=written.name, why=str(error))
        refused = Refused(f"it cannot be read after the restart ({error})")
        return Var(Packed(refused), kind)
    return Var(value, kind, written.is_default, written.is_unseen)


class _Reader(pickle.Unpickler):
    def persistent_load(self, name: str) -> Any:
        return _NAMED[name]

    def find_class(self, module: str, name: str) -> Any:
        if is_client_module(module):
            raise pickle.UnpicklingError(f"{module}.{name} belongs to a client app")
        return super().find_class(module, name)
