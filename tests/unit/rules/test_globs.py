"""Globs of paths, and patterns of dotted names."""

from __future__ import annotations

import pytest

from app.rules.globs import in_scope, is_refused, matches

MODULES = frozenset({"app.core.documents", "app.core.documents.store"})


@pytest.mark.parametrize(
    ("path", "glob", "fits"),
    [
        ("app/x.py", "app/**/*.py", True),
        ("app/a/b/x.py", "app/**/*.py", True),
        ("apps/x.py", "app/**/*.py", False),
        ("app/a/x.js", "app/**", True),
        ("app", "app/**", False),
        ("client_apps/a/b/c.py", "client_apps/*/*/**/*.py", True),
        ("client_apps/a/b/s/c.py", "client_apps/*/*/**/*.py", True),
        ("client_apps/a/b.py", "client_apps/*/*/**/*.py", False),
        ("client_apps/a/b/entry_py", "client_apps/*/*/entry.py", False),
        ("client_apps/a/b/c/entry.py", "client_apps/*/*/entry.py", False),
    ],
)
def test_a_glob_fits_a_path(path: str, glob: str, fits: bool) -> None:
    assert matches(path, glob) is fits


def test_a_scope_leaves_out_what_an_exclamation_mark_names() -> None:
    scope = ("client_apps/*/*/**/*.py", "!client_apps/*/*/tests/**")
    assert in_scope("client_apps/a/b/x.py", scope)
    assert in_scope("client_apps/a/b/sub/tests/x.py", scope)
    assert not in_scope("client_apps/a/b/tests/x.py", scope)
    assert not in_scope("app/x.py", scope)


@pytest.mark.parametrize(
    ("name", "refused"),
    [
        ("app", True),
        ("app.cell.loading.loader", True),
        ("app.sdk", False),
        ("app.sdk.entry.Page", False),
        ("app.sdkx", True),
        ("app.core", True),
        ("app.core.documents", False),
        ("app.core.documents.save", False),
        ("app.core.documents.store", True),
        ("app.core.documents.store.find", True),
        ("application", False),
        ("client_apps.acme", True),
        ("client_apps.acme.x", True),
        ("client_apps", False),
    ],
)
def test_patterns_refuse_a_name(name: str, refused: bool) -> None:
    patterns = ("!app.sdk.**", "app.**", "!app.core.documents", "client_apps.*.**")
    assert is_refused(name, patterns, MODULES.__contains__) is refused
