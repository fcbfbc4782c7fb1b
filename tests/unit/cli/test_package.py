from __future__ import annotations

import json
import tarfile
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from app.cli.keygen import keygen
from app.cli.package import package
from app.packages.signing import PublicKey, TrustedKeys, Verdict

ENTRY = """import reflex as rx

from app.sdk import DynamicApp


def index():
    return rx.text("counter")


class AppEntry(DynamicApp):
    name = "Acme / Counter"
    version = "1.2.0"
    pages = {"/": index}
"""


@pytest.fixture
def apps(tmp_path: Path) -> Path:
    """A folder with one app."""
    folder = tmp_path / "client_apps" / "acme" / "counter"
    folder.mkdir(parents=True)
    (folder / "entry.py").write_text(ENTRY)
    return tmp_path / "client_apps"


def run(*arguments: str) -> Result:
    """Run a command as the command line would."""
    cli = typer.Typer()
    cli.command()(package)
    cli.command()(keygen)
    return CliRunner().invoke(cli, list(arguments))


def test_package_is_written_and_described(apps: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    made = run("package", "acme/counter", "-o", str(out), "--apps", str(apps), "--json")
    assert made.exit_code == 0, made.output
    found = json.loads(made.stdout)
    assert [path.name for path in out.iterdir()] == ["acme-counter-1.2.0.tar.gz"]
    assert found["file"] == str(out / "acme-counter-1.2.0.tar.gz")
    assert found["signed_with"] is None
    assert "react" in found["manifest"]["libraries"]
    assert found["manifest"]["pages"] == ["/"]


def test_package_is_signed_with_a_key_of_keygen(apps: Path, tmp_path: Path) -> None:
    key = tmp_path / "key"
    made = run("keygen", "--out", str(key), "--label", "Ada", "--json")
    public = json.loads(made.stdout)["public_key"]
    arguments = ("package", "acme/counter", "-o", str(tmp_path), "--apps", str(apps))
    assert run(*arguments, "--key", str(key)).exit_code == 0
    with tarfile.open(tmp_path / "acme-counter-1.2.0.tar.gz") as archive:
        contents = [archive.extractfile(name) for name in ("manifest.json", "manifest.sig")]
        manifest, signature = (file.read() for file in contents if file)
    trusted = TrustedKeys([PublicKey.from_line(public)])
    assert trusted.verify(manifest, signature).verdict is Verdict.TRUSTED


def test_app_that_does_not_load_is_not_packaged(apps: Path, tmp_path: Path) -> None:
    (apps / "acme" / "counter" / "entry.py").write_text("1 / 0\n" + ENTRY)
    out = tmp_path / "out"
    made = run("package", "acme/counter", "-o", str(out), "--apps", str(apps), "--json")
    assert made.exit_code == 1
    (problem,) = json.loads(made.stdout)["problems"]
    assert (problem["file"], problem["line"]) == ("entry.py", 1)
    assert not out.exists()


def test_app_whose_handler_would_end_the_server_is_not_packaged(apps: Path, tmp_path: Path) -> None:
    (apps / "acme" / "counter" / "later.py").write_text("import os\nos._exit(3)\n")
    made = run("package", "acme/counter", "-o", str(tmp_path), "--apps", str(apps), "--json")
    assert made.exit_code == 1
    (problem,) = json.loads(made.stdout)["problems"]
    assert (problem["file"], problem["line"]) == ("later.py", 2)


def test_undeclared_capability_and_wrong_import_are_told_together(apps: Path) -> None:
    code = "from app.core import documents\nimport app.server\ndocuments.get\n"
    (apps / "acme" / "counter" / "entry.py").write_text(code + ENTRY)
    made = run("package", "acme/counter", "--apps", str(apps))
    assert made.exit_code == 1
    assert "documents:read" in made.output
    assert "app.server" in made.output


@pytest.mark.parametrize("name", ["acme/nothing", "acme", "../acme/counter", "/etc/passwd"])
def test_app_that_is_not_there_is_told(name: str, apps: Path) -> None:
    made = run("package", name, "--apps", str(apps), "--json")
    assert made.exit_code == 2
    assert "There is no app" in json.loads(made.stdout)["error"]


def test_key_that_cannot_be_read_is_told(apps: Path, tmp_path: Path) -> None:
    made = run("package", "acme/counter", "--apps", str(apps), "--key", str(tmp_path / "no"))
    assert made.exit_code == 1
    assert "cannot be read" in made.output


def test_keygen_prints_the_public_key_alone_and_overwrites_nothing(tmp_path: Path) -> None:
    key = tmp_path / "key"
    made = run("keygen", "--out", str(key))
    assert made.exit_code == 0
    assert PublicKey.from_line(made.stdout.strip()).id
    content = key.read_bytes()
    again = run("keygen", "--out", str(key))
    assert again.exit_code == 1
    assert "exists already" in again.output
    assert key.read_bytes() == content


def test_keygen_tells_when_it_cannot_write(tmp_path: Path) -> None:
    made = run("keygen", "--out", str(tmp_path / "no" / "key"), "--json")
    assert made.exit_code == 1
    assert "cannot be written" in json.loads(made.stdout)["error"]
