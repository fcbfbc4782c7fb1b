"""What is read of a module."""

from __future__ import annotations

import ast

import pytest

from app.rules.reading import Imported, Mention, Reading, read_module

NAMES = frozenset({"importlib", "sys", "eval", "__import__"})


def read(text: str) -> Reading:
    return read_module(ast.parse(text), text, NAMES)


@pytest.mark.parametrize(
    "guard",
    [
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    {}",
        "import typing\nif typing.TYPE_CHECKING:\n    {}",
        "if TYPE_CHECKING:\n    if x:\n        {}",
        "if x:\n    pass\nelif TYPE_CHECKING:\n    {}",
    ],
)
def test_an_import_that_only_type_checkers_see_is_told_apart(guard: str) -> None:
    found = read(guard.format("import some")).imports[-1]
    assert (found.module, found.typing_only) == ("some", True)


@pytest.mark.parametrize(
    "guard",
    [
        "if TYPE_CHECKING:\n    pass\nelse:\n    {}",
        "if not TYPE_CHECKING:\n    {}",
        "if TYPE_CHECKING or x:\n    {}",
        "if TYPE_CHECKING:\n    pass\n{}",
    ],
)
def test_an_import_that_runs_beside_such_a_guard_is_an_ordinary_one(guard: str) -> None:
    assert read(guard.format("import some")).imports == (
        Imported(guard.count("\n") + 1, 0, "some", (), optional=False),
    )


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("import importlib as il\nil.import_module('x')", "importlib.import_module"),
        ("from importlib import import_module as f\nf('x')", "importlib.import_module"),
        ("import importlib.resources\nimportlib.reload(x)", "importlib.reload"),
        ("import sys\nx = sys.modules['a'].b", "sys.modules"),
        ("x = [__import__]\n", "__import__"),
        ("def f():\n    return eval('1')", "eval"),
    ],
)
def test_a_name_is_followed_to_its_use(code: str, name: str) -> None:
    assert read(code).names == (Mention(1 if name == "__import__" else 2, name),)


@pytest.mark.parametrize(
    "code",
    [
        "def eval(x): ...\neval(1)",
        "from .x import eval\neval(1)",
        "x.eval()",
        "import re\nre.compile('x')",
        "class A:\n    def f(self, sys):\n        return sys.modules",
    ],
)
def test_what_only_looks_like_such_a_name_is_none(code: str) -> None:
    assert read(code).names == ()


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("app.cell.loading.loader", ("app.cell.loading.loader",)),
        ("import app.core.apps; client_apps.acme.x", ("app.core.apps", "client_apps.acme.x")),
        ("client_apps/globex/editor/entry.py", ("client_apps.globex.editor.entry.py",)),
        ("client_apps.", ("client_apps",)),
        ("app.core.", ("app.core",)),
        ("my.app.core", ()),
        ("https://x.org/app/core", ()),
        ("all client_apps and app.", ()),
        ("application", ()),
    ],
)
def test_modules_in_texts_are_found(text: str, found: tuple[str, ...]) -> None:
    assert tuple(m.name for m in read(f"x = {text!r}").texts) == found


def test_docstrings_and_comments_name_what_they_like() -> None:
    assert read('"""app.node"""\nclass A:\n    "app.core"\n# app.core\n').texts == ()
