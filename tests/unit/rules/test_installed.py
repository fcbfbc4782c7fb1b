"""What a release has installed."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.rules.installed import NoRequirements, is_installed
from app.rules.rulebook import ROOT


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
