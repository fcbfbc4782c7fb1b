"""What docs/production.md tells people to type, typed."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import httpx
import pytest

from app.packages.pack import pack
from app.packages.signing import SigningKey
from app.source.app_source import read_source
from tests.production.world import APPS, PASSWORD
from tests.support.forge import ROOT
from tests.support.servers import Forge, Server, serving

DOCUMENT = ROOT / "docs" / "production.md"
COUNTER = "example/counter"
"""The name of an app in the documentation."""

HEADING = "def heading() -> str:\n    return {!r}\n"


def commands(heading: str, number: int = 0, document: Path = DOCUMENT) -> str:
    """Return a block of commands below a heading of a document, counted from 0."""
    _, _, section = document.read_text("utf-8").partition(f"\n## {heading}\n")
    section = section.partition("\n## ")[0]
    found: list[str] = re.findall(r"```sh\n(.*?)```", section, re.DOTALL)
    return found[number]


def typed(script: str, folder: Path, environment: Mapping[str, str]) -> str:
    """Type commands into a shell, of which none may fail; return what they write."""
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=folder,
        env={**os.environ, "NO_COLOR": "1", "COLUMNS": "200", **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return done.stdout


def set_up(server: Server) -> None:
    """Be the first person of a server."""
    form = {"organisation": "Acme", "name": "Ada", "email": "ada@example.com"}
    passwords = {"password": PASSWORD, "password_again": PASSWORD}
    assert httpx.post(server.set_up_link, data=form | passwords).status_code == 303


def copy_counter(target: Path) -> None:
    """Write the app of which the documentation speaks."""
    shutil.copytree(APPS / "acme" / "counter", target)
    entry = target / "entry.py"
    text = entry.read_text()
    entry.write_text(text.replace('url = "acme-counter"', 'url = "example-counter"'))


def test_by_curl_alone(forge: Forge, tmp_path: Path) -> None:
    assert shutil.which("curl"), "scripts/bootstrap.py curl installs it"
    for version in ("1.0.0", "1.0.1"):
        app = tmp_path / version / COUNTER
        copy_counter(app)
        (app / "labels.py").write_text(HEADING.format(version))
        package = tmp_path / f"example-counter-{version}.tar.gz"
        package.write_bytes(pack(read_source(app)))
    with serving(forge, tmp_path / "data", "--allow-unsigned") as server:
        known = {"SET_UP_LINK": server.set_up_link, "PASSWORD": PASSWORD}
        script = commands("With `curl` alone") + '\nprintf "\\nTOKEN %s" "$GRAFT_TOKEN"'
        written = typed(script, tmp_path, {"GRAFT_URL": server.address, **known})
        with server.http(authorization=f"Bearer {written.rpartition('TOKEN ')[2]}") as http:
            app = http.get(f"/api/v1/apps/{COUNTER}").json()
            assert (app["current"], app["newest"], app["enabled"]) == (1, 2, True)
            assert app["deleted_at"] is None
            history = http.get(f"/api/v1/apps/{COUNTER}/history").json()
    done = {step["action"] for step in history}
    assert {"upload", "grant", "preview", "promote", "rollback"} <= done
    assert {"disable", "enable", "delete", "undelete"} <= done
    assert "+    return '1.0.1'" in written
    assert written.count('"link":"/invite/') == 2, "the link of a third goes into a variable"
    assert '"link":"/apps/example-counter?preview=' in written
    audit = (tmp_path / "audit.csv").read_text()
    assert "app.rollback" in audit
    assert "invitation.revoke" in audit
    assert "organisation.create" in audit


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A developer's checkout with one app, and a key to sign with."""
    for name in ("app", "rxconfig.py", "pyproject.toml", "requirements.txt"):
        (tmp_path / name).symlink_to(ROOT / name)
    copy_counter(tmp_path / "client_apps" / COUNTER)
    return tmp_path


def test_by_commands(forge: Forge, checkout: Path) -> None:
    key = SigningKey.generate("Ada")
    key.write(checkout / "signing.key")
    data = checkout / "data"
    trusted = {"GRAFT_TRUSTED_KEYS": key.public.line}
    with serving(forge, data, environment=trusted) as server:
        set_up(server)
        script = commands("Deploy")
        for told, here in (
            ("https://graft.example", server.address),
            ("/var/lib/graft", str(data)),
        ):
            assert told in script
            script = script.replace(told, here)
        path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        written = typed(script, checkout, {"PATH": path})
    assert f"{server.address}/apps/example-counter?preview=" in written
    assert f"{COUNTER} serves version 1 (this package had been uploaded before)" in written
    assert "trusted" in written
    assert f"{COUNTER} is back." in written
