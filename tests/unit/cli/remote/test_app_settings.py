"""Settings of apps from the command line; secrets never as arguments."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.cli.remote import app_settings as commands
from app.core import app_settings
from app.packages.pack import pack
from app.source.app_source import read_source
from tests.unit.apps.helpers import APPS, COUNTER
from tests.unit.cli.remote.conftest import Graft

MAILER = "acme/mailer"
KEY = "sk_hunter22"
MORE = """
    debug: bool = False
    level: Literal["low", "high", 3] = "low"
    names: list[str] = ["a"]
    note: str = "as typed"
    pem: SecretStr = Field(SecretStr("the-pem"), json_schema_extra={"format": "textarea"})
"""


@pytest.fixture
async def installed(graft: Graft) -> Graft:
    entry = (APPS / MAILER / "entry.py").read_text()
    entry = entry.replace(
        "import reflex as rx\n", "from typing import Literal\nimport reflex as rx\n"
    )
    marker = '    @field_validator("host")'
    await graft.api.node.upload(MAILER, {"entry.py": entry.replace(marker, f"{MORE}\n{marker}")})
    return graft


async def stored(graft: Graft) -> dict[str, object]:
    return await app_settings.settings_for(graft.api.node.core, MAILER)


async def test_what_can_be_set_is_shown(installed: Graft) -> None:
    shown = (await installed("settings", MAILER)).stdout
    assert "host *" in shown
    assert "Server that takes the mail" in shown
    assert "(default: 25)" in shown
    assert "Must be set: host." in shown
    assert "the-default-key" not in shown
    assert (await installed("settings", "show", MAILER)).stdout == shown
    seen = await installed.json("settings", MAILER)
    assert (seen["missing"], seen["secrets"]["key"]) == (["host"], False)


async def test_values_are_read_as_what_they_are(installed: Graft) -> None:
    said = await installed(
        *("settings", "set", MAILER, "host=localhost", "port=26", "debug=yes", "level=3"),
        *('names=["b", "c"]', "note=a=b"),
    )
    assert said.stdout == f"Saved for {MAILER}: host, port, debug, level, names, note.\n"
    assert await stored(installed) == {
        **{"host": "localhost", "port": 26, "debug": True, "level": 3},
        **{"names": ["b", "c"], "note": "a=b"},
    }
    await installed("settings", "set", MAILER, "level=high", "--unset", "port", "--unset", "note")
    assert await stored(installed) == {
        **{"host": "localhost", "debug": True, "level": "high", "names": ["b", "c"]},
    }
    shown = (await installed("settings", MAILER)).stdout
    assert "Yes" in shown
    assert "Olga" in shown


async def test_a_secret_comes_from_standard_input_or_a_file(
    installed: Graft, tmp_path: Path
) -> None:
    pem = tmp_path / "key.pem"
    pem.write_text("the-\nlines\n")
    said = await installed(
        *("settings", "set", MAILER, "host=localhost", "--secret", "key"),
        *("--secret-file", f"pem={pem}"),
        input=f"{KEY}\n",
    )
    assert KEY not in said.output
    found = await stored(installed)
    assert (found["key"], found["pem"]) == (KEY, "the-\nlines\n")
    both = ("--secret", "key", "--secret", "pem")
    await installed("settings", "set", MAILER, *both, input="sk_one\r\nthe-two\n")
    found = await stored(installed)
    assert (found["key"], found["pem"]) == ("sk_one", "the-two")
    shown = await installed("settings", MAILER)
    assert "(set)" in shown.stdout
    assert "sk_one" not in shown.output


async def test_at_a_terminal_a_secret_is_asked_for_and_not_shown(
    installed: Graft, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commands, "at_terminal", lambda: True)
    arguments = ("settings", "set", MAILER, "host=localhost", "--secret", "key")
    said = await installed(*arguments, input=f"{KEY}\n")
    assert "key:" in said.stderr
    assert KEY not in said.output
    assert (await stored(installed))["key"] == KEY


async def test_a_secret_as_an_argument_is_refused_and_not_repeated(installed: Graft) -> None:
    said = await installed("settings", "set", MAILER, f"key={KEY}", exit_code=2)
    assert "give it with --secret key" in said.output
    assert KEY not in said.output
    said = await installed("settings", "set", MAILER, KEY, exit_code=2)
    assert KEY not in said.output
    assert await stored(installed) == {}


async def test_what_is_wrong_is_told_field_by_field_and_nothing_is_saved(
    installed: Graft,
) -> None:
    said = await installed("settings", "set", MAILER, "host=nowhere", "port=0", exit_code=1)
    assert "host: nowhere is no host" in said.output
    assert "port: Input should be greater than or equal to 1" in said.output
    said = await installed("settings", "set", MAILER, "hots=x", exit_code=1)
    assert "there is no such setting; did you mean host?" in said.output
    problem = await installed.json("settings", "set", MAILER, "host=nowhere", exit_code=1)
    assert problem["error"]["errors"][0]["field"] == "host"
    assert await stored(installed) == {}


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ((), "name a setting to set"),
        (("port=x",), "port is not a whole number"),
        (("level=medium",), 'level is not one of the choices: "low", "high", 3'),
        (("names=[1,",), "names is not JSON"),
        (("--secret", "key"), "standard input has no value for key"),
        (("--secret-file", "key=/nowhere/at/all"), "/nowhere/at/all cannot be read"),
    ],
)
async def test_what_means_nothing_is_told(
    installed: Graft, arguments: tuple[str, ...], says: str
) -> None:
    assert says in (await installed("settings", "set", MAILER, *arguments, exit_code=2)).output


async def test_a_deployment_says_what_must_be_set(graft: Graft, tmp_path: Path) -> None:
    made = tmp_path / "mailer.tar.gz"
    made.write_bytes(pack(read_source(APPS / MAILER)))
    said = await graft("deploy", str(made), "--to", graft.address)
    assert "It needs settings that are not set: host" in said.stderr
    assert f"python -m app settings set {MAILER}" in said.stderr
    await graft("settings", "set", MAILER, "host=localhost")
    again = await graft("deploy", str(made), "--to", graft.address)
    assert "needs settings" not in again.stderr


async def test_an_app_without_settings_and_one_that_is_not_there(installed: Graft) -> None:
    await installed.api.node.upload(COUNTER)
    said = await installed("settings", COUNTER)
    assert f"Version 1 of {COUNTER} has no settings." in said.stdout
    await installed("settings", "acme/nothing", exit_code=1)
    await installed("settings", "nothing", exit_code=2)
    assert "set" in (await installed("settings", "--help")).stdout
