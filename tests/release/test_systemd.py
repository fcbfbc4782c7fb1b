"""The unit for systemd, booted: hardened, with the sandbox of dry runs whole inside."""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from app.packages.signing import SigningKey
from scripts.release.__main__ import CHECKOUT
from tests.release.installation import PATIENCE, Installation, promote, set_up_at, sign_in
from tests.release.test_proxies import free_port
from tests.unit.packages.sandbox.kernel import offered_layers

BOOT = Path(__file__).with_name("boot.sh")
NAMESPACES = ("--mount", "--pid", "--ipc", "--uts", "--cgroup", "--fork", "--kill-child")


@dataclass(frozen=True)
class Machine:
    """A systemd that runs Graft.

    Attributes:
        pid: the process that is 1 inside.
        address: where Graft answers.
        key: what signs packages for it.
    """

    pid: int
    address: str
    key: SigningKey

    def run(self, *command: str) -> str:
        """Run a command inside and return what it writes."""
        inside = ("nsenter", f"--target={self.pid}", "--all", "--root", "--wdns=/", *command)
        return subprocess.run(inside, capture_output=True, text=True, check=True).stdout

    def healthy(self) -> None:
        """Wait until Graft answers."""
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            with contextlib.suppress(httpx.TransportError):
                assert httpx.get(f"{self.address}/healthz").is_success
                return
            time.sleep(0.1)
        raise AssertionError(self.run("systemctl", "status", "graft", "--no-pager"))


@pytest.fixture
def machine(installed: Installation, place: Path) -> Iterator[Machine]:
    """The unit as the machine would start it, with the port as the one thing that is other."""
    if os.geteuid() != 0:
        pytest.skip("only root boots a systemd of its own")
    key = SigningKey.generate("tests")
    settings, port = place / "settings", free_port()
    settings.write_text(f"GRAFT_TRUSTED_KEYS={key.public.line}\n")
    inside = place / "inside"
    inside.mkdir()
    arguments = map(str, ("sh", BOOT, inside, installed.prefix, port, settings))
    with subprocess.Popen(
        ["unshare", *NAMESPACES, *arguments], stdin=subprocess.DEVNULL, stderr=subprocess.PIPE
    ) as process:
        try:
            yield Machine(_first_child(process), f"http://127.0.0.1:{port}", key)
        finally:
            process.kill()


def _first_child(process: subprocess.Popen[bytes]) -> int:
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    while not (found := children.read_text().split()):
        assert process.poll() is None
    return int(found[0])


def test_graft_runs_under_systemd_with_its_sandbox_whole(machine: Machine) -> None:
    machine.healthy()
    root = Path(f"/proc/{machine.pid}/root")
    data = root / "var/lib/graft"
    assert data.stat().st_mode & 0o777 == 0o700
    set_up_at((data / "setup-link").read_text().strip())
    with httpx.Client(base_url=machine.address, timeout=PATIENCE) as http:
        sign_in(http)
        promote(http, "acme/counter", key=machine.key)
    log = machine.run("journalctl", "--unit=graft", "--output=cat", "--no-pager")
    assert "app loaded" in log
    missing = re.findall(r'"missing": \[(.*?)\]', log)
    lacked = {"limits", "landlock", "seccomp"} - offered_layers()
    assert {name for names in missing for name in re.findall(r"\w+", names)} == lacked

    before = machine.run("systemctl", "show", "graft", "--property=MainPID", "--value")
    machine.run("kill", "-KILL", before.strip())
    machine.healthy()
    assert machine.run("systemctl", "show", "graft", "--property=NRestarts", "--value") == "1\n"
    machine.run("systemctl", "stop", "graft")
    shown = machine.run("systemctl", "show", "graft", "--property=Result,ExecMainStatus")
    assert set(shown.split()) == {"Result=success", "ExecMainStatus=0"}


def test_every_line_of_the_unit_is_understood(tmp_path: Path) -> None:
    text = (CHECKOUT / "deploy" / "graft.service").read_text()
    # What is not installed on this machine is not what this is about.
    text = re.sub(r"ExecStart=\S+", "ExecStart=/bin/true", text)
    unit = tmp_path / "graft.service"
    unit.write_text(text)
    verify = ["systemd-analyze", "verify", "--man=no", "--recursive-errors=no", str(unit)]
    done = subprocess.run(verify, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
