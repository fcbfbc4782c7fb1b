"""`rx.asset` in client apps."""

from __future__ import annotations

import re
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


async def test_a_shared_asset_is_the_file_beside_the_module(apps: Path) -> None:
    (apps / APP / "entry.py").write_text(ENTRY.format(arguments='"beside.svg", shared=True'))
    async with kit(apps, only=APP) as running:
        address = find(await running.version(APP), "LOGO")
        assert re.fullmatch(rf"/_graft/beside/{APP}/[0-9a-f]{{32}}/beside\.svg", address)
        with pytest.raises(ValueError, match="built before an app is loaded"):
            _ = address.importable_path


async def test_a_module_in_a_folder_has_what_is_beside_it(apps: Path) -> None:
    (apps / APP / "parts").mkdir()
    (apps / APP / "parts/here.svg").write_text("<svg/>")
    part = 'import reflex as rx\nHERE = rx.asset("here.svg", shared=True, subfolder="x")\n'
    (apps / APP / "parts/part.py").write_text(part)
    text = ENTRY.format(arguments='"logo.svg"')
    (apps / APP / "entry.py").write_text("from .parts.part import HERE\n" + text)
    async with kit(apps, only=APP) as running:
        assert find(await running.version(APP), "HERE").endswith("/parts/here.svg")


@pytest.mark.parametrize(
    "path", ["nothing.svg", "entry.py", "../pictured/beside.svg", "/etc/passwd"]
)
async def test_a_shared_asset_that_is_none_is_told_with_its_line(apps: Path, path: str) -> None:
    (apps / APP / "entry.py").write_text(ENTRY.format(arguments=f'"{path}", shared=True'))
    async with kit(apps, only=APP) as running:
        with pytest.raises(AppError, match="has no file") as refused:
            await running.version(APP)
    assert refused.value.problems[0].line == 5


async def test_its_address_stays_until_the_file_or_the_entry_changes(apps: Path) -> None:
    (apps / APP / "entry.py").write_text(ENTRY.format(arguments='"beside.svg", shared=True'))
    (apps / APP / "other.py").write_text("")
    async with kit(apps, only=APP) as running:
        one = find(await running.version(APP), "LOGO")
        await running.swap(APP, {"other.py": "X = 1"})
        assert find(await running.version(APP), "LOGO") == one
        await running.swap(APP, {"beside.svg": "<svg></svg>"})
        assert find(await running.version(APP), "LOGO") != one


def test_the_core_has_reflexs_own() -> None:
    with pytest.raises(FileNotFoundError):
        rx.asset("no-such-file.svg")
