"""What the modules of a client app import, and what of it they may.

A client app may import the standard library, what requirements.txt installs, app.sdk, the public
contexts of app.core and itself. That keeps every client app removable: the core never needs it,
and neither does another. The rest of app.core (installed apps, audit log, secrets, sessions of the
database) is not for client apps, and neither are the modules inside a public context.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import metadata
from pathlib import Path, PurePosixPath

from packaging.requirements import Requirement

from app.runtime.problems import Problem, problem_from_exception
from app.runtime.python_text import NotPython, decode, parse
from app.runtime.remedies import remedy_for_import
from app.runtime.source import AppSource, SourceFile

REQUIREMENTS = Path(__file__).parents[2] / "requirements.txt"
_CORE = Path(__file__).parents[1] / "core"
# Of app.core, exactly these; names are imported from them, never modules below them.
PUBLIC_CONTEXTS = frozenset({"accounts", "actor", "documents", "errors", "files"})


@dataclass(frozen=True, slots=True)
class Imported:
    """One imported module: `level` dots and a dotted name; `optional` when its lack is caught."""

    line: int
    level: int
    module: str
    names: tuple[str, ...]
    optional: bool


def validate_imports(source: AppSource) -> tuple[Problem, ...]:
    """All syntax errors of an app's modules, and all imports that a client app may not have."""
    problems: list[Problem] = []
    for file, content in source.python_files():
        try:
            found = scan(content)
        except (SyntaxError, NotPython) as error:
            problems.append(_not_python(source, file, error))
            continue
        for imported in found:
            problems.extend(_judge(imported, file, source))
    return tuple(problems)


@lru_cache(maxsize=1024)
def scan(content: bytes) -> tuple[Imported, ...]:
    """Imports of a module, at any depth; raises SyntaxError or NotPython when it is not Python.

    Remembered by content: on a save only the changed module is parsed.
    """
    tree = parse(decode(content))
    return tuple(_imports(tree.body, optional=False))


def is_installed(module: str, requirements: Path = REQUIREMENTS) -> bool:
    """Whether a release has the top-level module: what the requirements file installs, and theirs.

    True when there is no such file. The environment of a running process does not change, so what
    was found out is remembered.
    """
    required = _required(requirements)
    if required is None or _canonical(module) in {_canonical(r.name) for r in required}:
        # Most modules are called like their distribution: no need to read what is installed.
        return True
    return module in _installed_modules(required)


@cache
def _required(requirements: Path) -> tuple[Requirement, ...] | None:
    """The requirements that hold on this machine; None when there is no such file."""
    try:
        lines = requirements.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return None
    plain = (line.partition("#")[0].strip() for line in lines)
    found = (Requirement(line) for line in plain if line and not line.startswith("-"))
    return tuple(r for r in found if r.marker is None or r.marker.evaluate())


@cache
def _installed_modules(required: tuple[Requirement, ...]) -> frozenset[str]:
    """Top-level modules of the required distributions and of all that they require."""
    wanted = _closure(required)
    return frozenset(
        module
        for module, distributions in metadata.packages_distributions().items()
        if any(_canonical(name) in wanted for name in distributions)
    )


def _not_python(source: AppSource, file: SourceFile, error: SyntaxError | NotPython) -> Problem:
    if isinstance(error, NotPython):
        path = file.path.as_posix()
        return Problem(source.id, "validate", path, error.line, str(error), error.remedy)
    error.filename = str(source.root / file.path)
    return problem_from_exception(source.id, "validate", error, source.root)


def _imports(body: Iterable[ast.stmt], *, optional: bool) -> Iterator[Imported]:
    """Imports in statements and the blocks inside them; expressions cannot hold any."""
    for node in body:
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield Imported(node.lineno, 0, alias.name, (), optional)
        elif isinstance(node, ast.ImportFrom):
            names = tuple(alias.name for alias in node.names)
            yield Imported(node.lineno, node.level, node.module or "", names, optional)
        elif isinstance(node, ast.Try | ast.TryStar):
            guarded = optional or any(map(_catches_import_error, node.handlers))
            yield from _imports(node.body, optional=guarded)
            for handler in node.handlers:
                yield from _imports(handler.body, optional=optional)
            yield from _imports((*node.orelse, *node.finalbody), optional=optional)
        elif isinstance(node, ast.Match):
            for case in node.cases:
                yield from _imports(case.body, optional=optional)
        else:
            inner = (*getattr(node, "body", ()), *getattr(node, "orelse", ()))
            yield from _imports(inner, optional=optional)


def _catches_import_error(handler: ast.ExceptHandler) -> bool:
    caught = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(
        isinstance(node, ast.Name) and node.id in {"ImportError", "ModuleNotFoundError"}
        for node in caught
    )


def _judge(imported: Imported, file: SourceFile, source: AppSource) -> Iterator[Problem]:
    for module in _absolute(imported, file.path, source):
        reason = _refusal(module, source, optional=imported.optional)
        if reason is not None:
            message, remedy = reason
            yield Problem(
                source.id, "validate", file.path.as_posix(), imported.line, message, remedy
            )
            return


def _absolute(imported: Imported, path: PurePosixPath, source: AppSource) -> tuple[str, ...]:
    """Absolute names of what is imported; with its names where these may be modules of others."""
    module = imported.module
    if imported.level:
        folder = ["client_apps", source.client, source.name, *path.parts[:-1]]
        # More dots than folders leave the app in any case.
        kept = folder[: max(1, len(folder) - (imported.level - 1))]
        module = ".".join([*kept, *([module] if module else [])])
    others = ("app", "app.core", "client_apps", f"client_apps.{source.client}")
    if imported.names and (module in others or module.startswith("app.core.")):
        return tuple(f"{module}.{name}" for name in imported.names)
    return (module,)


def _refusal(module: str, source: AppSource, *, optional: bool) -> tuple[str, str] | None:
    """Message and remedy when `module` may not be imported; None when it may."""
    top = module.partition(".")[0]
    if top == "client_apps":
        if _inside(module, source.package):
            return None
        return f"Imports {module}, which is not this app", remedy_for_import(module, source.id)
    if top == "app":
        if _inside(module, "app.sdk") or _is_public_core(module):
            return None
        return f"Imports {module}, which is internal", remedy_for_import(module, source.id)
    if top in sys.stdlib_module_names or optional or is_installed(top):
        return None
    if f"{top}.py" in source.by_path or f"{top}/__init__.py" in source.by_path:
        return (
            f"Imports {top} as if it were installed, but it is a module of the app",
            f"Write `from . import {top}` (or `from .{top} import …`).",
        )
    return f"Imports {top}, which a release does not have", remedy_for_import(module, source.id)


def _is_public_core(module: str) -> bool:
    """Whether `module` is a public context, or a name in one that is no module."""
    parts = module.split(".")
    if parts[:2] != ["app", "core"] or len(parts) not in (3, 4) or parts[2] not in PUBLIC_CONTEXTS:
        return False
    return len(parts) == 3 or not (_CORE / parts[2] / f"{parts[3]}.py").exists()


def _inside(module: str, package: str) -> bool:
    return module == package or module.startswith(f"{package}.")


def _closure(required: Iterable[Requirement]) -> frozenset[str]:
    """Canonical names of the required distributions and of all that they require here."""
    wanted: set[tuple[str, str]] = set()
    waiting = list(required)
    while waiting:
        requirement = waiting.pop()
        for extra in ("", *requirement.extras):
            key = (_canonical(requirement.name), extra)
            if key not in wanted:
                wanted.add(key)
                waiting.extend(_required_by(requirement.name, extra))
    return frozenset(name for name, _ in wanted)


def _required_by(distribution: str, extra: str) -> Iterator[Requirement]:
    """What a distribution requires for an extra ("" for none); nothing if not installed."""
    try:
        lines = metadata.requires(distribution) or ()
    except metadata.PackageNotFoundError:
        return
    for line in lines:
        requirement = Requirement(line)
        if requirement.marker is None or requirement.marker.evaluate({"extra": extra}):
            requirement.marker = None
            yield requirement


def _canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
