"""Which capabilities an app's modules use, read from their text.

Follows names from their import to their use within one module. What reaches a function in a more
roundabout way is not seen here; it fails when it is called, with the same explanation.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from app.kernel.contexts import DECLARED
from app.kernel.grants import is_granted
from app.rules.grading import under
from app.source.app_source import AppSource
from app.source.metadata import ENTRY_FILE, read_metadata
from app.source.problems import Problem, errors_in, warnings_in
from app.source.python_text import NotPython, decode, parse

_CAPABILITY_OF: Mapping[str, str] = {
    **{path: offered.capability for path, offered in DECLARED.items() if offered.capability},
    **{f"app.sdk.presence.{name}": "broadcast" for name in ("here", "join", "update")},
    "app.sdk.broadcast": "broadcast",
    "app.sdk.live.broadcast": "broadcast",
    "app.sdk.Process": "processes",
}
# Modules whose purpose is to connect. Importing one is no proof that it is used.
_NETWORK_MODULES = frozenset(
    {
        "aiohttp",
        "ftplib",
        "http.client",
        "httpcore",
        "httpx",
        "imaplib",
        "poplib",
        "redis",
        "requests",
        "smtplib",
        "socket",
        "urllib.request",
        "urllib3",
        "websockets",
        "xmlrpc.client",
    }
)


@dataclass(frozen=True, slots=True)
class Use:
    """One use of a capability: where, of what; `certain` when it cannot be anything else."""

    capability: str
    file: str
    line: int
    name: str
    certain: bool


def undeclared(
    source: AppSource, declared: Iterable[str]
) -> tuple[tuple[Problem, ...], tuple[Problem, ...]]:
    """Problems and warnings: what the app uses and does not declare, once for each file."""
    known = set(declared)
    problems: list[Problem] = []
    seen: set[tuple[str, str]] = set()
    for use in capability_uses(source):
        if is_granted(use.capability, known) or (use.capability, use.file) in seen:
            continue
        seen.add((use.capability, use.file))
        problems.append(_problem(source.id, use))
    return errors_in(problems), warnings_in(problems)


def capability_uses(source: AppSource) -> Iterator[Use]:
    """Every use, in the order of files and lines."""
    for file, content in source.python_files():
        try:
            tree = parse(decode(content))
        except (SyntaxError, NotPython):
            continue  # a problem that `validate_imports` reports
        found = _uses_in(tree, file.path.as_posix())
        yield from sorted(found, key=lambda use: use.line)
    processes = read_metadata(source).lines.get("processes")
    if processes is not None and read_metadata(source).literals.get("processes") not in ((), []):
        yield Use("processes", ENTRY_FILE, processes, "processes", True)


def _uses_in(tree: ast.Module, file: str) -> Iterator[Use]:
    names: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield from _imported(node, names, file)
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute | ast.Name):
            dotted = _dotted(node, names)
            capability = _CAPABILITY_OF.get(dotted or "")
            if capability is not None:
                yield Use(capability, file, node.lineno, str(dotted), True)


def _imported(node: ast.Import | ast.ImportFrom, names: dict[str, str], file: str) -> Iterator[Use]:
    """Note what local names stand for; yields imports of modules that connect."""
    if isinstance(node, ast.ImportFrom) and node.level:
        return
    for alias in node.names:
        if isinstance(node, ast.Import):
            full = alias.name
            local = alias.asname or full.partition(".")[0]
            names[local] = full if alias.asname else local
        else:
            full = f"{node.module}.{alias.name}"
            names[alias.asname or alias.name] = full
        parents = {full, full.partition(".")[0], full.rpartition(".")[0]}
        module = next(iter(sorted(parents & _NETWORK_MODULES)), None)
        if module is not None:
            yield Use("network", file, node.lineno, module, False)


def _dotted(node: ast.expr, names: Mapping[str, str]) -> str | None:
    """`documents.save` as `app.core.documents.save`; None when it does not begin with an import."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name) or node.id not in names:
        return None
    return ".".join([names[node.id], *reversed(parts)])


def _problem(app_id: str, use: Use) -> Problem:
    verb = "is used" if use.certain else "may be used"
    rule = "capability-undeclared" if use.certain else "capability-perhaps-undeclared"
    return under(
        Problem(
            app_id,
            "validate",
            use.file,
            use.line,
            f'The capability "{use.capability}" {verb} ({use.name}), but is not declared',
            f'Add "{use.capability}" to capabilities in AppEntry, so that an admin can grant it.',
        ),
        rule,
    )
