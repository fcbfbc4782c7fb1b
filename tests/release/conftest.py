"""One bundle for all tests of releases, made as `make bundle` makes it."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from scripts.release.__main__ import CHECKOUT
from scripts.release.build import build_release
from scripts.release.bundle import add_wheels
from tests.release.installation import PATH, Installation, offline


@pytest.fixture(scope="session")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle, unpacked."""
    folder = tmp_path_factory.mktemp("bundle") / "graft"
    build_release(CHECKOUT, folder)
    add_wheels(CHECKOUT, folder)
    return folder


@pytest.fixture(scope="session")
def installed(bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """The bundle installed without a network, with the Python of this machine."""
    prefix = tmp_path_factory.mktemp("opt") / "graft"
    install(bundle, prefix)
    return Installation(prefix)


def install(bundle: Path, prefix: Path) -> None:
    """Install a bundle where nothing but this machine can be reached."""
    done = subprocess.run(
        [*offline(), "sh", str(bundle / "deploy" / "install.sh"), "--prefix", str(prefix)],
        env={"PATH": PATH},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    # Others must get through the folders that pytest makes for itself alone.
    for folder in (prefix, *prefix.parents):
        if folder.is_relative_to("/tmp") and folder != Path("/tmp"):
            folder.chmod(folder.stat().st_mode | 0o011)
