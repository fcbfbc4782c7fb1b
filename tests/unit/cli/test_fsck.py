from __future__ import annotations

import asyncio
import json
import os
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from app.cli.fsck import fsck
from app.core import apps
from app.core.opening import open_core
from tests.unit.core.apps.packages import COUNTER, upload


@pytest.fixture
def cli() -> typer.Typer:
    command = typer.Typer()
    command.command()(fsck)
    return command


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """The data folder of a server with one app, whose second version is served."""

    async def install() -> None:
        core = open_core(tmp_path)
        for number in (1, 2):
            await upload(core, b"version %d" % number)
            await apps.promote(core, COUNTER, number, base_revision=None)
        await core.close()

    asyncio.run(install())
    return tmp_path


def _files(data: Path) -> list[Path]:
    return [path for path in (data / "code").rglob("*") if path.is_file()]


def _file_with(data: Path, content: bytes) -> Path:
    (found,) = [path for path in _files(data) if path.read_bytes() == content]
    return found


def test_a_sound_server_is_told_in_one_line(cli: typer.Typer, data: Path) -> None:
    done = CliRunner(env={"COLUMNS": "200"}).invoke(cli, ["--data", str(data)])
    assert done.exit_code == 0
    assert "2 versions and 0 bundles checked" in done.stdout
    assert "No problems found" in done.stdout


def test_a_lost_package_is_told_and_repaired(cli: typer.Typer, data: Path) -> None:
    _file_with(data, b"version 2").unlink()
    runner = CliRunner(env={"COLUMNS": "200"})
    told = runner.invoke(cli, ["--data", str(data)])
    assert told.exit_code == 1
    assert "package missing" in told.stdout
    assert "acme/counter version 2" in told.stdout
    assert "Repair with --repair" in told.stdout
    repaired = runner.invoke(cli, ["--data", str(data), "--repair"])
    assert repaired.exit_code == 0
    assert "done:" in repaired.stdout


def test_machines_get_the_report_as_json(cli: typer.Typer, data: Path) -> None:
    orphan = _file_with(data, b"version 2").with_name("0" * 62)
    orphan.write_bytes(b"old rest")
    os.utime(orphan, (0, 0))
    done = CliRunner().invoke(cli, ["--data", str(data), "--json"])
    assert done.exit_code == 0
    report = json.loads(done.stdout)
    assert (report["sound"], report["versions"], report["contents"]) == (True, 2, 3)
    (finding,) = report["findings"]
    assert (finding["kind"], finding["repaired"]) == ("orphan", False)
    done = CliRunner().invoke(cli, ["--data", str(data), "--json", "--repair"])
    assert json.loads(done.stdout)["findings"][0]["repaired"] is True
    assert not orphan.exists()


@pytest.mark.parametrize("as_json", [True, False])
def test_a_folder_that_is_not_there_is_not_made(
    cli: typer.Typer, tmp_path: Path, as_json: bool
) -> None:
    arguments = ["--data", str(tmp_path / "typo"), *(["--json"] if as_json else [])]
    done = CliRunner().invoke(cli, arguments)
    assert done.exit_code == 2
    assert "--data" in (json.loads(done.stdout)["error"] if as_json else done.stderr)
    assert not (tmp_path / "typo").exists()


def test_a_wrong_setting_is_a_clear_error(cli: typer.Typer, data: Path) -> None:
    done = CliRunner(env={"GRAFT_CODE_STORE": "ftp://x"}).invoke(cli, ["--data", str(data)])
    assert done.exit_code == 2
    assert "GRAFT_CODE_STORE" in done.stderr
