"""Upgrading to a newer release with the data of the one before, and going back."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.core.migrations import HEAD
from scripts.release.checksums import write_checksums
from tests.release.conftest import install
from tests.release.installation import Installation, Running, promote, set_up, sign_in

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


@pytest.fixture(scope="module")
def upgraded(
    installed: Installation, bundle: Path, tmp_path_factory: pytest.TempPathFactory
) -> Installation:
    """A prefix with this release and a next one, which has one table more."""
    copy = tmp_path_factory.mktemp("next") / "newer"
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
    install(copy, installed.prefix)
    return installed


@pytest.fixture
def older(upgraded: Installation) -> Iterator[Installation]:
    """That prefix with this release as the current one, which it is afterwards, too."""
    _make_current(upgraded, newer=False)
    yield upgraded
    _make_current(upgraded, newer=False)


def test_a_newer_release_takes_over_and_the_way_back_is_the_backup(
    older: Installation, place: Path
) -> None:
    data = place / "data"
    backup = place / "before.tar.gz"
    with older.serving(data, "--allow-unsigned") as server:
        _fill(server)
        done = older.run("backup", "-o", str(backup), data=data)
        assert done.returncode == 0, done.stderr
        assert server.stop() == 0

    _make_current(older, newer=True)
    with older.serving(data, "--allow-unsigned") as server:
        _is_there(server)
        assert server.stop() == 0

    _make_current(older, newer=False)
    with pytest.raises(AssertionError, match="run the newer release"), older.serving(data):
        pass

    restored = place / "restored"
    done = older.run("restore", str(backup), data=restored)
    assert done.returncode == 0, done.stderr
    with older.serving(restored, "--allow-unsigned") as server:
        _is_there(server)
        assert server.stop() == 0


def test_a_backup_of_a_newer_release_is_not_restored_by_an_older_one(
    older: Installation, place: Path
) -> None:
    data = place / "data"
    _make_current(older, newer=True)
    with older.serving(data) as server:
        assert server.stop() == 0
    backup = place / "newer.tar.gz"
    assert older.run("backup", "-o", str(backup), data=data).returncode == 0
    _make_current(older, newer=False)
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
        promote(http, COUNTER)


def _is_there(server: Running) -> None:
    """See to it that people, and the app that they had, are."""
    with server.http() as http:
        sign_in(http)
        app = http.get(f"/api/v1/apps/{COUNTER}").json()
        assert (app["current"], app["enabled"]) == (1, True), json.dumps(app)
        assert http.get("/apps/acme-counter").status_code == 200


def _make_current(installation: Installation, *, newer: bool) -> None:
    [release] = [
        path
        for path in (installation.prefix / "releases").iterdir()
        if path.name.startswith("9.") == newer
    ]
    link = installation.prefix / "current"
    link.unlink()
    os.symlink(f"releases/{release.name}", link)
