"""What another compiler made is not served: its name changes with its text."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from app.cell.compiling.compiler import FOLDERS, text_digest


@pytest.fixture
def compiler(tmp_path: Path) -> Path:
    inner = tmp_path / "cell" / "compiling"
    inner.mkdir(parents=True)
    (inner / "pages.py").write_text("A = 1\n")
    return tmp_path / "cell"


def test_a_change_in_an_inner_folder_is_another_compiler(compiler: Path) -> None:
    before = text_digest([compiler])
    (compiler / "compiling" / "pages.py").write_text("A = 2\n")
    assert text_digest([compiler]) != before


def test_a_module_that_moves_is_another_compiler(compiler: Path) -> None:
    before = text_digest([compiler])
    (compiler / "compiling" / "pages.py").rename(compiler / "pages.py")
    assert text_digest([compiler]) != before


def test_the_same_text_is_the_same_compiler(compiler: Path) -> None:
    assert text_digest([compiler]) == text_digest([compiler])
    assert len(text_digest()) == 64


def test_all_that_loading_imports_is_part_of_it() -> None:
    code = "import sys, app.cell.loading.check; print(*(m for m in sys.modules if m[:4] == 'app.'))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    used = {name.split(".")[1] for name in done.stdout.split()}
    assert used <= set(FOLDERS)
    assert "cell" in used
