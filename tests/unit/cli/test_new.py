from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import typer
from typer.testing import CliRunner

from app.cli.new import CannotCreate, new, write_app

if TYPE_CHECKING:
    from tests.unit.cli.conftest import Run


@pytest.fixture
def cli() -> typer.Typer:
    command = typer.Typer()
    command.command()(new)
    return command


def test_a_new_app_works_and_its_tests_pass(run: Run, checkout: Path) -> None:
    made = run("-m", "app", "new", "acme/floor_count")
    assert made.returncode == 0, made.stderr
    checked = run("-m", "app", "check", "acme/floor_count", "--json")
    assert json.loads(checked.stdout) == {
        "apps": [{"id": "acme/floor_count", "ok": True}],
        "problems": [],
    }
    tested = run("-m", "pytest", "-q", "client_apps/acme/floor_count")
    assert tested.returncode == 0, tested.stdout
    assert "3 passed" in tested.stdout


def test_the_code_of_a_new_app_passes_the_checks_of_the_project(run: Run) -> None:
    run("-m", "app", "new", "acme/x")
    assert run("-m", "ruff", "check", "client_apps").returncode == 0
    assert run("-m", "ruff", "format", "--check", "client_apps").returncode == 0


def test_the_next_steps_name_the_address_and_the_commands(cli: typer.Typer, tmp_path: Path) -> None:
    apps = tmp_path / "client_apps"
    done = CliRunner().invoke(cli, ["acme/floor_plan", "--apps", str(apps)])
    assert done.exit_code == 0
    assert "/apps/acme-floor-plan" in done.stdout
    assert f"python -m app serve --dev --apps {apps}" in done.stdout
    assert f"python -m app check acme/floor_plan --apps {apps}" in done.stdout
    other = CliRunner().invoke(cli, ["acme/floor_plan", "--apps", str(tmp_path / "other")])
    assert "call the folder client_apps" in other.stdout


def test_the_tests_of_an_app_elsewhere_run_as_the_next_steps_say(
    cli: typer.Typer, tmp_path: Path
) -> None:
    apps = tmp_path / "client_apps"
    done = CliRunner().invoke(cli, ["acme/elsewhere", "--apps", str(apps)])
    command = done.stdout.splitlines()[-1].strip()
    assert command.startswith(f"cd {tmp_path} && ")
    command = command.replace("python -m pytest", f"{sys.executable} -m pytest -q")
    ran = subprocess.run(command, shell=True, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "3 passed" in ran.stdout


def test_the_files_are_listed_for_machines(cli: typer.Typer, tmp_path: Path) -> None:
    done = CliRunner().invoke(cli, ["acme/plan", "--json", "--apps", str(tmp_path)])
    told = json.loads(done.stdout)
    assert told["app"] == "acme/plan"
    assert sorted(told["files"]) == sorted(
        str(path) for path in tmp_path.rglob("*") if path.is_file()
    )


def test_nothing_is_left_to_fill_in(tmp_path: Path) -> None:
    for path in write_app("acme/floor_plan", tmp_path):
        assert "$" not in path.read_text()
    entry = (tmp_path / "acme/floor_plan/entry.py").read_text()
    assert 'name = "Acme / Floor plan"' in entry
    assert 'url = "acme-floor-plan"' in entry


def test_an_existing_folder_is_never_touched(cli: typer.Typer, tmp_path: Path) -> None:
    (tmp_path / "acme/plan").mkdir(parents=True)
    done = CliRunner().invoke(cli, ["acme/plan", "--apps", str(tmp_path)])
    assert done.exit_code == 1
    assert "exists already" in done.stderr
    assert list((tmp_path / "acme/plan").iterdir()) == []


@pytest.mark.parametrize(
    ("app_id", "told"),
    [
        ("counter", "is not an app id"),
        ("acme/a/b", "is not an app id"),
        ("", "is not an app id"),
        ("acme/", "cannot be the name of an app"),
        ("../x", "cannot be the name of a client"),
        ("Acme/Floor-Plan", '"floor_plan"'),
        ("acme/class", '"class_app"'),
    ],
)
def test_an_unusable_name_is_refused_before_anything_is_written(
    tmp_path: Path, app_id: str, told: str
) -> None:
    with pytest.raises(CannotCreate, match=told):
        write_app(app_id, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_failure_is_told_to_machines_too(cli: typer.Typer, tmp_path: Path) -> None:
    done = CliRunner().invoke(cli, ["counter", "--json", "--apps", str(tmp_path)])
    assert done.exit_code == 1
    assert "is not an app id" in json.loads(done.stdout)["error"]
