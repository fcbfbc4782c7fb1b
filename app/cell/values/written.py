"""Values of an app's states as bytes, which outlive the process that they come from.

Written with pickle, each var by itself: one that cannot be read any more takes nothing with it.
Classes of Graft's own are written by names of this format, and not by where they are. No class of
a client app is ever written (`values.py`) or looked for.
"""

from __future__ import annotations

import copyreg
import io
import pickle
import types
from collections.abc import Mapping
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

FORMAT = 5
"""Of what is written. What another version of Graft wrote is not read."""

_WrittenVar = tuple[bytes, str, bool, bool]


def write(parked: Parked, without: list[str], title: str = "") -> dict[str, Any]:
    """Return the values of an app as what pickle can write.

    Args:
        parked: the values.
        without: gets the names of the vars that cannot be written.
        title: what their names begin with.
    """
    return {
        "version": parked.version,
        "number": parked.number,
        "source": parked.source,
        "states": {
            state: _written(found, f"{title}{_label(parked, state)}", without)
            for state, found in parked.states.items()
        },
        "names": {state: (name.module, name.name) for state, name in parked.names.items()},
        "asides": [
            (key, _written_var(aside.var)[0], aside.source, aside.taken)
            for key, found in parked.asides.items()
            for aside in found.values()
        ],
    }


def as_bytes(content: Any) -> bytes:
    """Return what was written, with what else belongs to it, as bytes."""
    return pickle.dumps((FORMAT, content))


def content_of(data: bytes) -> Any:
    """Return what `as_bytes` took.

    Raises:
        ValueError: another version of Graft wrote it.
    Raises also whatever pickle raises when it is none of that.
    """
    found = _Reader(io.BytesIO(data)).load()
    if not isinstance(found, tuple) or len(found) != 2 or found[0] != FORMAT:
        raise ValueError("another version of Graft wrote it")
    return found[1]


def read(written: Mapping[str, Any]) -> Parked:
    """Return what `write` wrote, without what cannot be read any more."""
    asides: dict[tuple[str, str], dict[str, Aside]] = {}
    for key, content, source, taken in written["asides"]:
        var = _read_var(key[1], content)
        asides.setdefault(key, {})[var.type] = Aside(var, source, taken)
    return Parked(
        version=written["version"],
        number=written["number"],
        source=written["source"],
        states={
            state: {name: _read_var(name, content) for name, content in found.items()}
            for state, found in written["states"].items()
        },
        names={state: StateName(*name) for state, name in written["names"].items()},
        asides=asides,
    )


def _label(parked: Parked, state: str) -> str:
    return parked.names[state].name if state in parked.names else state


def _written(found: Mapping[str, Var], state: str, without: list[str]) -> dict[str, _WrittenVar]:
    written: dict[str, _WrittenVar] = {}
    for name, var in found.items():
        content, is_whole = _written_var(var)
        if not is_whole:
            without.append(f"{state}.{name}")
        if is_whole or not var.is_default:
            written[name] = content
    return written


def _written_var(var: Var) -> tuple[_WrittenVar, bool]:
    """Return what is written of a var, and whether that is all of it. What cannot be written says
    so where it was.
    """
    file = io.BytesIO()
    writer = _Writer(file, pickle.HIGHEST_PROTOCOL)
    is_whole = True
    try:
        writer.dump(var.value)
        content, is_whole = file.getvalue(), not writer.left_out
    except Exception as error:  # pickle lets through whatever an object raises
        file = io.BytesIO()
        _Writer(file, pickle.HIGHEST_PROTOCOL).dump(Packed(_not_over_a_restart(error)))
        content, is_whole = file.getvalue(), False
    return (content, var.type, var.is_default, var.is_unseen), is_whole


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


def _read_var(name: str, content: _WrittenVar) -> Var:
    value, type_, is_default, is_unseen = content
    try:
        return Var(_Reader(io.BytesIO(value)).load(), type_, is_default, is_unseen)
    except Exception as error:
        log.debug("a value cannot be taken over", var=name, why=str(error))
        return Var(Packed(Refused(f"it cannot be read after the restart ({error})")), type_)


class _Reader(pickle.Unpickler):
    def persistent_load(self, name: str) -> Any:
        return _NAMED[name]

    def find_class(self, module: str, name: str) -> Any:
        if is_client_module(module):
            raise pickle.UnpicklingError(f"{module}.{name} belongs to a client app")
        return super().find_class(module, name)
