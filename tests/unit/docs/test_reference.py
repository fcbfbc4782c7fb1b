"""The reference in docs/apps.md, and its examples."""

from __future__ import annotations

import ast
import importlib
import os
import re
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

import pytest

from app.kernel.contexts import DECLARED
from app.rules.rulebook import rulebook
from app.sdk import ClientApp, DynamicApp, StaticApp
from tests.unit.docs.stubs import declared_by, declared_in_docs

ROOT = Path(__file__).parents[3]
TEXT = (ROOT / "docs" / "apps.md").read_text("utf-8")
APP = "client_apps/example/board"
CONFIGURATION = "client_apps/initech/operations/pyproject.toml"
OPEN = ("accounts", "actor", "documents", "errors", "files")
MODULES = ("app.sdk", "app.testing", *(f"app.core.{name}" for name in OPEN))
PYTHON = re.findall(r"^```python\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)
# Public for the kit itself, which calls it as a socket would.
FOR_THE_KIT = {"Page.receive"}
EXAMPLES = {
    place[1]: code
    for code in PYTHON
    if (place := re.match(r"# (client_apps/\S+)\n", code)) is not None
}


def exported(module: str) -> list[str]:
    """Return the names of a module that are for client apps."""
    found = importlib.import_module(module)
    names: list[str] = found.__all__
    if not module.startswith("app.core."):
        return names
    # What a context declares in app/kernel is for apps; the rest refuses them.
    modules = {name: str(getattr(getattr(found, name), "__module__", "")) for name in names}
    return [name for name, module in modules.items() if module.startswith("app.kernel.")]


@pytest.mark.parametrize("module", MODULES)
def test_the_reference_declares_what_the_module_exports(module: str) -> None:
    in_docs = declared_in_docs(TEXT)[module]
    in_code = declared_by(importlib.import_module(module), exported(module))
    # Of what is set when an object is made, the code does not say the type.
    in_code = {name: kind or in_docs.get(name, "") for name, kind in in_code.items()}
    assert in_docs == {name: kind for name, kind in in_code.items() if name not in FOR_THE_KIT}


def test_every_module_that_apps_may_import_is_in_the_reference() -> None:
    opened = {
        pattern.removeprefix("!").removesuffix(".**")
        for pattern in rulebook(ROOT).rules["closed-core-in-tests"].pattern
        if pattern.startswith("!")
    }
    assert opened == set(MODULES) == set(declared_in_docs(TEXT))


def test_every_function_that_the_core_exposes_is_in_the_reference() -> None:
    in_docs = {
        f"{module}.{name}" for module, names in declared_in_docs(TEXT).items() for name in names
    }
    assert in_docs >= set(DECLARED)


def test_the_table_of_app_entry_has_every_attribute() -> None:
    table = TEXT.partition("## AppEntry")[2].partition("\n\nFiles beside")[0]
    named = set(re.findall(r"`(\w+)`", table)) | {"root"}
    attributes = {
        name
        for cls in (ClientApp, DynamicApp, StaticApp)
        for name in cls.__annotations__
        if not name.startswith("_")
    }
    assert attributes <= named


@pytest.mark.parametrize("code", PYTHON, ids=lambda code: code.partition("\n")[0][:60])
def test_examples_are_python_and_import_what_there_is(code: str) -> None:
    tree = ast.parse(code, feature_version=(3, 11))
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("app."):
            module = importlib.import_module(node.module)
            there = (_is_in(module, each.name) for each in node.names)
            assert all(there), ast.unparse(node)


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout with the apps of the documentation."""
    made = tmp_path_factory.mktemp("checkout")
    for name in (".venv", "app", "rxconfig.py", "pyproject.toml", "requirements.txt"):
        (made / name).symlink_to(ROOT / name)
    for place, code in EXAMPLES.items():
        path = made / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(code)
        shutil.copy(ROOT / CONFIGURATION, made / APP)
    return made


def run(checkout: Path, *command: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", *command],
        cwd=checkout,
        env={**os.environ, "PYTHONPATH": str(checkout), "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_examples_pass_the_check(checkout: Path) -> None:
    assert "no problems" in run(checkout, "app", "check")


def test_the_tests_of_the_examples_pass(checkout: Path) -> None:
    assert "passed" in run(checkout, "pytest", "-q", "client_apps")


def test_the_examples_pass_mypy(checkout: Path) -> None:
    cache = str(ROOT / ".mypy_cache" / "apps")
    run(checkout, "mypy", "--config-file", f"{APP}/pyproject.toml", "--cache-dir", cache, APP)


def test_the_examples_pass_basedpyright(checkout: Path) -> None:
    run(checkout, "basedpyright", "-p", APP, "--pythonpath", sys.executable)


def _is_in(module: ModuleType, name: str) -> bool:
    """Tell whether a module has a name, or a module of it that nobody has imported yet."""
    return hasattr(module, name) or find_spec(f"{module.__name__}.{name}") is not None
