"""Upgrading to a newer release with the data of the one before, and going back."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from app.core.migrations import HEAD
from app.packages.pack import pack
from app.runtime.source import read_source
from scripts.release.checksums import write_checksums
from tests.browser.support.folders import TEMPLATES
from tests.release.conftest import install
from tests.release.installation import Installation, Running, set_up, sign_in

COUNTER = "acme/counter"
NEXT = f"{int(HEAD) + 1:0{len(HEAD)}}"
MIGRATION = '''"""A table more."""

import sqlalchemy as sa
from alembic import op

revision = "{next}"
down_revision = "{head}"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table("of_the_next_release", sa.Column("id", sa.Integer, primary_key=True))
'''


@pytest.fixture
def older(installed: Installation, place: Path) -> Installation:
    """A prefix with this release alone."""
    prefix = place / "opt"
    subprocess.run(["cp", "-a", installed.prefix, prefix], check=True)
    return Installation(prefix)


@pytest.fixture
def newer(bundle: Path, place: Path) -> Path:
    """The bundle of a next release, which has one table more."""
    copy = place / "newer"
    shutil.copytree(bundle, copy)
    version = copy / "app" / "__init__.py"
    version.write_text(version.read_text().replace('__version__ = "', '__version__ = "9.'))
    about = copy / "release.json"
    about.write_text(about.read_text().replace('"version": "', '"version": "9.'))
    migrations = copy / "app" / "core" / "migrations"
    head = migrations / "__init__.py"
    head.write_text(head.read_text().replace(f'HEAD = "{HEAD}"', f'HEAD = "{NEXT}"'))
    text = MIGRATION.format(next=NEXT, head=HEAD)
    (migrations / "versions" / f"{NEXT}_one_more.py").write_text(text)
    write_checksums(copy)
    return copy


def test_a_newer_release_takes_over_and_the_way_back_is_the_backup(
    older: Installation, newer: Path, place: Path
) -> None:
    data = place / "data"
    backup = place / "before.tar.gz"
    with older.serving(data, "--allow-unsigned") as server:
        _fill(server)
        done = older.run("backup", "-o", str(backup), data=data)
        assert done.returncode == 0, done.stderr
        assert server.stop() == 0

    install(newer, older.prefix)
    with older.serving(data, "--allow-unsigned") as server:
        _is_there(server)
        assert server.stop() == 0

    _go_back(older)
    with pytest.raises(AssertionError, match="run the newer release"), older.serving(data):
        pass

    restored = place / "restored"
    done = older.run("restore", str(backup), data=restored)
    assert done.returncode == 0, done.stderr
    with older.serving(restored, "--allow-unsigned") as server:
        _is_there(server)
        assert server.stop() == 0


def test_a_backup_of_a_newer_release_is_not_restored_by_an_older_one(
    older: Installation, newer: Path, place: Path
) -> None:
    data = place / "data"
    install(newer, older.prefix)
    with older.serving(data) as server:
        assert server.stop() == 0
    backup = place / "newer.tar.gz"
    assert older.run("backup", "-o", str(backup), data=data).returncode == 0
    _go_back(older)
    done = older.run("restore", str(backup), data=place / "restored")
    assert done.returncode == 1
    assert "newer Graft (9." in done.stderr
    assert not (place / "restored").exists()


def test_a_backup_goes_through_a_pipe(older: Installation, place: Path) -> None:
    data = place / "data"
    with older.serving(data, "--allow-unsigned") as server:
        _fill(server)
        piped = older.piped(("backup", "-o", "-"), data, ("restore", "-"), place / "copy")
        assert piped.returncode == 0, piped.stderr
        assert server.stop() == 0
    with older.serving(place / "copy", "--allow-unsigned") as server:
        _is_there(server)


def _fill(server: Running) -> None:
    set_up(server)
    with server.http() as http:
        sign_in(http)
        package = pack(read_source(TEMPLATES / COUNTER))
        headers = {"content-type": "application/gzip"}
        answer = http.post("/api/v1/apps", content=package, headers=headers)
        assert answer.status_code == 201, answer.text
        answer = http.post(f"/api/v1/apps/{COUNTER}/promote", json={"number": 1})
        assert answer.status_code == 200, answer.text


def _is_there(server: Running) -> None:
    """See to it that people, and the app that they had, are."""
    with server.http() as http:
        sign_in(http)
        app = http.get(f"/api/v1/apps/{COUNTER}").json()
        assert (app["current"], app["enabled"]) == (1, True), json.dumps(app)
        assert http.get("/apps/acme-counter").status_code == 200


def _go_back(installation: Installation) -> None:
    [old] = [
        path
        for path in (installation.prefix / "releases").iterdir()
        if not path.name.startswith("9.")
    ]
    link = installation.prefix / "current"
    link.unlink()
    os.symlink(f"releases/{old.name}", link)
