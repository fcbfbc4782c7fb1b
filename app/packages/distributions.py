"""The Python distributions that an app imports."""

from __future__ import annotations

import sys
from importlib import metadata

from app.rules.imports import scan
from app.rules.installed import look, provided_by
from app.source.app_source import AppSource

_OWN = frozenset({"app", "client_apps"})


def distributions_of(source: AppSource) -> tuple[str, ...]:
    """Canonical names of the distributions that the app's modules import, sorted.

    Imports whose lack is caught, or that only type checkers see, are left out: the app runs without
    them. A module that nothing
    installed provides is left out too: `validate_imports` names it, with its line.
    """
    look()
    providers = provided_by()
    found: set[str] = set()
    for module in _modules(source):
        found.update(providers.get(module, ()))
    return tuple(sorted(found))


def is_installed(distribution: str) -> bool:
    """Whether a distribution is installed here, in whatever version."""
    try:
        metadata.distribution(distribution)
    except (metadata.PackageNotFoundError, ValueError):
        return False
    return True


def _modules(source: AppSource) -> set[str]:
    """Top-level names of all modules that are imported from elsewhere."""
    names: set[str] = set()
    for _, content in source.python_files():
        try:
            imported = scan(content).imports
        except (SyntaxError, ValueError, RecursionError):
            continue  # a problem that `validate_imports` reports
        names.update(
            one.module.partition(".")[0]
            for one in imported
            if not (one.level or one.optional or one.typing_only)
        )
    return names - _OWN - sys.stdlib_module_names
