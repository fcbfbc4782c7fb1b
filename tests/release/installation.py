"""A release as an operator has it: installed from the bundle, run with nothing around it."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from app.packages.pack import pack
from app.packages.signing import SigningKey
from app.source.app_source import read_source
from tests.browser.support.folders import TEMPLATES

PATIENCE = 120  # seconds; only a failing test waits that long
PATH = "/usr/bin:/bin"
NOBODY = 65534


def offline() -> list[str]:
    """Return what to put before a command that must not reach any network."""
    return ["unshare", "-n"] if os.geteuid() == 0 else ["unshare", "-rn"]


@dataclass(frozen=True)
class Installation:
    """Graft installed under a prefix, which `current` leads to."""

    prefix: Path

    @property
    def folder(self) -> Path:
        """The release that is current."""
        return (self.prefix / "current").resolve()

    @property
    def python(self) -> Path:
        """Its Python."""
        return self.folder / ".venv" / "bin" / "python"

    def run(
        self, *arguments: str, data: Path, **options: object
    ) -> subprocess.CompletedProcess[str]:
        """Run a command of Graft on a data folder, to its end."""
        command = [*self._as_nobody(), str(self.python), "-m", "app", *arguments]
        return subprocess.run(
            [*command, "--data", str(data)],
            cwd=self.folder,
            env=self._environment(data, {}),
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )

    def piped(
        self, first: Sequence[str], data: Path, second: Sequence[str], other: Path
    ) -> subprocess.CompletedProcess[str]:
        """Run two commands, the second with what the first writes."""
        one, two = (
            shlex.join([str(self.python), "-m", "app", *words, "--data", str(folder)])
            for words, folder in ((first, data), (second, other))
        )
        return subprocess.run(
            [*self._as_nobody(), "bash", "-o", "pipefail", "-c", f"{one} | {two}"],
            cwd=self.folder,
            env=self._environment(data, {}),
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )

    @contextmanager
    def serving(
        self, data: Path, *options: str, environment: Mapping[str, str] | None = None
    ) -> Iterator[Running]:
        """Run a server as an account that can write into the data folder and nowhere else."""
        data.mkdir(exist_ok=True)
        if os.geteuid() == 0:
            os.chown(data, NOBODY, NOBODY)
        arguments = ("-m", "app", "serve", "--json", "--port", "0", "--data", str(data), *options)
        log = data.with_name(f"{data.name}.log")
        with log.open("ab") as errors:
            process = subprocess.Popen(
                [*self._as_nobody(), str(self.python), *arguments],
                cwd=self.folder,
                env=self._environment(data, environment or {}),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
            )
        try:
            yield Running(process, log)
        finally:
            if process.poll() is None:
                process.kill()
            process.wait()
            assert process.stdout is not None
            process.stdout.close()

    def _as_nobody(self) -> Sequence[str]:
        if os.geteuid() != 0:
            return ()
        return ("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups")

    def _environment(self, data: Path, more: Mapping[str, str]) -> dict[str, str]:
        # No home, no toolchain: as under systemd.
        return {"PATH": PATH, "TMPDIR": str(data), "PYTHONDONTWRITEBYTECODE": "1", **more}


class Running:
    """A server that runs.

    Attributes:
        address: where it answers.
        set_up_link: what it printed for whoever sets it up; "" if somebody did.
    """

    def __init__(self, process: subprocess.Popen[str], log: Path) -> None:
        self.process = process
        self.log = log
        self.address = self.set_up_link = ""
        lines = []
        for line in process.stdout or ():
            lines.append(line)
            told = json.loads(line)
            if told["event"] == "set-up":
                self.set_up_link = told["link"]
            if told["event"] == "started":
                self.address = told["address"]
                return
        raise AssertionError(f"exit {process.wait()}\n{''.join(lines)}{log.read_text()}")

    def stop(self) -> int:
        """Stop it as an operator would; return its exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(PATIENCE)

    def http(self) -> httpx.Client:
        """Return a visitor."""
        return httpx.Client(base_url=self.address, timeout=PATIENCE)


PASSWORD = "violet river stone"


def usable(folder: Path) -> Path:
    """Let the account that servers run as use a folder."""
    if os.geteuid() == 0:
        folder.chmod(0o755)
        os.chown(folder, NOBODY, NOBODY)
    return folder


def set_up(server: Running) -> None:
    """Be the first person of a server."""
    set_up_at(server.set_up_link)


def set_up_at(link: str) -> None:
    """Be the first person of a server that printed this link."""
    form = {"organisation": "Home", "name": "Ada", "email": "ada@example.com"}
    passwords = {"password": PASSWORD, "password_again": PASSWORD}
    answer = httpx.post(link, data=form | passwords, timeout=PATIENCE)
    assert answer.status_code == 303, answer.text


def sign_in(http: httpx.Client) -> None:
    """Be that person again, and confirm that it is they who ask for changes."""
    answer = http.post("/auth/login", data={"email": "ada@example.com", "password": PASSWORD})
    assert answer.status_code == 303, answer.text
    answer = http.post("/api/v1/confirmations", json={"password": PASSWORD})
    assert answer.is_success, answer.text
    http.headers["graft-confirmation"] = answer.json()["confirmation"]


def promote(http: httpx.Client, app_id: str, key: SigningKey | None = None) -> None:
    """Upload an app of the templates and let people have it."""
    package = pack(read_source(TEMPLATES / app_id), key=key)
    headers = {"content-type": "application/gzip"}
    answer = http.post("/api/v1/apps", content=package, headers=headers)
    assert answer.status_code == 201, answer.text
    answer = http.post(f"/api/v1/apps/{app_id}/promote", json={"number": 1})
    assert answer.status_code == 200, answer.text


def is_there(http: httpx.Client, app_id: str) -> None:
    """See to it that the person, and the app that they had, are."""
    sign_in(http)
    app = http.get(f"/api/v1/apps/{app_id}").json()
    assert (app["current"], app["enabled"]) == (1, True), json.dumps(app)
    assert http.get(f"/apps/{app_id.replace('/', '-')}").status_code == 200
