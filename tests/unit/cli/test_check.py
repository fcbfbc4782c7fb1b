from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import typer
from typer.testing import CliRunner

from app.cli.check import Report, check, check_apps
from app.source.app_source import AppSource
from app.source.discover import discover
from app.source.problems import Problem

if TYPE_CHECKING:
    from tests.unit.cli.conftest import Run

GOOD = """\
import reflex as rx

from app.sdk import DynamicApp


class ShownState(rx.State):
    text: str = "x"


def index():
    return rx.text(ShownState.text)


class AppEntry(DynamicApp):
    name = "Good"
    pages = {"/": index}
"""


@pytest.fixture
def cli() -> typer.Typer:
    command = typer.Typer()
    command.command()(check)
    return command


def write(apps: Path, app_id: str, entry: str, **files: str) -> None:
    for name, text in {"entry.py": entry, **files}.items():
        path = apps / app_id / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def loads(source: AppSource, urls: Mapping[str, str]) -> tuple[Problem, ...]:
    """Stands in for loading: every app loads."""
    return ()


def report_on(apps: Path, **urls: list[str]) -> Report:
    return check_apps(discover(apps), urls, loads)


def test_apps_are_really_loaded_and_compiled(run: Run, checkout: Path) -> None:
    apps = checkout / "client_apps"
    write(apps, "acme/good", GOOD)
    write(apps, "acme/broken", GOOD.replace("ShownState.text)", "ShownState.txet)"))
    write(apps, "acme/crashing", GOOD + "\n1 / 0\n")
    write(apps, "acme/late", GOOD, **{"later.py": "x = 1\n1 / 0\n"})
    viewer = "from app.sdk import StaticApp\nclass AppEntry(StaticApp):\n    name = 'V'\n"
    write(apps, "acme/viewer", viewer, **{"dist/index.html": "<p>"})
    done = run("-m", "app", "check", "--json")
    assert done.returncode == 1, done.stderr
    told = json.loads(done.stdout)
    assert {app["id"]: app["ok"] for app in told["apps"]} == {
        "acme/good": True,
        "acme/broken": False,
        "acme/crashing": False,
        "acme/late": False,
        "acme/viewer": True,
    }
    places = {p["app"]: (p["stage"], p["file"], p["line"]) for p in told["problems"]}
    assert places == {
        "acme/broken": ("compile", "entry.py", 11),
        "acme/crashing": ("load", "entry.py", 18),
        "acme/late": ("load", "later.py", 2),
    }


def test_all_problems_of_all_apps_are_reported_at_once(tmp_path: Path) -> None:
    write(tmp_path, "acme/one", "import pytest\n" + GOOD.replace('"Good"', '""'))
    write(tmp_path, "acme/two", "def f(:\n", **{"views.py": "x = (\n"})
    write(tmp_path, "acme/Three", GOOD)
    (tmp_path / "acme/four").mkdir()
    (tmp_path / "acme/four/main.py").write_text("x = 1\n")
    report = report_on(tmp_path)
    assert {(p.app, p.file, p.line) for p in report.problems} == {
        ("acme/one", "entry.py", 1),
        ("acme/one", "entry.py", 16),
        ("acme/two", "entry.py", 1),
        ("acme/two", "views.py", 1),
        ("acme/Three", "", None),
        ("acme/four", "entry.py", None),
    }
    assert report.apps == ("acme/Three", "acme/four", "acme/one", "acme/two")


def test_what_an_app_uses_and_does_not_ask_for_is_told(tmp_path: Path) -> None:
    """As `package` would: in development mode it works all the same."""
    uses = GOOD.replace(
        "def index",
        "async def keep():\n    await documents.create('acme/note', 'x', {})\n\n\ndef index",
    )
    text = uses.replace("from app.sdk", "from app.core import documents\nfrom app.sdk")
    write(tmp_path, "acme/keeper", text)
    (problem,) = report_on(tmp_path).problems
    assert (problem.file, problem.line) == ("entry.py", 12)
    assert "documents:write" in problem.message
    asked = 'name = "Good"\n    capabilities = ("documents:write",)'
    write(tmp_path, "acme/keeper", text.replace('name = "Good"', asked))
    assert report_on(tmp_path).problems == ()


def test_two_apps_with_one_url_are_both_told(tmp_path: Path) -> None:
    for name in ("one", "two"):
        write(tmp_path, f"acme/{name}", GOOD + '    url = "same"\n')
    report = report_on(tmp_path, same=["acme/one", "acme/two"])
    assert [problem.app for problem in report.problems] == ["acme/one", "acme/two"]
    assert all("acme/one" in p.message and "acme/two" in p.message for p in report.problems)


def test_a_table_per_app_shows_place_problem_and_remedy(cli: typer.Typer, tmp_path: Path) -> None:
    write(tmp_path, "acme/one", "import pytest\n" + GOOD)
    done = CliRunner(env={"COLUMNS": "200"}).invoke(cli, ["--apps", str(tmp_path)])
    assert done.exit_code == 1
    assert "acme/one" in done.stdout
    assert "entry.py:1" in done.stdout
    assert "Imports pytest" in done.stdout
    assert "requirements.txt" in done.stdout
    assert "1 app checked, 1 problem in 1." in done.stdout


def test_only_the_named_app_is_checked(cli: typer.Typer, tmp_path: Path) -> None:
    write(tmp_path, "acme/one", "import pytest\n" + GOOD)
    write(tmp_path, "acme/two", "import pytest\n" + GOOD)
    done = CliRunner().invoke(cli, ["acme/two", "--json", "--apps", str(tmp_path)])
    assert [app["id"] for app in json.loads(done.stdout)["apps"]] == ["acme/two"]


def test_an_app_whose_name_is_wrong_is_found_and_told(cli: typer.Typer, tmp_path: Path) -> None:
    write(tmp_path, "acme/Three", GOOD)
    done = CliRunner().invoke(cli, ["acme/Three", "--json", "--apps", str(tmp_path)])
    assert done.exit_code == 1
    assert "three" in json.loads(done.stdout)["problems"][0]["remedy"]


@pytest.mark.parametrize("as_json", [True, False])
def test_an_unknown_app_is_a_clear_error(cli: typer.Typer, tmp_path: Path, as_json: bool) -> None:
    arguments = ["acme/nope", "--apps", str(tmp_path), *(["--json"] if as_json else [])]
    done = CliRunner().invoke(cli, arguments)
    assert done.exit_code == 2
    assert "There is no app acme/nope" in (done.stdout if as_json else done.stderr)


def test_a_folder_without_apps_has_no_problems(cli: typer.Typer, tmp_path: Path) -> None:
    done = CliRunner().invoke(cli, ["--apps", str(tmp_path)])
    assert done.exit_code == 0
    assert "no apps" in done.stdout
