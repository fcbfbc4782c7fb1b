"""What is wrong with apps on disk, known before anybody opens them."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from app.node.releases.precheck import precheck
from app.testing import Kit, kit

if TYPE_CHECKING:
    from tests.unit.conftest import WriteApp

GOOD = """
import reflex as rx
from app.sdk import DynamicApp


class AppEntry(DynamicApp):
    name = "Good"
    pages = {"/": lambda: rx.text("good")}
"""
RAISES = GOOD + "\nraise LookupError('at import')\n"
SYNTAX = GOOD + "\ndef f(:\n"


async def check(node: Kit, most: int = 50) -> None:
    await precheck(node._node.engine.releases, node._node.engine.version_of, most)


def messages(node: Kit) -> dict[str, str]:
    """Return the first problem of each app that has one."""
    failures = {record.id: record.failure for record in node._node.engine.catalog}
    return {app_id: str(f.problems[0]) for app_id, f in failures.items() if f is not None}


def loaded(node: Kit) -> list[str]:
    return [record.id for record in node._node.engine.catalog if record.version is not None]


@pytest.fixture
def dated(write_app: WriteApp) -> Callable[[str, str, int], None]:
    """Write an app that was saved at a time."""

    def write(app_id: str, text: str, at: int) -> None:
        folder = write_app(app_id, {"entry.py": text})
        for path in (folder / "entry.py", folder):
            os.utime(path, (at, at))

    return write


async def test_a_broken_app_is_known_to_be_broken_before_it_is_opened(
    apps_root: Path, write_app: WriteApp
) -> None:
    write_app("acme/good", {"entry.py": GOOD})
    write_app("acme/raises", {"entry.py": RAISES})
    write_app("acme/syntax", {"entry.py": SYNTAX})
    async with kit(apps_root) as node:
        assert messages(node) == {}
        await check(node)
        found = messages(node)
        assert found.keys() == {"acme/raises", "acme/syntax"}
        assert "acme/raises/entry.py:10: LookupError: at import" in found["acme/raises"]
        record = node._node.engine.catalog.apps["acme/raises"]
        assert record.failure is not None
        assert "Traceback" in record.failure.problems[0].detail
        assert loaded(node) == ["acme/good"]


async def test_only_the_apps_that_were_changed_last_are_loaded(
    apps_root: Path, dated: Callable[[str, str, int], None]
) -> None:
    dated("acme/old", GOOD, 100)
    dated("acme/new", GOOD.replace('"Good"', '"New"\n    url = "new"'), 300)
    dated("acme/middle", GOOD, 200)
    async with kit(apps_root) as node:
        await check(node, most=2)
        assert loaded(node) == ["acme/middle", "acme/new"]
        assert messages(node) == {}


async def test_the_text_of_the_others_is_looked_at(apps_root: Path, write_app: WriteApp) -> None:
    write_app("acme/good", {"entry.py": GOOD})
    write_app("acme/raises", {"entry.py": RAISES})
    write_app("acme/syntax", {"entry.py": SYNTAX})
    write_app("acme/unnamed", {"entry.py": GOOD.replace('name = "Good"', "icon = 7")})
    async with kit(apps_root) as node:
        await check(node, most=0)
        assert messages(node).keys() == {"acme/syntax", "acme/unnamed"}
        assert loaded(node) == []


async def test_the_next_good_save_clears_what_was_found(
    apps_root: Path, write_app: WriteApp
) -> None:
    write_app("acme/syntax", {"entry.py": SYNTAX})
    async with kit(apps_root) as node:
        await check(node, most=0)
        assert messages(node).keys() == {"acme/syntax"}
        await node.swap("acme/syntax", {"entry.py": GOOD})
        assert messages(node) == {}
        assert loaded(node) == ["acme/syntax"]


async def test_what_goes_wrong_with_one_app_does_not_keep_the_others_from_being_checked(
    apps_root: Path, write_app: WriteApp
) -> None:
    write_app("acme/first", {"entry.py": GOOD})
    write_app("acme/second", {"entry.py": GOOD.replace("Good", "Other")})
    asked = []

    async def load(app_id: str) -> None:
        asked.append(app_id)
        raise OSError("disk")

    async with kit(apps_root) as node:
        await precheck(node._node.engine.releases, load)
    assert sorted(asked) == ["acme/first", "acme/second"]


async def test_folders_that_are_no_apps_yet_are_known_from_the_start(
    apps_root: Path, write_app: WriteApp, tmp_path: Path
) -> None:
    write_app("acme/draft", {"main.py": "x = 1"})
    write_app("acme/floor-plan", {"entry.py": GOOD})
    async with kit(apps_root) as node:
        found = messages(node)
        assert "There is no entry.py, but main.py" in found["acme/draft"]
        assert "cannot be the name of an app" in found["acme/floor-plan"]
        releases = node._node.engine.releases
        before = node._node.engine.catalog
        await releases.changed(["acme/draft"])
        assert node._node.engine.catalog is before  # told already
        await node.swap("acme/draft", {"entry.py": GOOD})
        assert messages(node).keys() == {"acme/floor-plan"}
        (node._apps / "acme/draft/entry.py").unlink()
        await releases.changed(["acme/draft"])
        assert node._node.engine.catalog.get("acme/draft") is None
        assert loaded(node) == []


async def test_a_folder_that_is_no_app_yet_goes_with_its_last_module(
    apps_root: Path, write_app: WriteApp
) -> None:
    write_app("acme/draft", {"main.py": "x = 1"})
    async with kit(apps_root) as node:
        assert "acme/draft" in messages(node)
        (node._apps / "acme/draft/main.py").unlink()
        await node._node.engine.releases.changed(["acme/draft"])
        assert node._node.engine.catalog.get("acme/draft") is None
