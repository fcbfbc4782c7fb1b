"""`python -m app token …`"""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from app.cli import create_cli
from app.core import accounts
from app.core.accounts import Identity
from app.core.opening import open_core

ADA = "ada@example.com"
PASSWORD = "violet river stone"


def invoke(data: Path, *arguments: str, typed: str | None = None) -> Result:
    return CliRunner().invoke(create_cli(arguments), [*arguments, "--data", str(data)], input=typed)


def told(data: Path, *arguments: str) -> Any:
    return json.loads(invoke(data, *arguments, "--json").stdout)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data folder with one developer."""
    arguments = ("user", "create", ADA, "--name", "Ada", "--password", "--role", "developer")
    where = ("--organisation", "Acme", "--new-organisation")
    done = invoke(tmp_path, *arguments, *where, typed=f"{PASSWORD}\n{PASSWORD}\n")
    assert done.exit_code == 0, done.output
    return tmp_path


def identity(data: Path, secret: str) -> Identity | None:
    async def look() -> Identity | None:
        core = open_core(data)
        try:
            return await accounts.identity_of_token(core, secret)
        finally:
            await core.close()

    return asyncio.run(look())


def test_a_token_is_printed_once_and_works(data: Path) -> None:
    secret = invoke(data, "token", "create", ADA, "--scope", "apps:deploy").stdout.strip()
    found = identity(data, secret)
    assert found is not None
    assert (found.actor.user.email, found.scopes) == (ADA, {"apps:deploy"})
    listed = invoke(data, "token", "list", ADA)
    assert "apps:deploy" in listed.stdout
    assert secret not in listed.stdout


def test_a_revoked_token_works_no_more(data: Path) -> None:
    made = told(data, "token", "create", ADA, "--scope", "apps:read", "--name", "CI", "--days", "1")
    [listed] = told(data, "token", "list", ADA)["tokens"]
    assert listed == {key: made[key] for key in listed}
    assert told(data, "token", "revoke", ADA, made["id"]) == {"revoked": made["id"]}
    assert identity(data, made["token"]) is None
    assert "There are no tokens." in invoke(data, "token", "list", ADA).stdout


def test_roles_limit_the_scopes(data: Path) -> None:
    done = invoke(data, "token", "create", ADA, "--scope", "users:admin")
    assert done.exit_code == 1
    assert "roles do not allow users:admin" in done.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("list", "nobody@example.com"),
        ("revoke", ADA, "nothing"),
        ("create", "nobody@example.com", "--scope", "apps:read"),
    ],
)
def test_what_is_not_there_is_told(data: Path, arguments: tuple[str, ...]) -> None:
    done = invoke(data, "token", *arguments)
    assert done.exit_code == 1
    assert done.stderr.startswith("error: ")
