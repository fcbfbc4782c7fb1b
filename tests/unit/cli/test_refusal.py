"""What every command that works on this machine says when it cannot do what was asked."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from app.cli import create_cli
from app.cli.refusal import FAILED, refuse

TEXT = f"There is no [bold]app[/] {'x' * 200}."


def test_people_read_it_as_it_is_on_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(typer.Exit) as ended:
        refuse(TEXT, as_json=False)
    assert ended.value.exit_code == FAILED
    told = capsys.readouterr()
    assert (told.out, told.err) == ("", f"error: {TEXT}\n")


def test_programs_read_it_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(typer.Exit) as ended:
        refuse(TEXT, as_json=True, status=2)
    assert ended.value.exit_code == 2
    told = capsys.readouterr()
    assert (json.loads(told.out), told.err) == ({"error": TEXT}, "")


@pytest.mark.parametrize(
    "command",
    [
        ("check", "acme/none", "--apps", "."),
        ("package", "acme/none", "--apps", "."),
        ("new", "none"),
        ("keygen", "--out", "."),
        ("fsck", "--data", "none"),
        ("user", "list", "--data", "none"),
        ("token", "list", "ada@example.com", "--data", "none"),
    ],
    ids=lambda command: command[0],
)
def test_all_of_them_do(
    command: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(create_cli(command), command)
    assert done.exit_code in (1, 2)
    assert done.stderr.startswith("error: ")
    programs = CliRunner().invoke(create_cli(command), [*command, "--json"])
    assert programs.exit_code == done.exit_code
    assert list(json.loads(programs.stdout)) == ["error"]
