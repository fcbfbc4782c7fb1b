"""Addresses of other servers in an app's text that its pages load from, and does not declare.

Follows names from their import to their use within one module, and constants of the module. What is
put together while the app runs is not seen here: the browser refuses it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping

from app.kernel.origins import NotAnOrigin, parse_origin
from app.packages.origins_in_text import (
    ADDRESS,
    IN_CODE,
    IN_MARKUP,
    IN_STYLE,
    UNKNOWN,
    Load,
    found,
    loads_of_files,
)
from app.rules.grading import under
from app.source.app_source import AppSource
from app.source.problems import Problem
from app.source.python_text import NotPython, decode, parse

# A component -> its props that name what it loads, and as what.
_LOADED: Mapping[str, Mapping[str, str]] = {
    "audio": {"src": "media", "url": "media"},
    "avatar": {"src": "img"},
    "iframe": {"src": "frame"},
    "image": {"src": "img", "src_set": "img", "href": "img"},
    "img": {"src": "img", "src_set": "img"},
    "script": {"src": "script"},
    "source": {"src": "media", "src_set": "img"},
    "track": {"src": "media"},
    "video": {"src": "media", "url": "media", "poster": "img"},
}
# What a link to a file beside the page is good for, by the beginning of its `rel`.
_LINKED = {"stylesheet": "style", "icon": "img"}
_CODE = frozenset({"call_script", "run_script", "script"})
_MARKUP = frozenset({"html", "markdown"})


def undeclared_origins(source: AppSource, declared: Iterable[str]) -> tuple[Problem, ...]:
    """Return warnings of addresses that no origin in `declared` covers, once for each file."""
    known = tuple(declared)
    everything = sorted([*_loads(source), *loads_of_files(source)], key=_place, reverse=True)
    loads = {(load.file, load.kind, load.address): load for load in everything}
    missing = (load for load in loads.values() if not _covered(load, known))
    return tuple(_problem(source.id, load) for load in sorted(missing, key=_place))


def _place(load: Load) -> tuple[str, int, str, str]:
    return load.file, load.line, load.kind, load.address


def _loads(source: AppSource) -> Iterator[Load]:
    for file, content in source.python_files():
        try:
            tree = parse(decode(content))
        except (SyntaxError, NotPython):
            continue  # a problem that `validate_imports` reports
        module = _Module(tree)
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                for kind, address in module.loads(node):
                    yield Load(file.path.as_posix(), node.lineno, kind, address.lower())


class _Module:
    """What the names of a module stand for."""

    def __init__(self, tree: ast.Module) -> None:
        self._imported: dict[str, str] = {}
        self._texts: dict[str, ast.expr] = {}
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    first = alias.name.partition(".")[0]
                    self._imported[alias.asname or first] = alias.name if alias.asname else first
            elif isinstance(node, ast.ImportFrom) and not node.level:
                for alias in node.names:
                    self._imported[alias.asname or alias.name] = f"{node.module}.{alias.name}"
        for statement in tree.body:
            if isinstance(statement, ast.Assign) and isinstance(
                statement.value, ast.Constant | ast.JoinedStr
            ):
                names = (target.id for target in statement.targets if isinstance(target, ast.Name))
                self._texts |= dict.fromkeys(names, statement.value)

    def loads(self, call: ast.Call) -> Iterator[tuple[str, str]]:
        """Yield kind and address of what a component or an event of Reflex loads."""
        path = self._path(call.func)
        if path[:1] != ["reflex"]:
            return
        name = path[-1]
        props = self._linked(call) if path[-2:] == ["el", "link"] else _LOADED.get(name, {})
        for keyword in call.keywords:
            for text in self._written(keyword.value):
                yield from found(IN_STYLE, text)
                kind = props.get(keyword.arg or "")
                address = ADDRESS.match(text) if kind else None
                if kind and address:
                    yield kind, address[1]
        patterns = IN_CODE if name in _CODE else IN_MARKUP if name in _MARKUP else ()
        for argument in (*call.args, *(k.value for k in call.keywords)) if patterns else ():
            for text in self._written(argument):
                yield from found(patterns, text)

    def _linked(self, call: ast.Call) -> Mapping[str, str]:
        texts = [text for k in call.keywords if k.arg == "rel" for text in self._written(k.value)]
        kinds = [kind for rel, kind in _LINKED.items() if any(rel in text for text in texts)]
        return {"href": kinds[0]} if kinds else {}

    def _path(self, node: ast.expr) -> list[str]:
        """`rx.el.iframe` as its full name in parts; [] when it does not begin with an import."""
        parts: list[str] = []
        while isinstance(node, ast.Attribute):
            parts.append(node.attr)
            node = node.value
        if not isinstance(node, ast.Name) or node.id not in self._imported:
            return []
        return [*self._imported[node.id].split("."), *reversed(parts)]

    def _written(self, value: ast.expr) -> Iterator[str]:
        """Yield the texts that are written in an expression, those of nested calls left out."""
        waiting: list[ast.AST] = [value]
        while waiting:
            node = waiting.pop()
            if isinstance(node, ast.Name):
                node = self._texts.get(node.id, node)
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value
            elif isinstance(node, ast.JoinedStr):
                yield "".join(
                    str(part.value) if isinstance(part, ast.Constant) else UNKNOWN
                    for part in node.values
                )
            elif not isinstance(node, ast.Call) or self._path(node.func)[-1:] == ["cond"]:
                waiting += ast.iter_child_nodes(node)


def _covered(load: Load, declared: Iterable[str]) -> bool:
    """Tell whether an origin covers an address, as a browser would."""
    for text in declared:
        kind, _, address = text.partition(" ")
        if kind != load.kind:
            continue
        scheme, _, host = address.partition("://")
        found, _, name = load.address.partition("://")
        wild = host.startswith("*.") and name.endswith(host[1:])
        if scheme == found and (name == host or wild):
            return True
    return False


def _problem(app_id: str, load: Load) -> Problem:
    wanted = f"{load.kind} {load.address}"
    remedy = (
        f'Add "{wanted}" to origins in AppEntry, so that an admin can grant it, or put what is'
        " loaded into assets/."
    )
    try:
        parse_origin(wanted)
    except NotAnOrigin as error:
        remedy = f"No app may load from it: {error}. {error.remedy}"
    return under(
        Problem(
            app_id,
            "validate",
            load.file,
            load.line,
            f"{load.address} is not among the origins that the app declares for {load.kind}, so"
            " browsers load nothing from it",
            remedy,
        ),
        "origin-undeclared",
    )
