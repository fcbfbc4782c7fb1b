"""What a module does that a rule can be about: its imports, names that it uses, and its texts."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

# A dotted name of ours, or a path to one. Hosts and addresses end or go on with more than that.
_OURS = re.compile(r"(?<![\w.@/-])(?:app|client_apps)(?:[./]\w+)*[./]?(?![\w@-])")
# Most modules have nothing of the kind outside of import statements: no need to walk the tree.
_PACKAGES = "|".join(sorted(path.stem for path in Path(__file__).parents[1].glob("[a-z]*")))
_PERHAPS_OURS = re.compile(
    rf"^(?!\s*(?:from|import)\b).*\b(?:app[./](?:{_PACKAGES})|client_apps)\b", re.MULTILINE
)


@dataclass(frozen=True, slots=True)
class Imported:
    """One imported module: `level` dots and a dotted name.

    Attributes:
        optional: its lack is caught.
        typing_only: only type checkers see it (`if TYPE_CHECKING:`).
    """

    line: int
    level: int
    module: str
    names: tuple[str, ...]
    optional: bool
    typing_only: bool = False


@dataclass(frozen=True, slots=True)
class Mention:
    """Something that is named in a line."""

    line: int
    name: str


@dataclass(frozen=True, slots=True)
class Reading:
    """One module.

    Attributes:
        imports: all imports, at any depth.
        names: uses of the names that were asked for, each by the whole name it stands for.
        texts: modules that texts name; what explains the code (docstrings) is left out.
    """

    imports: tuple[Imported, ...]
    names: tuple[Mention, ...]
    texts: tuple[Mention, ...]


def read_module(tree: ast.Module, text: str, names: frozenset[str]) -> Reading:
    """Read a module, of which tree and text are given. `names` are the first parts of the names
    whose use is of interest.
    """
    imports = tuple(_imports(tree.body))
    if _words(names).search(text) is None and _PERHAPS_OURS.search(text) is None:
        return Reading(imports, (), ())
    return Reading(imports, *_mentions(tree, names))


@cache
def _words(names: frozenset[str]) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w.])(?:{'|'.join(map(re.escape, sorted(names)))})\b")


def _imports(
    body: Iterable[ast.stmt], *, optional: bool = False, typing_only: bool = False
) -> Iterator[Imported]:
    """Imports in statements and the blocks inside them; expressions cannot hold any."""
    for node in body:
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield Imported(node.lineno, 0, alias.name, (), optional, typing_only)
        elif isinstance(node, ast.ImportFrom):
            names = tuple(alias.name for alias in node.names)
            module = node.module or ""
            yield Imported(node.lineno, node.level, module, names, optional, typing_only)
        else:
            for block, guarded, unreal in _blocks(node):
                yield from _imports(
                    block, optional=optional or guarded, typing_only=typing_only or unreal
                )


def _blocks(node: ast.stmt) -> Iterator[tuple[Iterable[ast.stmt], bool, bool]]:
    """The blocks in a statement: whether a failing import is caught, and whether it never runs."""
    if isinstance(node, ast.Try | ast.TryStar):
        yield node.body, any(map(_catches_import_error, node.handlers)), False
        for handler in node.handlers:
            yield handler.body, False, False
        yield (*node.orelse, *node.finalbody), False, False
    elif isinstance(node, ast.Match):
        for case in node.cases:
            yield case.body, False, False
    else:
        unreal = isinstance(node, ast.If) and is_type_checking(node.test)
        yield getattr(node, "body", ()), False, unreal
        yield getattr(node, "orelse", ()), False, False


def is_type_checking(test: ast.expr) -> bool:
    """Tell whether a condition holds for type checkers only."""
    name = test.attr if isinstance(test, ast.Attribute) else getattr(test, "id", "")
    return name == "TYPE_CHECKING"


def _catches_import_error(handler: ast.ExceptHandler) -> bool:
    caught = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(
        isinstance(node, ast.Name) and node.id in {"ImportError", "ModuleNotFoundError"}
        for node in caught
    )


def _mentions(
    tree: ast.Module, wanted: frozenset[str]
) -> tuple[tuple[Mention, ...], tuple[Mention, ...]]:
    """Uses of the wanted names, and modules in texts, in one walk over the tree."""
    names: list[Mention] = []
    texts: list[Mention] = []
    known, bound = _bindings(tree)
    explained = _docstrings(tree)
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Constant):
            if isinstance(node.value, str) and id(node) not in explained:
                texts += [Mention(node.lineno, name) for name in _modules_in(node.value)]
            continue
        if isinstance(node, ast.Attribute | ast.Name):
            whole = _whole_name(node, known, bound)
            if whole is not None:
                if whole.partition(".")[0] in wanted:
                    names.append(Mention(node.lineno, whole))
                continue
        waiting.extend(ast.iter_child_nodes(node))
    return tuple(sorted(names, key=_line)), tuple(sorted(texts, key=_line))


def _modules_in(text: str) -> Iterator[str]:
    if "app" in text:
        for found in _OURS.finditer(text):
            name = found[0].replace("/", ".").rstrip(".")
            # "client_apps." may be put together with a name; "the app." ends a sentence.
            if name not in ("app", "client_apps") or found[0] in ("client_apps.", "client_apps/"):
                yield name


def _bindings(tree: ast.Module) -> tuple[dict[str, str], set[str]]:
    """What local names stand for by import, and all that is bound otherwise."""
    known: dict[str, str] = {}
    bound: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                first = alias.name.partition(".")[0]
                known[alias.asname or first] = alias.name if alias.asname else first
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                if node.level:
                    bound.add(alias.asname or alias.name)
                else:
                    known[alias.asname or alias.name] = f"{node.module}.{alias.name}"
        elif isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            bound.add(node.id)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            bound.add(node.name)
        elif isinstance(node, ast.arg):
            bound.add(node.arg)
    return known, bound


def _whole_name(node: ast.expr, known: dict[str, str], bound: set[str]) -> str | None:
    """`il.import_module` as `importlib.import_module`; None for what is no import and no word of
    Python's own.
    """
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name) or (node.id in bound and node.id not in known):
        return None
    return ".".join([known.get(node.id, node.id), *reversed(parts)])


def _docstrings(tree: ast.Module) -> set[int]:
    """Ids of the constants that stand alone as a statement: they explain, and do nothing."""
    return {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }


def _line(mention: Mention) -> int:
    return mention.line
