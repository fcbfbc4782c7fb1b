"""Metadata of an app, read from the text of its entry.py without running it.

With a thousand apps on disk the launcher knows their names, urls and icons before any of them is
loaded. Values that are not literals stay None: they are known after loading.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Literal

from app.source.app_source import AppSource
from app.source.python_text import NotPython, decode, parse

Kind = Literal["dynamic", "static"]

ENTRY_FILE = "entry.py"
ENTRY_CLASS = "AppEntry"
DEFAULT_ICON = "box"

_KINDS: Mapping[str, Kind] = {"DynamicApp": "dynamic", "StaticApp": "static"}
_CLASS_LINE = re.compile(rf"^class {ENTRY_CLASS}\b", re.MULTILINE)
# A line at the left margin that ends the class; closing brackets and comments do not.
_NEXT_STATEMENT = re.compile(r"^[^\s)\]}#]", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class AppMetadata:
    """What the text of entry.py tells about an app.

    `kind` is None when the base class is not directly DynamicApp or StaticApp; the other fields are
    None when they are not given as literals of the right type. `bases` holds the last part of each
    base's name; `literals` every class attribute that is a literal, of whatever type; `lines` the
    line of each attribute and method, of the class itself (`AppEntry`) and of each url template
    (`pages:/projects/[project_id]`).
    """

    id: str
    kind: Kind | None
    name: str | None
    url: str | None
    description: str | None
    icon: str | None
    version: str | None
    capabilities: tuple[str, ...] | None
    origins: tuple[str, ...] | None
    pages: tuple[str, ...] | None
    bases: tuple[str, ...]
    literals: Mapping[str, object]
    lines: Mapping[str, int]
    methods: frozenset[str]

    @property
    def has_entry(self) -> bool:
        """Whether a class AppEntry is written at the left margin of entry.py."""
        return ENTRY_CLASS in self.lines

    def line(self, attribute: str) -> int | None:
        """Line of an attribute, else of the class, else None."""
        return self.lines.get(attribute, self.lines.get(ENTRY_CLASS))


def default_url(app_id: str) -> str:
    """The url of an app that gives none: `example/floor_plan` has `example-floor-plan`."""
    return app_id.replace("/", "-").replace("_", "-")


def read_metadata(source: AppSource) -> AppMetadata:
    """Metadata of an app; all unknown when entry.py is missing or is not Python."""
    file = source.by_path.get(ENTRY_FILE)
    return parse_metadata(source.id, (file.content if file else None) or b"")


@lru_cache(maxsize=64)
def parse_metadata(app_id: str, entry: bytes) -> AppMetadata:
    """Metadata from the content of an entry.py; never raises.

    Remembered: a save is looked at before it is loaded, and many saves are of other files.
    """
    found = _entry_class(entry)
    attributes, lines = _attributes(found)
    literals = _literals(attributes)
    pages = attributes.get("pages")
    lines |= _template_lines(pages)
    methods = _methods(found)
    lines |= methods
    if found:
        lines[ENTRY_CLASS] = found.lineno
    return AppMetadata(
        id=app_id,
        kind=next((_KINDS[base] for base in _bases(found) if base in _KINDS), None),
        name=_text(literals, attributes, "name", None),
        url=_text(literals, attributes, "url", default_url(app_id)),
        description=_text(literals, attributes, "description", ""),
        icon=_text(literals, attributes, "icon", DEFAULT_ICON),
        version=_text(literals, attributes, "version", None),
        capabilities=_texts(literals, attributes, "capabilities"),
        origins=_texts(literals, attributes, "origins"),
        pages=_templates(pages),
        bases=_bases(found),
        literals=MappingProxyType(literals),
        lines=MappingProxyType(lines),
        methods=frozenset(methods),
    )


def _entry_class(entry: bytes) -> ast.ClassDef | None:
    """The last class AppEntry at the left margin, with the line numbers of the file."""
    try:
        text = decode(entry)
    except NotPython:
        return None
    if ENTRY_CLASS not in text:
        return None
    found = _parse_class_alone(text)
    if found is not None:
        return found
    try:
        module = parse(text)
    except (SyntaxError, NotPython):
        return None
    classes = [n for n in module.body if isinstance(n, ast.ClassDef) and n.name == ENTRY_CLASS]
    return classes[-1] if classes else None


def _parse_class_alone(text: str) -> ast.ClassDef | None:
    """Parse only the lines of the class, ten times faster than the file; None when unsure.

    Cutting at a wrong place (inside a string that reaches the left margin) leaves a syntax error,
    for which the caller parses the whole file.
    """
    starts = list(_CLASS_LINE.finditer(text))
    if len(starts) != 1:
        return None
    start = starts[0].start()
    end = _NEXT_STATEMENT.search(text, starts[0].end())
    try:
        body = parse(text[start : end.start() if end else None]).body
    except (SyntaxError, NotPython):
        return None
    if len(body) != 1 or not isinstance(body[0], ast.ClassDef):
        return None
    ast.increment_lineno(body[0], text.count("\n", 0, start))
    return body[0]


def _attributes(entry: ast.ClassDef | None) -> tuple[dict[str, ast.expr], dict[str, int]]:
    """Values and lines of the attributes that are assigned by name; the last assignment wins."""
    values: dict[str, ast.expr] = {}
    lines: dict[str, int] = {}
    for node in entry.body if entry else ():
        if isinstance(node, ast.Assign):
            targets, value = node.targets, node.value
        elif isinstance(node, ast.AnnAssign) and node.value:
            targets, value = [node.target], node.value
        else:
            continue
        names = [target.id for target in targets if isinstance(target, ast.Name)]
        values |= dict.fromkeys(names, value)
        lines |= dict.fromkeys(names, node.lineno)
    return values, lines


def _literals(attributes: Mapping[str, ast.expr]) -> dict[str, object]:
    literals: dict[str, object] = {}
    for name, node in attributes.items():
        try:
            literals[name] = ast.literal_eval(node)
        except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
            continue
    return literals


def _methods(entry: ast.ClassDef | None) -> dict[str, int]:
    nodes = entry.body if entry else []
    return {
        node.name: node.lineno
        for node in nodes
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }


def _bases(entry: ast.ClassDef | None) -> tuple[str, ...]:
    return tuple(
        base.attr if isinstance(base, ast.Attribute) else getattr(base, "id", "?")
        for base in (entry.bases if entry else ())
    )


def _text(
    literals: Mapping[str, object],
    attributes: Mapping[str, ast.expr],
    name: str,
    default: str | None,
) -> str | None:
    """The literal text of an attribute; the default when it is not given at all."""
    if name not in attributes:
        return default
    value = literals.get(name)
    return value if isinstance(value, str) else None


def _texts(
    literals: Mapping[str, object], attributes: Mapping[str, ast.expr], name: str
) -> tuple[str, ...] | None:
    """The literal texts of an attribute, none when it is not given at all."""
    value = literals.get(name, None if name in attributes else ())
    if isinstance(value, tuple | list | set) and all(isinstance(item, str) for item in value):
        return tuple(sorted(value) if isinstance(value, set) else value)
    return None


def _templates(pages: ast.expr | None) -> tuple[str, ...] | None:
    """Keys of a dict display, when all are literal texts."""
    if not isinstance(pages, ast.Dict):
        return None
    keys = [key.value for key in pages.keys if isinstance(key, ast.Constant)]
    texts = tuple(key for key in keys if isinstance(key, str))
    return texts if len(texts) == len(pages.keys) else None


def _template_lines(pages: ast.expr | None) -> dict[str, int]:
    keys = pages.keys if isinstance(pages, ast.Dict) else []
    return {
        f"pages:{key.value}": key.lineno
        for key in keys
        if isinstance(key, ast.Constant) and isinstance(key.value, str)
    }
