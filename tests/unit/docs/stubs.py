"""What a module declares, and what the reference of docs/apps.md says that it declares."""

from __future__ import annotations

import ast
import dataclasses
import inspect
import re
import textwrap
from collections.abc import Iterator, Mapping
from enum import Enum
from types import ModuleType
from typing import Any

_STUBS = re.compile(r"^```pyi\n# (\S+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)

# Name of what is declared -> its declaration; members of a class by "Class.member".
Declared = Mapping[str, str]


def declared_in_docs(text: str) -> dict[str, Declared]:
    """Return what the stubs of a document declare, by module."""
    return {name: dict(_in_stub(ast.parse(code).body)) for name, code in _STUBS.findall(text)}


def declared_by(module: ModuleType, names: list[str]) -> Declared:
    """Return what a module declares, as far as client apps may use it."""
    found: dict[str, str] = {}
    for name in names:
        found.update(_of(name, getattr(module, name)))
    return found


def _in_stub(body: list[ast.stmt], owner: str = "") -> Iterator[tuple[str, str]]:
    for line in body:
        if isinstance(line, ast.ClassDef):
            yield line.name, f"class({', '.join(map(ast.unparse, line.bases))})"
            yield from _in_stub(line.body, f"{line.name}.")
        elif isinstance(line, ast.FunctionDef | ast.AsyncFunctionDef):
            kind = "async def" if isinstance(line, ast.AsyncFunctionDef) else "def"
            returns = ast.unparse(line.returns) if line.returns else ""
            yield owner + line.name, f"{kind} ({ast.unparse(line.args)}) -> {returns}"
        elif isinstance(line, ast.AnnAssign):
            default = f" = {ast.unparse(line.value)}" if line.value else ""
            yield owner + ast.unparse(line.target), f"{ast.unparse(line.annotation)}{default}"
        elif isinstance(line, ast.Assign):
            yield owner + ast.unparse(line.targets[0]), f"= {ast.unparse(line.value)}"


def _of(name: str, thing: Any) -> Iterator[tuple[str, str]]:
    if inspect.isfunction(thing):
        yield name, _function(thing)
        return
    cls = thing if isinstance(thing, type) else type(thing)
    yield name, f"class({_bases(cls) if cls is thing else ''})"
    if issubclass(cls, Enum):
        yield from ((f"{name}.{one.name}", f"= {one.value!r}") for one in cls)
        return
    fields = {one.name: one for one in dataclasses.fields(cls)} if _is_record(cls) else {}
    for key, field in fields.items():
        default = "" if field.default is dataclasses.MISSING else f" = {field.default!r}"
        yield f"{name}.{key}", f"{_plain(field.type)}{default}"
    for key, member in vars(cls).items():
        if isinstance(member, property):
            yield f"{name}.{key}", _plain(inspect.signature(member.fget).return_annotation)
        elif key not in fields and not key.startswith("_"):
            function = getattr(member, "__func__", member)
            if inspect.isfunction(function):
                yield (
                    f"{name}.{key}",
                    _function(function, bound=not isinstance(member, staticmethod)),
                )
    if not fields:
        yield from ((f"{name}.{key}", kind) for key, kind in _set_by_init(cls).items())


def _is_record(cls: type) -> bool:
    return dataclasses.is_dataclass(cls)


def _bases(cls: type) -> str:
    return ", ".join(base.__name__ for base in cls.__bases__ if base is not object)


def _function(function: Any, *, bound: bool = False) -> str:
    signature = inspect.signature(function)
    parameters = list(signature.parameters.values())[1 if bound else 0 :]
    text = str(signature.replace(parameters=parameters, return_annotation=inspect.Signature.empty))
    kind = "async def" if inspect.iscoroutinefunction(function) else "def"
    made = ast.parse(f"def f{_unquoted(text)}: ...").body[0]
    assert isinstance(made, ast.FunctionDef)
    return f"{kind} ({ast.unparse(made.args)}) -> {_plain(signature.return_annotation)}"


def _unquoted(text: str) -> str:
    """Take the quotes off annotations, which are texts here."""
    return re.sub(r": '([^']*)'", r": \1", text)


def _plain(annotation: Any) -> str:
    text = annotation if isinstance(annotation, str) else getattr(annotation, "__name__", "")
    return ast.unparse(ast.parse(text)) if text else ""


def _set_by_init(cls: type) -> dict[str, str]:
    """Return the public attributes that a class sets when an instance is made, with their types as
    far as the parameters or annotations say.
    """
    init = vars(cls).get("__init__")
    if init is None:
        return {}
    tree = ast.parse(textwrap.dedent(inspect.getsource(init))).body[0]
    assert isinstance(tree, ast.FunctionDef)
    found: dict[str, str] = {}
    for line in ast.walk(tree):
        targets = line.targets if isinstance(line, ast.Assign) else []
        targets = [line.target] if isinstance(line, ast.AnnAssign) else targets
        for target in targets:
            if isinstance(target, ast.Attribute) and not target.attr.startswith("_"):
                found[target.attr] = ""
    return found
