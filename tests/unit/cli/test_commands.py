"""Which commands there are, and what one of them imports."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
import typer
from typer.core import TyperGroup

from app.cli import create_cli


def commands(*arguments: str) -> dict[str, Any]:
    group = typer.main.get_command(create_cli(arguments))
    assert isinstance(group, TyperGroup)
    return dict(group.commands)


ALL = commands()


def test_without_a_name_all_commands_are_there() -> None:
    assert len(ALL) > 30
    assert commands("--help").keys() == commands("no-such").keys() == ALL.keys()


@pytest.mark.parametrize("name", ALL)
def test_a_command_that_is_named_is_there_alone_and_the_same(name: str) -> None:
    [(found, command)] = commands(name, "--json").items()
    assert found == name
    assert command.help == ALL[name].help


@pytest.mark.parametrize("name", ["apps", "deploy", "logs", "keygen", "new"])
def test_a_command_that_needs_no_database_imports_none(name: str) -> None:
    script = (
        "import sys; from app.cli import create_cli; create_cli([sys.argv[1]]);"
        "print({'sqlalchemy', 'reflex', 'uvicorn'} & sys.modules.keys())"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, name], capture_output=True, text=True, check=True
    )
    assert done.stdout == "set()\n"
