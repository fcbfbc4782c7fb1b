"""Each rule is broken on purpose, as docs/rules.md shows it, and kept as it shows."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from app.cli.check import check
from app.rules.rulebook import RULES_FILE, read_rulebook
from tests.unit.rules.examples import ENTRIES, ROOT, apply

BOOK = read_rulebook(RULES_FILE)


@pytest.fixture
def told(tree: Path) -> Any:
    """`told("--json")` is the exit status and what `check --rules` writes of the small checkout."""
    command = typer.Typer()
    command.command()(check)

    def run(*arguments: str) -> tuple[int, str]:
        apps = str(tree / "client_apps")
        done = CliRunner().invoke(command, ["--rules", "--apps", apps, *arguments])
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
        return done.exit_code, done.stdout

    return run


def test_rules_and_documentation_name_the_same_ids() -> None:
    assert list(ENTRIES) == sorted(BOOK.rules, key=list(ENTRIES).index)


@pytest.mark.parametrize("id", BOOK.rules)
def test_documentation_says_what_the_rule_says(id: str) -> None:
    entry, rule = ENTRIES[id], BOOK[id]
    assert (entry.title, entry.warning) == (rule.title, rule.severity == "warning")
    assert entry.bad
    assert entry.good


@pytest.mark.parametrize("id", BOOK.rules)
def test_a_bad_example_is_found_and_fails_the_check(id: str, tree: Path, told: Any) -> None:
    entry = ENTRIES[id]
    apply(entry.bad, tree)
    status, output = told("--json")
    breaks = [b for b in json.loads(output)["breaks"] if b["rule"] == id]
    assert breaks, output
    assert status == (0 if entry.warning else 1)
    for found in breaks:
        assert found["severity"] == BOOK[id].severity
        assert found["message"]
        assert found["hint"]
        assert found["file"]
        assert found["line"] or BOOK[id].kind in ("requirements", "folder", "compile", "entry")


@pytest.mark.parametrize("id", BOOK.rules)
def test_a_good_example_breaks_no_rule(id: str, tree: Path, told: Any) -> None:
    apply(ENTRIES[id].good, tree)
    status, output = told("--json")
    errors = [
        b for b in json.loads(output)["breaks"] if b["severity"] == "error" or b["rule"] == id
    ]
    assert (status, errors) == (0, [])


def test_the_small_checkout_is_clean(told: Any) -> None:
    assert told() == (0, f"{len(BOOK.rules)} rules: 0 errors, 0 warnings.\n")


def test_a_break_is_told_with_file_line_rule_and_hint(tree: Path, told: Any) -> None:
    apply(ENTRIES["other-app"].bad, tree)
    apply(ENTRIES["layers"].bad, tree)
    status, output = told()
    assert status == 1
    lines = output.splitlines()
    place = (
        "client_apps/example/plan/rooms.py:1: error [other-app] Imports client_apps.second.editor"
    )
    (index,) = (i for i, line in enumerate(lines) if line.startswith(place))
    assert lines[index + 1].strip() == BOOK["other-app"].hint
    assert any(line.startswith("app/packages/intake.py:1: error [layers] ") for line in lines)
    assert lines[-1] == f"{len(BOOK.rules)} rules: 2 errors, 0 warnings."


def test_only_the_named_app_is_told(tree: Path, told: Any) -> None:
    apply(ENTRIES["core-imports-app"].bad, tree)
    apply(ENTRIES["icon"].bad, tree)
    status, output = told("example/plan", "--json")
    assert (status, [b["rule"] for b in json.loads(output)["breaks"]]) == (1, ["icon"])


def test_a_contract_without_a_rule_is_refused(tree: Path, told: Any) -> None:
    text = (tree / "pyproject.toml").read_text().replace('id = "one-root"', 'id = "two-roots"')
    (tree / "pyproject.toml").write_text(text)
    status, output = told("--json")
    assert status == 2
    assert "one-root, two-roots" in json.loads(output)["error"]


def test_exceptions_that_cannot_be_read_are_told(tree: Path, told: Any) -> None:
    (tree / "client_apps/exceptions.toml").write_text("[[exception]]\nrule = 'none'\n")
    status, output = told("--json")
    assert status == 2
    assert "exceptions.toml" in json.loads(output)["error"]


def test_make_check_runs_exactly_this() -> None:
    recipe = subprocess.run(
        ["make", "--dry-run", "check"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    assert ".venv/bin/python -m app check --rules\n" in recipe


def test_the_command_fails_for_a_break_in_a_process_of_its_own(tree: Path) -> None:
    apply(ENTRIES["closed-core"].bad, tree)
    done = subprocess.run(
        [sys.executable, "-m", "app", "check", "--rules", "--apps", str(tree / "client_apps")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stderr
    assert "client_apps/example/plan/rooms.py:1: error [closed-core]" in done.stdout
