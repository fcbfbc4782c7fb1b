"""What docs/production.md tells operators to type, typed on a machine that boots systemd.

The sandbox of dry runs has to be whole under the unit's hardening, too.
"""

from __future__ import annotations

import os
import re
import subprocess
import tarfile
from pathlib import Path

import httpx
import pytest

from app import __version__
from app.packages.signing import SigningKey
from scripts.release.__main__ import CHECKOUT
from tests.production.test_documentation import commands
from tests.release.conftest import Newer
from tests.release.installation import PATIENCE, is_there, promote, set_up_at, sign_in
from tests.release.machine import Machine, booted
from tests.unit.cell.confinement.kernel import offered_layers

ADDRESS = "http://127.0.0.1:3000"
OPERATIONS = CHECKOUT / "docs" / "operations.md"
BACKUP = "Backup, restore, upgrade"


def test_from_a_bare_machine_to_a_restored_backup(bundle: Path, newer: Newer, place: Path) -> None:
    if os.geteuid() != 0:
        # It takes mounts and namespaces that others may not make; CI runs as root.
        pytest.skip("only root boots a systemd of its own")

    def typed(heading: str, number: int) -> str:
        script = commands(heading, number).replace("0.1.0", __version__)
        return machine.type(script.replace("0.2.0", newer.version))

    with booted(place) as machine:
        key = SigningKey.generate("tests")
        (machine.root / "etc/graft.env").write_text(f"GRAFT_TRUSTED_KEYS={key.public.line}\n")
        _archive(bundle, machine.srv / f"graft-{__version__}-offline")
        _archive(newer.bundle, machine.srv / f"graft-{newer.version}-offline")

        link = typed("Installing", 1).split()[-1]
        assert (machine.root / "var/lib/graft").stat().st_mode & 0o777 == 0o700
        machine.visit(lambda: _begin(link.replace("localhost", "127.0.0.1"), key))
        assert _missing_layers(machine) == {"limits", "landlock", "seccomp"} - offered_layers()
        _is_started_again_when_it_dies(machine)

        typed(BACKUP, 0)
        assert (machine.root / "var/lib/graft-new/graft.sqlite3").exists()
        machine.run("mkdir", "-p", "/mnt/backups")
        machine.type(commands("systemd, Docker, backups", document=OPERATIONS))
        typed(BACKUP, 1)
        assert (machine.root / "opt/graft/current").readlink().name == newer.version
        machine.visit(_app_is_there)

        machine.run("ln", "-sfn", f"releases/{__version__}", "/opt/graft/current")
        assert "failed" in machine.run("systemctl", "restart", "graft", check=False)
        assert "run the newer release" in _log(machine)

        typed(BACKUP, 2)
        machine.visit(_app_is_there)
        machine.run("systemctl", "stop", "graft")
        shown = machine.run("systemctl", "show", "graft", "--property=Result,ExecMainStatus")
        assert set(shown.split()) == {"Result=success", "ExecMainStatus=0"}


def _archive(bundle: Path, folder: Path) -> None:
    # Wheels are compressed already.
    with tarfile.open(f"{folder}.tar.gz", "w:gz", compresslevel=0) as archive:
        archive.add(bundle, folder.name)


def _begin(link: str, key: SigningKey) -> None:
    set_up_at(link)
    with httpx.Client(base_url=ADDRESS, timeout=PATIENCE) as http:
        sign_in(http)
        promote(http, "acme/counter", key=key)


def _app_is_there() -> None:
    with httpx.Client(base_url=ADDRESS, timeout=PATIENCE) as http:
        is_there(http, "acme/counter")


def _log(machine: Machine) -> str:
    return machine.run("journalctl", "--unit=graft", "--output=cat", "--no-pager")


def _missing_layers(machine: Machine) -> set[str]:
    log = _log(machine)
    assert "app loaded" in log
    told = re.findall(r'"missing": \[(.*?)\]', log)
    return {name for names in told for name in re.findall(r"\w+", names)}


def _is_started_again_when_it_dies(machine: Machine) -> None:
    machine.run("systemctl", "kill", "--signal=KILL", "--kill-who=main", "graft")
    again = "NRestarts=1 ActiveState=active"
    shown = ("systemctl", "show", "graft", "--property=NRestarts", "--property=ActiveState")
    machine.wait_for(again, *shown)
    machine.visit(lambda: httpx.get(f"{ADDRESS}/healthz").raise_for_status())


def test_every_line_of_the_unit_is_understood(tmp_path: Path) -> None:
    text = (CHECKOUT / "deploy" / "graft.service").read_text()
    # What is not installed on this machine is not what this is about.
    text = re.sub(r"ExecStart=\S+", "ExecStart=/bin/true", text)
    unit = tmp_path / "graft.service"
    unit.write_text(text)
    verify = ["systemd-analyze", "verify", "--man=no", "--recursive-errors=no", str(unit)]
    done = subprocess.run(verify, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
