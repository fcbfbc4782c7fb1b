"""Backups and releases that are older or newer; `test_systemd.py` upgrades as operators do."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.release.conftest import Newer
from tests.release.installation import (
    Installation,
    Running,
    is_there,
    promote,
    set_up,
    sign_in,
)

COUNTER = "acme/counter"


@pytest.fixture(scope="module")
def upgraded(installed: Installation, newer: Newer) -> Installation:
    """A prefix with this release and a next one."""
    release = installed.prefix / "releases" / newer.version
    # The installer would take half a minute to make the same.
    subprocess.run(["cp", "-al", installed.folder, release], check=True)
    for name in ("app", "release.json"):
        subprocess.run(["rm", "-r", release / name], check=True)
        subprocess.run(["cp", "-a", newer.bundle / name, release], check=True)
    return installed


@pytest.fixture
def older(upgraded: Installation) -> Iterator[Installation]:
    """That prefix with this release as the current one, which it is afterwards, too."""
    _make_current(upgraded, newer=False)
    yield upgraded
    _make_current(upgraded, newer=False)


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
    with older.serving(place / "copy", "--allow-unsigned") as server, server.http() as http:
        is_there(http, COUNTER)


def _fill(server: Running) -> None:
    set_up(server)
    with server.http() as http:
        sign_in(http)
        promote(http, COUNTER)


def _make_current(installation: Installation, *, newer: bool) -> None:
    [release] = [
        path
        for path in (installation.prefix / "releases").iterdir()
        if path.name.startswith("9.") == newer
    ]
    link = installation.prefix / "current"
    link.unlink()
    os.symlink(f"releases/{release.name}", link)
