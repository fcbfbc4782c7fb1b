"""`python -m app user …`"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from app.cli import create_cli

PASSWORD = "violet river stone"


def invoke(data: Path, *arguments: str, typed: str | None = None) -> Result:
    return CliRunner().invoke(create_cli(arguments), [*arguments, "--data", str(data)], input=typed)


def told(data: Path, *arguments: str) -> Any:
    return json.loads(invoke(data, *arguments, "--json").stdout)


def test_the_first_user_comes_with_an_organisation(tmp_path: Path) -> None:
    create = ("user", "create", "ada@example.com", "--name", "Ada", "--password")
    where = ("--role", "operator", "--organisation", "Acme", "--new-organisation")
    done = invoke(tmp_path, *create, *where, typed=f"{PASSWORD}\n{PASSWORD}\n")
    assert done.exit_code == 0, done.output
    assert "ada@example.com can sign in now, as operator of Acme." in done.stdout
    assert PASSWORD not in done.output
    [ada] = told(tmp_path, "user", "list")["users"]
    assert (ada["name"], ada["organisation"], ada["roles"]) == ("Ada", "Acme", ["operator"])


def test_a_password_is_judged_here_too(tmp_path: Path) -> None:
    arguments = ("user", "create", "ada@example.com", "--name", "Ada", "--password")
    where = ("--organisation", "Acme", "--new-organisation")
    done = invoke(tmp_path, *arguments, *where, typed="short\nshort\n")
    assert done.exit_code == 1
    assert "at least 12 characters" in done.stderr


def test_without_a_password_a_link_is_printed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    create = ("user", "create")
    where = ("--organisation", "Acme", "--new-organisation", "--url", "https://graft.test/")
    done = told(tmp_path, "user", "create", "ada@example.com", *where)
    assert done["link"].startswith("https://graft.test/invite/")
    assert done["expires"]
    again = invoke(tmp_path, "user", "create", "grace@example.com")
    assert "http://localhost:3000/invite/" in again.stdout
    monkeypatch.setenv("GRAFT_URL", "https://graft.test")
    assert "https://graft.test/invite/" in invoke(tmp_path, *create, "alan@example.com").stdout
    assert "works once, for 7 days" in again.stdout


def test_invitations_are_listed_and_taken_back(tmp_path: Path) -> None:
    where = ("--organisation", "Acme", "--new-organisation")
    invoke(tmp_path, "user", "create", "ada@example.com", "--role", "admin", *where)
    [waiting] = told(tmp_path, "user", "invitations")["invitations"]
    assert (waiting["email"], waiting["role"]) == ("ada@example.com", "admin")
    assert (
        f"{waiting['id']}  admin  ada@example.com"
        in invoke(tmp_path, "user", "invitations", "--organisation", "Acme").stdout
    )
    revoke = ("user", "revoke-invitation", waiting["id"])
    assert "no longer works" in invoke(tmp_path, *revoke).stdout
    assert "There are no open invitations." in invoke(tmp_path, "user", "invitations").stdout
    again = invoke(tmp_path, *revoke)
    assert again.exit_code == 1
    assert "no such open invitation" in again.stderr


def test_an_organisation_must_be_named_when_it_is_not_the_only_one(tmp_path: Path) -> None:
    done = invoke(tmp_path, "user", "create", "ada@example.com")
    assert done.exit_code == 1
    assert "there are: none" in done.stderr
    for name in ("Acme", "Globex"):
        told(tmp_path, "user", "create", "a@b.cc", "--organisation", name, "--new-organisation")
    assert "Acme, Globex" in told(tmp_path, "user", "create", "ada@example.com")["error"]
    assert invoke(tmp_path, "user", "create", "a@b.cc", "--organisation", "Evil").exit_code == 1


def test_an_organisation_is_made_before_anybody_is_in_it(tmp_path: Path) -> None:
    acme = told(tmp_path, "user", "create-organisation", "Acme")
    assert told(tmp_path, "user", "organisations")["organisations"] == [acme]
    again = invoke(tmp_path, "user", "create-organisation", "acme")
    assert (again.exit_code, "there is an organisation 'Acme' already" in again.stderr) == (1, True)
    done = invoke(tmp_path, "user", "create-organisation", "Globex")
    assert done.stdout.startswith("The organisation Globex has the id ")
    assert "link" in told(tmp_path, "user", "create", "a@b.cc", "--organisation", "Globex")


def test_an_empty_server_has_nobody(tmp_path: Path) -> None:
    assert "There are no users yet." in invoke(tmp_path, "user", "list").stdout


def test_a_forgotten_password_is_replaced_by_a_link(tmp_path: Path) -> None:
    create = ("user", "create", "ada@example.com", "--name", "Ada", "--password")
    where = ("--organisation", "Acme", "--new-organisation")
    invoke(tmp_path, *create, *where, typed=f"{PASSWORD}\n{PASSWORD}\n")
    done = invoke(tmp_path, "user", "reset-password", "ada@example.com")
    assert "http://localhost:3000/password/" in done.stdout
    assert invoke(tmp_path, "user", "reset-password", "nobody@example.com").exit_code == 1


def test_people_get_other_roles_and_are_switched_off_and_on(tmp_path: Path) -> None:
    for name, role in (("ada", "operator"), ("ben", "member")):
        create = ("user", "create", f"{name}@example.com", "--name", name, "--password")
        where = ("--role", role, "--organisation", "Acme", "--new-organisation")
        invoke(tmp_path, *create, *where, typed=f"{PASSWORD}\n{PASSWORD}\n")
    done = invoke(tmp_path, "user", "roles", "ben@example.com", "developer", "admin")
    assert "ben@example.com is now admin, developer of Acme." in done.stdout
    assert (
        "ben@example.com is off." in invoke(tmp_path, "user", "disable", "ben@example.com").stdout
    )
    _, ben = told(tmp_path, "user", "list")["users"]
    assert (ben["roles"], ben["disabled"]) == (["admin", "developer"], True)
    assert "(off)" in invoke(tmp_path, "user", "list").stdout
    invoke(tmp_path, "user", "enable", "ben@example.com")
    assert not told(tmp_path, "user", "list")["users"][1]["disabled"]
    last = invoke(tmp_path, "user", "disable", "ada@example.com")
    assert (last.exit_code, "needs an operator" in last.stderr) == (1, True)
    [acme] = told(tmp_path, "user", "organisations")["organisations"]
    assert acme["name"] == "Acme"


def test_a_mistyped_data_folder_is_told_and_not_made(tmp_path: Path) -> None:
    done = invoke(tmp_path / "mistyped", "user", "list")
    assert (done.exit_code, "name the server's data folder with --data" in done.stderr) == (1, True)
    assert not (tmp_path / "mistyped").exists()
