"""The life of an app led from the command line, with browsers open that see each step."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from tests.browser.support.folders import AppFolder, copy_app
from tests.browser.support.pages import at, click, shows
from tests.browser.support.production import Production, email, package
from tests.browser.support.watch import Visitor
from tests.support.servers import Forge

APP = "acme/counter"


class Shell:
    """A developer's machine: the commands, and the variables that they are run with."""

    def __init__(self, folder: Path, forge: Forge) -> None:
        self.folder = folder
        self.environment: dict[str, str] = {"NO_COLOR": "1", "COLUMNS": "200"}
        self._forge = forge

    def run(self, *arguments: str) -> str:
        """Run `python -m app …`; return what it writes."""
        status, output, errors = self._run(arguments)
        assert status == 0, f"{arguments}\n{output}\n{errors}"
        return output.strip()

    def json(self, *arguments: str) -> Any:
        """Run a command with --json."""
        return json.loads(self.run(*arguments, "--json"))

    def refused(self, *arguments: str) -> str:
        """Run a command that must fail; return what it says why."""
        status, output, errors = self._run(arguments)
        assert status > 0, output
        return errors

    def _run(self, arguments: tuple[str, ...]) -> tuple[int, str, str]:
        errors = self.folder / "errors.log"
        errors.write_text("")
        command = self._forge.start(
            arguments, errors=errors, environment=self.environment, folder=self.folder
        )
        output = command.rest()
        return command.status(), output, errors.read_text()


@pytest.fixture(scope="module")
def shell(forge: Forge, tmp_path_factory: pytest.TempPathFactory) -> Shell:
    """The developer's machine, with a key to sign with in `signing.key`."""
    return Shell(tmp_path_factory.mktemp("developer"), forge)


@pytest.fixture(scope="module")
def production(
    forge: Forge, tmp_path_factory: pytest.TempPathFactory, shell: Shell
) -> Iterator[Production]:
    """A production server that takes what was signed with the developer's key, and nothing else."""
    trusted = shell.run("keygen", "--out", "signing.key", "--label", "Acme pipeline")
    running = Production(tmp_path_factory.mktemp("commands"), trusted=trusted, forge=forge)
    running.populate()
    data = ("--data", str(running.data))
    token = shell.run("token", "create", email("Ada"), "--scope", "apps:deploy", *data)
    shell.environment |= {"GRAFT_URL": running.address, "GRAFT_TOKEN": token}
    yield running
    running.stop()


@pytest.fixture
def app(shell: Shell) -> AppFolder:
    """The source of the app, on the developer's machine."""
    return copy_app(APP, shell.folder / "client_apps", APP)


def packaged(shell: Shell) -> str:
    """Package and sign the app as it is; return the file."""
    signed = ("--key", "signing.key")
    made = shell.json("package", APP, "--apps", "client_apps", "-o", "dist", *signed)
    return str(made["file"])


def test_the_life_of_an_app_by_commands(
    production: Production, person: Callable[..., Visitor], shell: Shell, app: AppFolder
) -> None:
    cyd, dan = person("Cyd"), person("Dan")

    # What nobody signed is refused, with the remedy; what the pipeline signed is served at once.
    refused = shell.refused("deploy", str(package(app, "unsigned")))
    assert "not signed" in refused
    assert "--key FILE" in refused
    using = cyd.open("/")
    expect(using.get_by_text("No apps yet")).to_be_visible()
    served = shell.run("deploy", packaged(shell))
    assert f"serves version 1: {production.address}{app.url}" in served
    using.get_by_role("listitem").get_by_text("Counter").click()
    shows(using, title="Counter one", count=0)
    click(using, "plus", "plus")
    shows(using, count=2)
    at(using, "typed").press_sequentially("half a sentence")

    # The next one is previewed by anybody with the link, then promoted for everybody.
    app.edit("Counter one", "Counter two")
    link = urlsplit(shell.json("deploy", packaged(shell), "--preview")["link"])
    previewing = dan.open(f"{link.path}?{link.query}")
    shows(previewing, title="Counter two")
    shows(using, title="Counter one", count=2)
    assert shell.run("promote", APP) == f"{APP} serves version 2."
    shows(using, title="Counter two", count=2)

    # Back, and forth again to a version of one's choice.
    assert shell.run("rollback", APP) == f"{APP} serves version 1."
    for page, count in ((using, 2), (previewing, 0)):
        shows(page, title="Counter one", count=count)
    shell.run("promote", APP, "--to", "2", "--note", "it was not the app's fault")
    shows(using, title="Counter two", count=2)
    expect(at(using, "typed")).to_have_value("half a sentence")

    # Off and on; the list of apps says which is which.
    shell.run("disable", APP)
    expect(using.get_by_role("heading")).to_have_text("Counter is switched off")
    [listed] = shell.json("apps")
    assert (listed["id"], listed["current"], listed["enabled"]) == (APP, 2, False)
    assert shell.run("enable", APP) == f"{APP} is on."
    shows(using, title="Counter two", count=2)
    click(using, "plus")
    shows(using, count=3)
