"""Type checkers, with the configuration that `new` writes."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from app.cli.new import write_app
from tests.unit.cli.conftest import ROOT, SHARED

APPS = sorted(path.parent for path in (ROOT / "client_apps").glob("*/*/entry.py"))
HELLO = "example/hello"

EVENTS = '''
"""Whatever Reflex takes as an event."""

import reflex as rx

from app.testing import Page
from client_apps.example.hello.entry import CounterState


class UploadState(rx.State):
    @rx.event
    async def take(self, files: list[rx.UploadFile]) -> None:
        """Take files."""

    @rx.event(background=True)
    async def watch(self, name: str, often: int) -> None:
        """Go on for long."""

    @rx.event
    def many(self, a: str, b: int, c: str, d: int, e: str, f: int) -> None:
        """More arguments than Reflex has overloads for."""


async def send_all(page: Page) -> None:
    await page.send(CounterState.increment)
    await page.send(UploadState.watch, "a", 1)
    await page.send(UploadState.watch("a", 1))
    await page.send(UploadState.many)
    await page.send(CounterState.setvar("count"), 3)
    await page.send(lambda: CounterState.increment)
    await page.send(lambda name: UploadState.watch(name, 1), "a")
    await page.send([CounterState.increment, UploadState.watch("a", 1)])
    await page.send(rx.redirect("/"))
    await page.upload(UploadState.take, {"plan.txt": b"1"})
    await page.ended(UploadState.watch)
'''


def _check(checkout: Path, *command: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", *command],
        cwd=checkout,
        capture_output=True,
        text=True,
        check=False,
        timeout=1200,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout with the client apps of this one, and a new one."""
    made = tmp_path_factory.mktemp("checkout")
    for name in (*SHARED, ".venv"):
        (made / name).symlink_to(ROOT / name)
    for app in APPS:
        target = made / "client_apps" / app.relative_to(ROOT / "client_apps")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.symlink_to(app)
    write_app(HELLO, made / "client_apps")
    (made / "client_apps" / HELLO / "tests" / "events.py").write_text(EVENTS)
    return made


@pytest.fixture(scope="module")
def folders(checkout: Path) -> list[str]:
    return sorted(
        str(path.parent.relative_to(checkout)) for path in checkout.glob("*/*/*/entry.py")
    )


def test_mypy_passes_on_a_new_app_and_on_all_others(checkout: Path, folders: list[str]) -> None:
    config = f"client_apps/{HELLO}/pyproject.toml"
    cache = str(ROOT / ".mypy_cache" / "apps")
    _check(checkout, "mypy", "--config-file", config, "--cache-dir", cache, *folders)


def test_basedpyright_passes_on_a_new_app_and_on_all_others(
    checkout: Path, folders: list[str]
) -> None:
    python = ("--pythonpath", sys.executable)
    _check(checkout, "basedpyright", "-p", f"client_apps/{HELLO}", *python, *folders)


@pytest.mark.parametrize("app", APPS, ids=lambda app: app.name)
def test_each_app_has_the_configuration_of_a_new_one(app: Path, tmp_path: Path) -> None:
    write_app(HELLO, tmp_path)
    assert _configuration(app) == _configuration(tmp_path / HELLO)


def _configuration(app: Path) -> dict[str, Any]:
    return tomllib.loads((app / "pyproject.toml").read_text())
