"""Where a node finds the versions that it serves."""

from __future__ import annotations

import asyncio
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from app.cell.loading import loader
from app.platform.operations.serving import Rollback
from app.platform.store import unpacked_folder
from tests.unit.apps.helpers import COUNTER
from tests.unit.platform.conftest import Server
from tests.unit.platform.test_platform import heading


@pytest.fixture
def unpacked(tmp_path: Path) -> Path:
    """Where the node keeps the files of packages."""
    return tmp_path / "data" / "unpacked"


@pytest.fixture
def compilations(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Ids of the apps that this process compiled."""
    compiled: list[str] = []
    compile_ = loader._compile

    def note(source: Any, *arguments: Any) -> Any:
        compiled.append(source.id)
        return compile_(source, *arguments)

    monkeypatch.setattr(loader, "_compile", note)
    return compiled


async def test_what_the_dry_run_compiled_is_not_compiled_again(
    server: Server, compilations: list[str]
) -> None:
    await server.deploy(COUNTER)
    page = await server.open("/apps/acme-counter")
    await server.deploy(COUNTER, heading("Second"))
    assert page.message["number"] == 2
    assert compilations == []


async def test_an_app_that_another_build_compiled_is_compiled_once(
    server: Server, compilations: list[str]
) -> None:
    settings = server.platform._uploads.settings
    server.platform._uploads.settings = replace(settings, build="another")
    await server.deploy(COUNTER)
    await server.open("/apps/acme-counter")
    assert compilations == [COUNTER]
    await server.node.engine.releases._remove(COUNTER, None)  # as if the server began anew
    await server.node.engine.releases.start()
    await server.open("/apps/acme-counter", user="Grace")
    assert compilations == [COUNTER]


def note_reads(server: Server, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return a list that gets the digest of everything that is read from the code store."""
    asked: list[str] = []
    get = server.core.code.get

    async def note(digest: str) -> bytes:
        asked.append(digest)
        return await get(digest)

    monkeypatch.setattr(server.core.code, "get", note)
    return asked


async def test_a_package_is_unpacked_once(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = note_reads(server, monkeypatch)
    uploaded = await server.deploy(COUNTER)
    await server.open("/apps/acme-counter")
    assert uploaded.version.package_digest not in asked


async def test_unpacked_files_are_there_to_be_read_only(server: Server) -> None:
    await server.deploy(COUNTER)
    folder = await server.node.engine.releases.folder_of(COUNTER)
    shutil.rmtree(folder)
    again = await server.node.engine.releases.folder_of(COUNTER)
    files = [path for path in again.rglob("*") if path.is_file()]
    assert files
    assert {path.stat().st_mode & 0o777 for path in files} == {0o400}


async def test_whoever_needs_a_package_while_it_is_unpacked_waits_for_it(
    server: Server, unpacked: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a node that has none of it yet: a page is opened, and its icon asked for."""
    await server.deploy(COUNTER)
    shutil.rmtree(unpacked)
    asked = note_reads(server, monkeypatch)
    folder_of = server.node.engine.releases.folder_of
    folders = await asyncio.gather(*(folder_of(COUNTER) for _ in range(5)))
    assert len(set(folders)) == len(asked) == 1
    assert (folders[0] / "entry.py").is_file()


async def test_files_that_were_changed_on_disk_are_replaced_by_those_of_the_package(
    server: Server, unpacked: Path
) -> None:
    first = await server.deploy(COUNTER)
    page = await server.open("/apps/acme-counter")
    module = page.message["module"]
    await server.deploy(COUNTER, heading("Second"))
    folder = unpacked_folder(unpacked, first.version.package_digest, COUNTER)
    (folder / "labels.py").write_text("raise SystemExit\n", encoding="utf-8")
    await server.platform.do(server.operator, COUNTER, Rollback())
    await server.settle()
    assert (page.message["number"], page.message["module"]) == (1, module)
    assert "SystemExit" not in (folder / "labels.py").read_text(encoding="utf-8")
