"""`rx.asset` in client apps."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import reflex as rx

from app.source.problems import AppError
from app.testing import kit
from tests.unit.apps.helpers import find

APP = "acme/pictured"
ENTRY = """
import reflex as rx
from app.sdk import DynamicApp

LOGO = rx.asset({arguments})
OWN = DynamicApp.asset("logo.svg")


def index():
    return rx.image(src=LOGO)


class AppEntry(DynamicApp):
    name = "Pictured"
    pages = {{"/": index}}
"""


@pytest.fixture
def apps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Client apps, and another folder in which the server was started."""
    app = tmp_path / "client_apps" / APP
    (app / "assets").mkdir(parents=True)
    for file in ("assets/logo.svg", "beside.svg"):
        (app / file).write_text("<svg/>")
    started = tmp_path / "started"
    started.mkdir()
    monkeypatch.chdir(started)
    yield tmp_path / "client_apps"
    assert not (started / "assets").exists()


@pytest.mark.parametrize("arguments", ['"logo.svg"', '"/logo.svg"'])
async def test_an_asset_is_one_of_the_app(apps: Path, arguments: str) -> None:
    (apps / APP / "entry.py").write_text(ENTRY.format(arguments=arguments))
    async with kit(apps, only=APP) as running:
        version = await running.version(APP)
        assert find(version, "LOGO") == find(version, "OWN")


async def test_what_is_beside_the_code_is_refused_with_a_remedy(apps: Path) -> None:
    (apps / APP / "entry.py").write_text(ENTRY.format(arguments='"beside.svg", shared=True'))
    async with kit(apps, only=APP) as running:
        with pytest.raises(AppError, match=r"put beside\.svg there") as refused:
            await running.version(APP)
    assert refused.value.problems[0].line == 5


def test_the_core_has_reflexs_own() -> None:
    with pytest.raises(FileNotFoundError):
        rx.asset("no-such-file.svg")
