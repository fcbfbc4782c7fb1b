"""A small checkout: empty packages for all floors of the core, the rules, and one client app."""

from __future__ import annotations

import re
import shutil
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.rules.examples import BASE, ROOT

_OPEN = ("app.core.accounts", "app.core.documents", "app.core.documents.store", "app.core.files")
_WHITELIST = re.compile(r"^whitelist = \[\n.*?^\]\n", re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="session")
def _small_checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    tree = tmp_path_factory.mktemp("checkout")
    for name in ("pyproject.toml", "requirements.txt"):
        shutil.copy(ROOT / name, tree / name)
    contracts = tomllib.loads((tree / "pyproject.toml").read_text())["tool"]["importlinter"]
    for module in sorted({*_modules_in(contracts), *_OPEN}):
        folder = tree.joinpath(*module.split("."))
        folder.mkdir(parents=True, exist_ok=True)
        for each in (folder, *folder.relative_to(tree).parents):
            package = tree / each
            if package != tree:
                (package / "__init__.py").touch()
    for path, text in BASE.items():
        (tree / path).parent.mkdir(parents=True)
        (tree / path).write_text(text)
    # What the core of this checkout is excepted from, the small one does not need.
    rules = (ROOT / "app/rules/rules.toml").read_text()
    (tree / "app/rules/rules.toml").write_text(_WHITELIST.sub("", rules))
    return tree


@pytest.fixture
def tree(_small_checkout: Path, tmp_path: Path) -> Path:
    """A small checkout of its own, in which all rules are kept."""
    return shutil.copytree(_small_checkout, tmp_path / "checkout")


def _modules_in(value: object) -> Iterator[str]:
    """All modules of the core that contracts name."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key not in ("name", "id", "root_package"):
                yield from _modules_in(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _modules_in(inner)
    elif isinstance(value, str):
        yield from re.findall(r"app\.[\w.]+", value)
