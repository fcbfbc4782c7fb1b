"""What a release has installed."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest

from app.rules.installed import NoRequirements, changed_since_import, is_installed, look
from app.rules.rulebook import ROOT
from tests.support.packages import DISTRIBUTION, MODULE, Packages


def test_only_what_the_requirements_install_counts_as_installed(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text(
        "# comment\nrich==15.0.0  # tables\nuvloop; sys_platform == 'other'\n"
    )
    assert all(is_installed(name, tmp_path) for name in ("rich", "pygments", "markdown_it"))
    assert not any(is_installed(name, tmp_path) for name in ("pytest", "reflex", "uvloop"))


def test_hashes_and_options_are_read_over(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text(
        "--require-hashes\nrich==15.0.0 \\\n    --hash=sha256:aa \\\n    --hash=sha256:bb\n"
        "packaging==26.3 --hash=sha256:cc\n"
    )
    assert is_installed("rich", tmp_path)
    assert is_installed("packaging", tmp_path)


def test_without_a_requirements_file_nobody_can_say(tmp_path: Path) -> None:
    with pytest.raises(NoRequirements, match=r"requirements\.txt"):
        is_installed("anything", tmp_path)


def test_this_checkout_has_its_requirements_where_they_are_looked_for() -> None:
    assert (ROOT / "requirements.txt").is_file()
    assert is_installed("reflex")
    assert not is_installed("pytest")


def test_what_is_pinned_while_a_server_runs_is_taken(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("packaging==26.3\n")
    assert not look(tmp_path)
    assert not is_installed("rich", tmp_path)
    (tmp_path / "requirements.txt").write_text("packaging==26.3\nrich==15.0.0\n")
    assert look(tmp_path)
    assert is_installed("rich", tmp_path)
    assert is_installed("pygments", tmp_path)
    assert not look(tmp_path)


def test_what_is_installed_while_a_server_runs_is_taken(packages: Packages) -> None:
    assert not is_installed(MODULE)
    packages.install("1.0")
    assert look()
    assert is_installed(MODULE)
    assert importlib.import_module(MODULE).version == "1.0"


def test_another_version_of_what_is_imported_is_told_until_it_is_the_one_again(
    packages: Packages,
) -> None:
    packages.install("1.0")
    look()
    importlib.import_module(MODULE)
    assert changed_since_import(MODULE) is None
    packages.install("2.0")
    look()
    assert changed_since_import(MODULE) == (DISTRIBUTION, "1.0", "2.0")
    packages.install("3.0")
    look()
    assert changed_since_import(MODULE) == (DISTRIBUTION, "1.0", "3.0")
    packages.install("1.0")
    look()
    assert changed_since_import(MODULE) is None


def test_another_version_of_what_nobody_imported_is_simply_taken(packages: Packages) -> None:
    packages.install("1.0")
    look()
    packages.install("2.0")
    look()
    assert changed_since_import(MODULE) is None
    assert importlib.import_module(MODULE).version == "2.0"
    assert changed_since_import(MODULE) is None
