from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from app.cli.backup import backup, restore
from app.core.blobs import BlobFolder
from tests.unit.cli.test_fsck import data

__all__ = ["data"]  # the fixture: the folder of a server with one app


@pytest.fixture
def cli() -> typer.Typer:
    commands = typer.Typer()
    commands.command()(backup)
    commands.command()(restore)
    return commands


def _run(cli: typer.Typer, *arguments: object) -> tuple[int, str, str]:
    done = CliRunner().invoke(cli, [str(argument) for argument in arguments])
    return done.exit_code, done.stdout, done.stderr


def test_a_backup_is_written_checked_and_restored(
    cli: typer.Typer, data: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("out")
    file = folder / "backup.tar.gz"
    status, out, _ = _run(cli, "backup", "-o", file, "--data", data, "--json")
    assert status == 0
    written = json.loads(out.splitlines()[-1])
    assert (written["event"], written["contents"], written["key"]) == ("written", 2, "included")
    assert file.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in folder.iterdir()] == ["backup.tar.gz"]

    status, out, _ = _run(cli, "restore", file, "--check")
    assert (status, "is complete and undamaged: 2 packages" in out) == (0, True)
    status, out, _ = _run(cli, "restore", file, "--data", folder / "new")
    assert (status, f"is restored to {folder / 'new'}" in out) == (0, True)
    assert (folder / "new" / "graft.sqlite3").is_file()
    assert sorted(path.name for path in folder.iterdir()) == ["backup.tar.gz", "new"]


def test_a_restore_says_where_the_key_is(
    cli: typer.Typer, data: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    file = tmp_path_factory.mktemp("out") / "backup.tar.gz"
    _, out, _ = _run(cli, "backup", "-o", file, "--data", data, "--without-key")
    assert "put secret.key into the data folder" in out


def test_what_cannot_be_done_is_told(cli: typer.Typer, data: Path) -> None:
    status, _, errors = _run(cli, "backup", "--data", data / "none", "-o", data / "x")
    assert (status, "name the server's data folder with --data" in errors) == (1, True)
    status, _, errors = _run(cli, "restore", data / "none", "--data", data / "new")
    assert (status, "There is no file" in errors) == (1, True)
    (data / "text").write_text("no backup")
    status, _, errors = _run(cli, "restore", data / "text", "--data", data / "new")
    assert (status, "he backup is damaged" in errors) == (1, True)
    status, _, errors = _run(cli, "backup", "--data", data, "-o", data / "none" / "x")
    assert (status, "No such file or directory" in errors) == (1, True)


def test_a_server_that_lost_a_content_is_told_and_the_rest_is_kept(
    cli: typer.Typer, data: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    file = tmp_path_factory.mktemp("out") / "backup.tar.gz"
    for package in (data / "code").rglob("*"):
        if package.is_file():
            package.unlink()
            break
    status, _, errors = _run(cli, "backup", "-o", file, "--data", data)
    assert (status, "is missing 1 of its packages and files" in errors) == (1, True)
    assert file.is_file()
    assert not list(BlobFolder(data / "files").all())
